"""What ``aws ec2 describe-instances`` and ``describe-addresses`` print.

::

    {"Reservations": [{"Instances": [{"InstanceId": "i-0abc", "PublicIpAddress": "192.0.2.7"}]}]}
    {"Addresses": [{"PublicIp": "192.0.2.8", "AllocationId": "eipalloc-1"}]}

Of the tags only ``Name`` is read; user data and all else stay where they are.
Format: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-instances.html
"""

from collections.abc import Iterator

import msgspec
import polars as pl

from overblock.fleets.items import FOUND, Inventory, read_items
from overblock.fleets.json_forms import decode

FORM = "AWS"
Found = tuple[str | None, str | None, str]


class _Tag(msgspec.Struct, frozen=True):
    Key: str = ""
    Value: msgspec.Raw = msgspec.Raw(b'""')  # read only where the key is Name


class _Association(msgspec.Struct, frozen=True):
    PublicIp: str | None = None
    CarrierIp: str | None = None


class _Ipv6(msgspec.Struct, frozen=True):
    Ipv6Address: str | None = None


class _Interface(msgspec.Struct, frozen=True):
    Association: _Association | None = None
    Ipv6Addresses: list[_Ipv6] | None = None
    PrivateIpAddresses: list["_Private"] | None = None


class _Private(msgspec.Struct, frozen=True):
    Association: _Association | None = None


class _Instance(msgspec.Struct, frozen=True):
    InstanceId: str = ""
    PublicIpAddress: str | None = None
    Ipv6Address: str | None = None
    PrivateIpAddress: str | None = None
    PublicDnsName: str | None = None
    NetworkInterfaces: list[_Interface] | None = None
    Tags: list[_Tag] | None = None


class _Reservation(msgspec.Struct, frozen=True):
    Instances: list[_Instance] | None = None


class _Address(msgspec.Struct, frozen=True):
    PublicIp: str | None = None
    CarrierIp: str | None = None
    AllocationId: str = ""
    InstanceId: str | None = None
    Tags: list[_Tag] | None = None


class _Printed(msgspec.Struct, frozen=True):
    Reservations: list[_Reservation] | None = None
    Addresses: list[_Address] | None = None


def read(raw: bytes) -> Inventory:
    """Read what the AWS command line printed; places are paths in it.

    Raises:
        SourceDrift: it has not that form.
    """
    printed = decode(raw, _Printed, "what aws ec2 describe-… prints")
    rows = [*_instances(printed), *_addresses(printed)]
    found = [row for row in rows if row[1]]
    return read_items(FORM, pl.DataFrame(found, FOUND, orient="row"))


def _instances(printed: _Printed) -> Iterator[Found]:
    for number, reservation in enumerate(printed.Reservations or ()):
        for place, instance in enumerate(reservation.Instances or ()):
            at = f"Reservations[{number}].Instances[{place}]"
            label = _name(instance.Tags) or instance.InstanceId
            for field in ("PublicIpAddress", "Ipv6Address", "PublicDnsName", "PrivateIpAddress"):
                yield label, getattr(instance, field), f"{at}.{field}"
            for card, interface in enumerate(instance.NetworkInterfaces or ()):
                here = f"{at}.NetworkInterfaces[{card}]"
                for address in _of_interface(interface):
                    yield label, address, here


def _of_interface(interface: _Interface) -> Iterator[str | None]:
    others = (ip.Association for ip in interface.PrivateIpAddresses or ())
    associated = [interface.Association, *others]
    for association in associated:
        if association is not None:
            yield association.PublicIp
            yield association.CarrierIp
    yield from (ip.Ipv6Address for ip in interface.Ipv6Addresses or ())


def _addresses(printed: _Printed) -> Iterator[Found]:
    for number, address in enumerate(printed.Addresses or ()):
        label = _name(address.Tags) or address.InstanceId or address.AllocationId
        yield label, address.PublicIp, f"Addresses[{number}].PublicIp"
        yield label, address.CarrierIp, f"Addresses[{number}].CarrierIp"


def _name(tags: list[_Tag] | None) -> str | None:
    named = next((tag.Value for tag in tags or () if tag.Key == "Name"), None)
    return None if named is None else decode(bytes(named), str, "a tag called Name") or None
