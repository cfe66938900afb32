"""Each form of inventory: what is read of it, what is refused, and what never leaves its reader."""

import json
from typing import Any

import pytest

from overblock.errors import SourceDrift
from overblock.fleets.inventory import read_inventory
from overblock.fleets.items import Inventory, host_of
from overblock.tables import INVENTORY_ITEMS

SECRET = "hunter2"  # noqa: S105  (planted, to be looked for)


def read(content: object) -> Inventory:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    inventory = read_inventory(raw)
    INVENTORY_ITEMS.check(inventory.items)
    shown = f"{inventory.items.to_dicts()} {inventory.rejects.to_dicts()}"
    assert SECRET not in shown
    return inventory


def targets(inventory: Inventory) -> list[tuple[str, str]]:
    return list(inventory.items.select("label", "target").iter_rows())


def rejects(inventory: Inventory) -> list[tuple[str, str]]:
    return list(inventory.rejects.iter_rows())


def test_a_plain_list_holds_addresses_networks_names_and_pages() -> None:
    inventory = read(
        b"# root password hunter2\r\n192.0.2.7\r\n198.51.100.0/24  # hunter2\n\n"
        b"https://me:hunter2@Shop.example:8443/cart?hunter2\n2001:DB8:0::/32\n[2001:db8::9]:443\n"
        b"*.mask.example\n\xd0\xbf\xd1\x80\xd0\xb8\xd0\xbc\xd0\xb5\xd1\x80.\xd1\x80\xd1\x84\n"
        b"::ffff:192.0.2.9\n192.0.2.33:80\nlast.example."
    )
    assert inventory.form == "plain list"
    assert inventory.items.select("target", "item_kind").rows() == [
        ("192.0.2.7", "address"),
        ("198.51.100.0/24", "network"),
        ("shop.example", "name"),
        ("2001:db8::/32", "network"),
        ("2001:db8::9", "address"),
        ("mask.example", "name"),
        ("xn--e1afmkfd.xn--p1ai", "name"),
        ("192.0.2.9", "address"),
        ("192.0.2.33", "address"),
        ("last.example", "name"),
    ]
    assert inventory.items["place"].to_list()[:2] == ["line 2", "line 3"]
    assert rejects(inventory) == []


def test_what_cannot_be_read_is_told_by_place_and_reason_alone() -> None:
    inventory = read(b"10.0.0.1/24\nhunter2\n300.1.1.1\n192.0.2.1 hunter2\n192.0.2.0/33\n192.0.2.9")
    assert sorted(rejects(inventory)) == [
        ("line 1", "host_bits"),
        ("line 2", "not_a_name"),
        ("line 3", "not_a_name"),
        ("line 4", "several_values"),
        ("line 5", "bad_prefix_length"),
    ]
    assert targets(inventory) == [("192.0.2.9", "192.0.2.9")]


def test_a_range_is_not_taken_for_a_name_that_nobody_lists() -> None:
    inventory = read(b"192.0.2.1-192.0.2.9\n0x34.1.1.1\n1.2.3\nhttp://192.0.2.7/x\nuser@192.0.2.8")
    assert [reason for _, reason in rejects(inventory)] == ["not_a_name"] * 3
    assert [target for _, target in targets(inventory)] == ["192.0.2.7", "192.0.2.8"]


@pytest.mark.parametrize(
    ("written", "is_private"),
    [("10.1.2.3", True), ("192.168.0.0/16", True), ("100.64.0.1", True), ("fd00::1", True),
     ("fe80::1", True), ("8.8.8.8", False), ("0.0.0.0/0", False), ("2a00::1", False)],
)  # fmt: skip
def test_what_no_public_network_carries_is_private(written: str, *, is_private: bool) -> None:
    assert read(written.encode()).items["is_private"].to_list() == [is_private]


