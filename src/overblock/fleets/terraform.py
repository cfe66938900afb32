"""A state of Terraform or OpenTofu: ``terraform state pull`` (version 4), ``terraform show -json``.

::

    {"version": 4, "resources": [{"mode": "managed", "type": "aws_instance", "name": "web",
     "instances": [{"attributes": {"public_ip": "192.0.2.7", "user_data": "…"},
                    "sensitive_attributes": []}]}]}
    {"format_version": "1.0", "values": {"root_module": {"resources": [{"address": "aws_eip.a",
     "mode": "managed", "values": {"public_ip": "…"}, "sensitive_values": {}}]}}}

A state holds every password in the clear, so only values under keys that are known to hold an
address or a name are read, at any depth; what the state marks as sensitive is not touched even
there, nor what people write as they like (tags, labels, environments).  Outputs and data sources
are not read: these are not what one runs.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
import polars as pl

from overblock.errors import SourceDrift
from overblock.fleets.items import FOUND, Inventory, read_items
from overblock.fleets.json_forms import decode

FORM = "Terraform state"
VERSION = 4
DEEPEST = 24  # levels of attributes: real ones have under ten
KEYS = frozenset(
    {"public_ip", "public_ips", "public_ip_address", "public_ip_addresses", "elastic_ip"}
    | {"ip", "ips", "ip_address", "ip_addresses", "address", "addresses", "external_ip"}
    | {"ipv4", "ipv6", "ipv4_address", "ipv4_addresses", "ipv6_address", "ipv6_addresses"}
    | {"public_ipv4", "public_ipv6", "public_ipv4_address", "public_ipv6_address"}
    | {"floating_ip", "floating_ip_address", "nat_ip", "nat_ip_address", "external_ipv6"}
    | {"access_ip_v4", "access_ip_v6", "main_ip", "v6_main_ip", "load_balancer_ip", "lb_ip"}
    | {"private_ip", "private_ip_address", "network_ip", "default_ip_address", "reserved_ip"}
    | {"fqdn", "dns_name", "public_dns", "public_dns_name", "domain_name", "default_hostname"}
)
FREE = frozenset(
    {"tags", "tags_all", "labels", "effective_labels", "terraform_labels", "annotations"}
    | {"environment", "variables", "metadata"}
)
RECORD_KEYS = frozenset({"records", "rrdatas", "value", "values", "content", "target"})
RECORD_TYPES = frozenset({"A", "AAAA", "CNAME"})  # of a TXT record the value may be a secret
Steps = tuple[str | int, ...]


class _Instance(msgspec.Struct, frozen=True):
    attributes: dict[str, Any] | None = None
    sensitive_attributes: list[list[Any]] | None = None
    index_key: str | int | None = None


class _Resource(msgspec.Struct, frozen=True):
    mode: str = "managed"
    type: str = ""
    name: str = ""
    module: str = ""
    instances: list[_Instance] = []


class _State(msgspec.Struct, frozen=True):
    version: int
    resources: list[_Resource] = []


def read(raw: bytes) -> Inventory:
    """Read a state; places are addresses of resources, such as ``aws_instance.web[0]``.

    Raises:
        SourceDrift: it is of another version, or has not that form.
    """
    state = decode(raw, _State, "a state of Terraform")
    if state.version != VERSION:
        raise SourceDrift(f"a state of Terraform of version {state.version}, wanted {VERSION}")
    rows = [
        (address, written, f"{address}.{key}")
        for resource in state.resources
        if resource.mode == "managed"
        for instance in resource.instances
        for address in (_address(resource, instance),)
        for key, written in _known(instance)
    ]
    return read_items(FORM, pl.DataFrame(rows, FOUND, orient="row"))


class _Shown(msgspec.Struct, frozen=True):
    address: str = ""
    mode: str = "managed"
    values: dict[str, Any] | None = None
    sensitive_values: Any = None


class _Module(msgspec.Struct, frozen=True):
    resources: list[_Shown] | None = None
    child_modules: list["_Module"] | None = None


class _Values(msgspec.Struct, frozen=True):
    root_module: _Module | None = None


class _Show(msgspec.Struct, frozen=True):
    values: _Values | None = None


def read_shown(raw: bytes) -> Inventory:
    """Read what ``terraform show -json`` prints; places are as in `read`.

    Raises:
        SourceDrift: it has not that form.
    """
    shown = decode(raw, _Show, "what terraform show -json prints")
    root = shown.values.root_module if shown.values else None
    rows = [
        (resource.address, written, f"{resource.address}.{key}")
        for resource in _all_of(root)
        if resource.mode == "managed"
        for key, written in _under_known(resource.values, _marked(resource.sensitive_values))
    ]
    return read_items(FORM, pl.DataFrame(rows, FOUND, orient="row"))


def _all_of(root: _Module | None) -> Iterator[_Shown]:
    waiting = [root] if root else []
    while waiting:
        module = waiting.pop()
        yield from module.resources or ()
        waiting.extend(reversed(module.child_modules or []))


def _marked(sensitive: object) -> set[Steps]:
    """The places that are marked: ``true`` stands where the value would."""
    hidden: set[Steps] = set()
    waiting: list[tuple[Steps, object]] = [((), sensitive)]
    while waiting:
        path, node = waiting.pop()
        if node is True:
            hidden.add(path)
        elif len(path) > DEEPEST:
            continue
        elif isinstance(node, dict):
            waiting.extend(((*path, key), value) for key, value in node.items())
        elif isinstance(node, list):
            waiting.extend(((*path, number), part) for number, part in enumerate(node))
    return hidden


def _address(resource: _Resource, instance: _Instance) -> str:
    """The resource as Terraform itself calls it."""
    index = instance.index_key
    key = "" if index is None else f"[{index}]" if isinstance(index, int) else f'["{index}"]'
    module = f"{resource.module}." if resource.module else ""
    return f"{module}{resource.type}.{resource.name}{key}"


def _known(instance: _Instance) -> Iterator[tuple[str, str]]:
    hidden = {_steps(path) for path in instance.sensitive_attributes or []}
    return _under_known(instance.attributes, hidden)


def _under_known(
    attributes: dict[str, Any] | None, hidden: set[Steps]
) -> Iterator[tuple[str, str]]:
    """Known keys, and the texts under them."""
    if () in hidden:
        return
    open_nodes: list[tuple[Steps, object]] = [((), attributes or {})]
    while open_nodes:
        path, node = open_nodes.pop()
        if path in hidden or len(path) > DEEPEST:
            continue
        if isinstance(node, dict):
            record = {"record"} if str(node.get("type")).upper() in RECORD_TYPES else set[str]()
            for key, value in node.items():
                known = key in KEYS or (record and key in RECORD_KEYS)
                if known and isinstance(value, str | list):
                    yield from _texts(key, (*path, key), value, hidden)
            below = [((*path, key), value) for key, value in node.items() if key not in FREE]
            open_nodes.extend(reversed(below))
        elif isinstance(node, list):
            below = [((*path, number), part) for number, part in enumerate(node)]
            open_nodes.extend(reversed(below))


def _texts(key: str, path: Steps, value: object, hidden: set[Steps]) -> Iterator[tuple[str, str]]:
    if path in hidden:
        return
    if isinstance(value, str) and value:
        yield key, value
    elif isinstance(value, list):
        for number, part in enumerate(value):
            if isinstance(part, str) and part and (*path, number) not in hidden:
                yield key, part


def _steps(path: list[Any]) -> Steps:
    """A path of ``sensitive_attributes``; one of an unknown form hides all it could mean."""
    steps: list[str | int] = []
    for step in path:
        value = step.get("value") if isinstance(step, dict) else None
        if isinstance(value, dict):
            value = value.get("value")
        if not isinstance(value, str | int):
            break
        steps.append(value)
    return tuple(steps)
