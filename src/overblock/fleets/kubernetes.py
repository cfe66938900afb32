"""What ``kubectl get services,ingresses -o json`` prints: one object, or a list of them.

::

    {"kind": "List", "items": [{"kind": "Service", "metadata": {"namespace": "shop", "name": "web"},
     "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.7"}]}}}]}

Objects of other kinds (a list may hold secrets) are passed over; annotations and labels are not
read, nor the addresses inside of the cluster.
Format: https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/
"""

from collections.abc import Iterator

import msgspec
import polars as pl

from overblock.fleets.items import FOUND, Inventory, read_items
from overblock.fleets.json_forms import decode

FORM = "Kubernetes"
KINDS = ("Service", "Ingress", "Gateway")
SPEC = {
    "external_ips": "externalIPs",
    "load_balancer_ip": "loadBalancerIP",
    "external_name": "externalName",
}
Found = tuple[str, str, str]


class _Metadata(msgspec.Struct, frozen=True):
    name: str = ""
    namespace: str = ""


class _Point(msgspec.Struct, frozen=True):
    ip: str | None = None
    hostname: str | None = None


class _Balancer(msgspec.Struct, frozen=True):
    ingress: list[_Point] | None = None


class _Address(msgspec.Struct, frozen=True):
    value: str | None = None


class _Status(msgspec.Struct, frozen=True, rename="camel"):
    load_balancer: _Balancer | None = None
    addresses: list[_Address] | None = None


class _Rule(msgspec.Struct, frozen=True):
    host: str | None = None


class _Listener(msgspec.Struct, frozen=True):
    hostname: str | None = None


class _Spec(msgspec.Struct, frozen=True, rename=SPEC):
    external_ips: list[str] | None = None
    load_balancer_ip: str | None = None
    external_name: str | None = None
    rules: list[_Rule] | None = None
    listeners: list[_Listener] | None = None


class _Kind(msgspec.Struct, frozen=True):
    kind: str = ""


class _Object(msgspec.Struct, frozen=True):
    metadata: _Metadata | None = None
    spec: _Spec | None = None
    status: _Status | None = None


class _Printed(msgspec.Struct, frozen=True):
    kind: str = ""
    items: list[msgspec.Raw] | None = None


def read(raw: bytes) -> Inventory:
    """Read what kubectl printed; places are paths in it.

    Raises:
        SourceDrift: it has not that form.
    """
    printed = decode(raw, _Printed, "what kubectl get -o json prints")
    items = [bytes(item) for item in printed.items] if printed.items is not None else [raw]
    rows = [
        (label, written, f"items[{number}].{where}" if printed.items is not None else where)
        for number, item in enumerate(items)
        for label, written, where in _object(item, printed.kind)
    ]
    return read_items(FORM, pl.DataFrame(rows, FOUND, orient="row"))


def _object(raw: bytes, list_kind: str) -> Iterator[Found]:
    kind = decode(raw, _Kind, "an object of Kubernetes").kind or list_kind.removesuffix("List")
    if kind not in KINDS:
        return
    told = decode(raw, _Object, f"a {kind} of Kubernetes")
    called = told.metadata or _Metadata()
    label = f"{called.namespace}/{called.name}".strip("/")
    for where, written in _values(told):
        if written:
            yield label, written, where


def _values(told: _Object) -> Iterator[tuple[str, str | None]]:
    spec, status = told.spec or _Spec(), told.status or _Status()
    balancer = status.load_balancer or _Balancer()
    for point in balancer.ingress or []:
        yield "status.loadBalancer.ingress", point.ip
        yield "status.loadBalancer.ingress", point.hostname
    for address in status.addresses or []:
        yield "status.addresses", address.value
    for written in spec.external_ips or []:
        yield "spec.externalIPs", written
    yield "spec.loadBalancerIP", spec.load_balancer_ip
    yield "spec.externalName", spec.external_name
    for rule in spec.rules or []:
        yield "spec.rules", rule.host
    for listener in spec.listeners or []:
        yield "spec.listeners", listener.hostname