def test_a_table_is_read_by_its_headings() -> None:
    inventory = read(
        b"Name;Public IP;Password;hostname;Notes\nweb-1;192.0.2.7;hunter2.example;web.example;x\n"
        b'"web;2";;192.0.2.99;;hunter2\nweb-3;hunter2;192.0.2.98;10.0.0.1;\n'
    )
    assert targets(inventory) == [
        ("web-1", "192.0.2.7"),
        ("web-1", "web.example"),
        ("web-3", "10.0.0.1"),
    ]
    assert rejects(inventory) == [("line 4, column 2", "not_a_name")]


def test_a_cell_of_a_table_may_go_over_several_lines() -> None:
    inventory = read(b'name,ip,notes\nweb,192.0.2.7,"hunter2\nand more"\n"my\nserver",192.0.2.8,\n')
    assert inventory.form == "CSV"
    assert targets(inventory) == [("web", "192.0.2.7"), ("my\nserver", "192.0.2.8")]
    assert read(b'"192.0.2.7\n192.0.2.8"\n').form == "plain list"


def test_a_table_without_headings_is_known_by_its_addresses() -> None:
    inventory = read(b"hunter2,192.0.2.7,eyj.eyj\nhunter2,2001:db8::1,a.b\n")
    assert targets(inventory) == [("192.0.2.7", "192.0.2.7"), ("2001:db8::1", "2001:db8::1")]


def test_a_column_of_labels_is_no_column_of_names() -> None:
    inventory = read(b"hostname,ip\nweb-1,192.0.2.7\nweb-2,192.0.2.8\n")
    assert targets(inventory) == [("web-1", "192.0.2.7"), ("web-2", "192.0.2.8")]
    assert rejects(inventory) == []


def test_a_list_of_pages_is_no_table_whatever_stands_in_them() -> None:
    inventory = read(b"https://a.example/x?y=1,2;3\nhttp://b.example:80/,hunter2\n")
    assert inventory.items["target"].to_list() == ["a.example", "b.example"]


def test_an_address_under_any_heading_but_a_secret_one_is_found() -> None:
    inventory = read(b"box,where,api_key\na,192.0.2.7,192.0.2.9\nb,192.0.2.8,192.0.2.9\n")
    assert inventory.items["target"].to_list() == ["192.0.2.7", "192.0.2.8"]


def test_a_cell_may_hold_several_addresses_or_names() -> None:
    inventory = read(
        b"Server Name,Public IPv4 DNS,IPv6 IPs,URL,Key\n"
        b'web,"a.example; b.example","2001:db8::1, 2001:db8::2","https://c.example/x?y=1,2",hunter2'
        b"\ndb,,2001:db8::3 hunter2,,hunter2\n"
    )
    assert targets(inventory) == [
        *(("web", name) for name in ("a.example", "b.example", "2001:db8::1", "2001:db8::2")),
        ("web", "c.example"),
        ("db", "2001:db8::3"),
    ]
    assert rejects(inventory) == [("line 3, column 3", "not_a_name")]


@pytest.mark.parametrize(
    "heading",
    ["ipv4_addresses", "Public IPs", "ip_ranges", "networks", "IPv6 IPs", "subnets", "IP Address"],
)
def test_a_heading_may_speak_of_several_addresses(heading: str) -> None:
    table = f"{heading},owner\nunset,a\nunset,b\n192.0.2.7,c\n"
    assert targets(read(table.encode())) == [("192.0.2.7", "192.0.2.7")]


def test_aws_instances_have_several_addresses_and_a_name() -> None:
    interface = {
        "Association": {"PublicIp": "192.0.2.8"},
        "PrivateIpAddresses": [{"Association": {"PublicIp": "192.0.2.9"}}],
        "Ipv6Addresses": [{"Ipv6Address": "2001:db8::1"}],
    }
    instance = {
        "InstanceId": "i-1",
        "PublicIpAddress": "192.0.2.7",
        "PublicDnsName": "",
        "PrivateIpAddress": "10.0.0.7",
        "UserData": SECRET,
        "Tags": [{"Key": "password", "Value": SECRET}, {"Key": "Name", "Value": "web"}],
        "NetworkInterfaces": [interface, {}],
    }
    inventory = read({"Reservations": [{"Instances": [instance, {"InstanceId": "i-2"}]}]})
    assert inventory.form == "AWS"
    assert {label for label, _ in targets(inventory)} == {"web"}
    assert [target for _, target in targets(inventory)] == [
        "192.0.2.7", "10.0.0.7", "192.0.2.8", "192.0.2.9", "2001:db8::1"
    ]  # fmt: skip


