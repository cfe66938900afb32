"""A state of Terraform or OpenTofu, version 4: ``terraform state pull``.

::

    {"version": 4, "resources": [{"mode": "managed", "type": "aws_instance", "name": "web",
     "instances": [{"attributes": {"public_ip": "192.0.2.7", "user_data": "…"},
                    "sensitive_attributes": []}]}]}

A state holds every password in the clear, so only values under keys that are known to hold an
address or a name are read, at any depth; what the state marks as sensitive is not touched even
there.  Outputs and data sources are not read: these are not what one runs.
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


def _address(resource: _Resource, instance: _Instance) -> str:
    """The resource as Terraform itself calls it."""
    index = instance.index_key
    key = "" if index is None else f"[{index}]" if isinstance(index, int) else f'["{index}"]'
    module = f"{resource.module}." if resource.module else ""
    return f"{module}{resource.type}.{resource.name}{key}"


def _known(instance: _Instance) -> Iterator[tuple[str, str]]:
    """Known keys, and the texts under them."""
    hidden = {_steps(path) for path in instance.sensitive_attributes or []}
    if () in hidden:
        return
    open_nodes: list[tuple[Steps, object]] = [((), instance.attributes or {})]
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
            below = [((*path, key), value) for key, value in node.items()]
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
