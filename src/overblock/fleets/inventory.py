"""Which reader reads an inventory: found by what stands in it, never by the name of the file."""

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

import msgspec
import polars as pl

from overblock.errors import SourceDrift
from overblock.fleets import aws, csv_table, kubernetes, plain, terraform, zone_file
from overblock.fleets.items import FOUND, Inventory, read_items
from overblock.fleets.json_forms import decode
from overblock.fleets.texts import text_of

HEAD = 1 << 16  # bytes by which text is told apart
JSON = re.compile(rb'(?:\xef\xbb\xbf)?\s*(?:\{|\[\s*(?:["{\[\]]|null))')
UNSET = msgspec.UNSET
Field: TypeAlias = msgspec.Raw | msgspec.UnsetType


class _Keys(msgspec.Struct, frozen=True):
    """The keys that tell one JSON from another."""

    Reservations: Field = UNSET
    Addresses: Field = UNSET
    resources: Field = UNSET
    version: Field = UNSET
    format_version: Field = UNSET
    kind: Field = UNSET


def read_inventory(raw: bytes) -> Inventory:
    """Read an inventory of any known form.

    Raises:
        SourceDrift: it is of none; the message never repeats what stands in it.
    """
    if JSON.match(raw[:HEAD]):
        return _read_json(raw.removeprefix(b"\xef\xbb\xbf"))
    head = text_of(raw[:HEAD])
    if zone_file.SIGNS.search(head):
        return zone_file.read(raw)
    if csv_table.delimiter_of(head):
        return csv_table.read(raw)
    return plain.read(raw)


def _texts(raw: bytes) -> Iterator[tuple[str, str]]:
    """The texts of a list and of lists in it, as ``--query`` of AWS gives them, with their places.

    What is null is passed over: a server without a public address.
    """
    listed = decode(raw, list[Any], "a list of addresses and names")
    waiting = [(f"[{number}]", part) for number, part in reversed(list(enumerate(listed)))]
    while waiting:
        place, part = waiting.pop()
        if isinstance(part, str):
            yield place, part
        elif isinstance(part, list):
            below = [(f"{place}[{number}]", one) for number, one in enumerate(part)]
            waiting.extend(reversed(below))
        elif part is not None:
            raise SourceDrift(f"the inventory is no list of addresses and names: at ${place}")


def _read_json(raw: bytes) -> Inventory:
    if raw.lstrip().startswith(b"["):
        found = [(None, text, place) for place, text in _texts(raw)]
        return read_items("JSON list", pl.DataFrame(found, FOUND, orient="row"))
    keys = decode(raw, _Keys, "any inventory known here")
    if keys.Reservations is not UNSET or keys.Addresses is not UNSET:
        return aws.read(raw)
    if keys.resources is not UNSET and keys.version is not UNSET:
        return terraform.read(raw)
    if keys.format_version is not UNSET:
        return terraform.read_shown(raw)
    if keys.kind is not UNSET:
        return kubernetes.read(raw)
    raise SourceDrift(
        "the inventory is JSON of no known form: neither what aws ec2 describe-instances, "
        "terraform state pull or show -json, nor kubectl get -o json prints, nor a list of texts"
    )