def test_what_is_null_in_json_is_not_there() -> None:
    none: dict[str, Any] = {"PublicIp": "192.0.2.7", "Tags": None}
    bare = {"InstanceId": "i-1", "NetworkInterfaces": None, "Tags": None, "PublicIpAddress": None}
    assert targets(read({"Addresses": [none], "Reservations": [{"Instances": [bare]}]})) == [
        ("192.0.2.7", "192.0.2.7")
    ]
    service = {"kind": "Service", "metadata": None, "spec": None, "status": None}
    assert read({"kind": "List", "items": [service]}).items.is_empty()


def test_lists_in_a_list_are_read_with_what_is_null_in_them() -> None:
    """As ``--query 'Reservations[*].Instances[*].PublicIpAddress'`` prints them."""
    inventory = read([["192.0.2.7", None], None, [["2001:db8::1"], "hunter2"]])
    assert inventory.items["place"].to_list() == ["[0][0]", "[2][0][0]"]
    assert rejects(inventory) == [("[2][1]", "not_a_name")]
    assert targets(read([None, "192.0.2.8"])) == [("192.0.2.8", "192.0.2.8")]


def test_aws_addresses_are_named_after_what_they_are_bound_to() -> None:
    addresses = [
        {"PublicIp": "192.0.2.7", "AllocationId": "eip-1", "InstanceId": "i-1"},
        {"PublicIp": "192.0.2.8", "AllocationId": "eip-2"},
    ]
    assert targets(read({"Addresses": addresses})) == [("i-1", "192.0.2.7"), ("eip-2", "192.0.2.8")]


def test_kubernetes_tells_what_stands_outside_of_the_cluster() -> None:
    service = {
        "kind": "Service",
        "metadata": {"namespace": "shop", "name": "web", "annotations": {"token": SECRET}},
        "spec": {"externalIPs": ["192.0.2.8"], "clusterIP": "10.0.0.1"},
        "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.7"}, {"hostname": "lb.example"}]}},
    }
    ingress = {
        "kind": "Ingress",
        "metadata": {"name": "front"},
        "spec": {"rules": [{"host": "*.shop.example"}, {}]},
        "status": {"loadBalancer": {}},
    }
    gateway = {
        "kind": "Gateway",
        "metadata": {"name": "edge"},
        "spec": {"listeners": [{"hostname": "edge.example"}, {}]},
        "status": {"addresses": [{"value": "192.0.2.9"}]},
    }
    secret = {"kind": "Secret", "data": {"ip": SECRET}, "status": {"loadBalancer": SECRET}}
    found = read({"kind": "List", "items": [service, secret, ingress, gateway]})
    assert targets(found) == [
        ("shop/web", "192.0.2.7"),
        ("shop/web", "lb.example"),
        ("shop/web", "192.0.2.8"),
        ("front", "shop.example"),
        ("edge", "192.0.2.9"),
        ("edge", "edge.example"),
    ]
    assert targets(read(service)) == targets(found)[:3]
    assert targets(read({"kind": "ServiceList", "items": [service | {"kind": ""}]}))


ZONE = b"""$ORIGIN shop.example.
$TTL 300
@     IN SOA ns hostmaster 1 2 3 4 5
@     IN A 192.0.2.7
      IN TXT "hunter2"
www   IN CNAME @
*.x   IN AAAA 2001:db8::4
$ORIGIN sub.shop.example.
a     60 IN A 192.0.2.8
"""


def test_a_zone_file_gives_names_and_addresses() -> None:
    inventory = read(ZONE)
    assert inventory.form == "zone file"
    assert sorted(inventory.items.select("target", "label").rows()) == [
        ("192.0.2.7", "shop.example"),
        ("192.0.2.8", "a.sub.shop.example"),
        ("2001:db8::4", "*.x.shop.example"),
        ("a.sub.shop.example", "a.sub.shop.example"),
        ("shop.example", "shop.example"),
        ("www.shop.example", "www.shop.example"),
        ("x.shop.example", "*.x.shop.example"),
    ]


def test_a_zone_as_a_server_writes_it_out_needs_no_origin() -> None:
    written_out = (
        b"shop.example. 300 IN SOA ns.x. h.x. 1 2 3 4 5\nshop.example. 300 IN A 192.0.2.7\n"
    )
    assert "192.0.2.7" in read(written_out).items["target"]


def test_a_zone_that_begins_with_its_ttl_has_no_name_of_it() -> None:
    zone = b"$TTL 1h\n@ SOA ns1 h 1 2 3 4 5\n NS ns1\n A 192.0.2.7\nwww.shop.example. A 192.0.2.8\n"
    assert targets(read(zone)) == [
        ("192.0.2.7", "192.0.2.7"),
        ("www.shop.example", "www.shop.example"),
        ("www.shop.example", "192.0.2.8"),
    ]


@pytest.mark.parametrize(
    "raw",
    [
        b"$GENERATE 1-4000000 host$ A 192.0.2.1\n",
        ZONE + b"$INCLUDE /etc/hunter2\n",
        ZONE + b"b IN A hunter2\n",
        ZONE + b"b IN hunter2 1\n",
        b'{"hunter2": 1}',
        b'{"kind": "List", "items": "hunter2"}',
        b'{"Reservations": [{"Instances": [{"InstanceId": "hunter2"',
        b'{"Reservations": [{"Instances": [{"Tags": [{"Key": "Name", "Value": ["hunter2"]}]}]}]}',
        b'{"version": 4, "resources": [{"instances": [{"attributes": {"hunter2": ' + b"[" * 99999,
        b"a,b\nhunter2,hunter2\n",
        b'name,ip\nweb,"hunter2' + b"x" * 200_000 + b"\n",
        b"\0hunter2",
        b'[{"hunter2": 1}]',
    ],
)
def test_what_is_no_inventory_is_refused_without_a_word_of_it(raw: bytes) -> None:
    """Neither in the message nor in what hangs on the error, which a traceback would print."""
    with pytest.raises(SourceDrift) as refused:
        read_inventory(raw)
    told: BaseException | None = refused.value
    while told is not None:
        assert SECRET not in str(told)
        told = told.__cause__ or told.__context__


@pytest.mark.parametrize("raw", [b"", b"\n\n# nothing\n", b"[]", b'{"Reservations": []}'])
def test_an_empty_inventory_has_no_items(raw: bytes) -> None:
    assert read_inventory(raw).items.is_empty()


def test_a_label_is_cut_and_an_item_told_once() -> None:
    inventory = read(b"name,ip\n" + b"x" * 500 + b",192.0.2.7\n" + b"x" * 500 + b",192.0.2.7\n")
    assert targets(inventory) == [("x" * 80, "192.0.2.7")]


def test_lists_come_in_other_encodings_too() -> None:
    assert read("192.0.2.7\n".encode("utf-16")).items["target"].to_list() == ["192.0.2.7"]
    assert read(b"\xef\xbb\xbf192.0.2.7\n").items["target"].to_list() == ["192.0.2.7"]
    assert read(["192.0.2.7", "a.example"]).items["target"].to_list() == ["192.0.2.7", "a.example"]


@pytest.mark.parametrize("text", ["", "x" * 5000, "http://[", "hunter2", "a b.c", "-.-", "1.2.3"])
def test_what_is_no_host_is_none(text: str) -> None:
    assert host_of(text) in {None, "-.-", "1.2.3"}
