"""What is read of a state of Terraform, and what never leaves its reader."""

import json
from typing import Any

import pytest

from overblock.errors import SourceDrift
from overblock.fleets.inventory import read_inventory
from overblock.fleets.items import Inventory

SECRET = "hunter2"  # noqa: S105  (planted, to be looked for)


def read(content: object) -> Inventory:
    inventory = read_inventory(json.dumps(content).encode())
    assert SECRET not in f"{inventory.items.to_dicts()} {inventory.rejects.to_dicts()}"
    return inventory


def targets(inventory: Inventory) -> list[tuple[str, str]]:
    return list(inventory.items.select("label", "target").iter_rows())


def state(*resources: dict[str, Any]) -> dict[str, Any]:
    outputs = {"password": {"value": SECRET, "type": "string"}}
    return {"version": 4, "serial": 1, "outputs": outputs, "resources": list(resources)}


def resource(attributes: dict[str, Any], sensitive: object = (), **more: Any) -> dict[str, Any]:
    instance = {"attributes": attributes, "sensitive_attributes": list(sensitive)}  # type: ignore[call-overload]
    return {"mode": "managed", "type": "vm", "name": "web", "instances": [instance | more]}


def test_a_terraform_state_is_read_at_any_depth_under_known_keys() -> None:
    attributes = {
        "public_ip": "192.0.2.7",
        "user_data": "192.0.2.99",
        "ipv6_addresses": ["2001:db8::1", ""],
        "network_interface": [{"access_config": [{"nat_ip": "192.0.2.8"}]}],
        "fqdn": "web.example",
        "password": SECRET,
    }
    inventory = read(state(resource(attributes, index_key="a")))
    assert targets(inventory) == [
        ('vm.web["a"]', "192.0.2.7"),
        ('vm.web["a"]', "2001:db8::1"),
        ('vm.web["a"]', "web.example"),
        ('vm.web["a"]', "192.0.2.8"),
    ]
    assert inventory.items["place"][3] == 'vm.web["a"].nat_ip'


@pytest.mark.parametrize(
    "path",
    [["ip_address"], ["nested", 0, "ip"], ["nested", 0], ["nested"], []],
    ids=lambda path: ".".join(map(str, path)),
)
def test_what_a_state_calls_sensitive_is_not_touched(path: list[str | int]) -> None:
    steps = [
        {"type": "index", "value": {"value": step, "type": "number"}}
        if isinstance(step, int)
        else {"type": "get_attr", "value": step}
        for step in path
    ]
    attributes = {"ip_address": "192.0.2.7", "nested": [{"ip": "192.0.2.8"}]}
    found = read(state(resource(attributes, [steps]))).items["target"].to_list()
    assert ("192.0.2.7" in found) == (bool(path) and path[0] != "ip_address")
    assert ("192.0.2.8" in found) == (path[:1] == ["ip_address"])


def test_of_a_record_only_addresses_and_aliases_are_read() -> None:
    text: dict[str, Any] = {"type": "TXT", "records": [f"{SECRET}.example"]}
    address: dict[str, Any] = {"type": "A", "records": ["192.0.2.7"], "ttl": 300}
    inventory = read(state(resource(text), resource(address)))
    assert inventory.items["target"].to_list() == ["192.0.2.7"]


def test_data_sources_are_not_what_one_runs() -> None:
    assert read(state(resource({"public_ip": "192.0.2.7"}) | {"mode": "data"})).items.is_empty()


def test_what_people_write_as_they_like_is_not_read() -> None:
    words = {"tags": {"ip": f"{SECRET}.example"}, "environment": [{"address": f"{SECRET}.example"}]}
    assert targets(read(state(resource(words | {"public_ip": "192.0.2.7"})))) == [
        ("vm.web", "192.0.2.7")
    ]


def test_what_terraform_shows_is_read_as_its_state_is() -> None:
    nested = {"ip": "192.0.2.8", "dns_name": f"{SECRET}.example"}
    root = {
        "address": "vm.web[0]",
        "mode": "managed",
        "values": {"public_ip": "192.0.2.7", "nested": [nested], "tags": {"ip": "192.0.2.99"}},
        "sensitive_values": {"nested": [{"dns_name": True}], "tags": {}},
    }
    hidden = {"address": "db.x", "values": {"ip": "192.0.2.98"}, "sensitive_values": {"ip": True}}
    looked_up = {"address": "data.x", "mode": "data", "values": {"ip": "192.0.2.97"}}
    child = {"address": "module.a", "resources": [hidden, root | {"address": "module.a.vm.web"}]}
    modules = {"resources": [root, looked_up], "child_modules": [child]}
    shown = {"format_version": "1.0", "values": {"root_module": modules}}
    assert targets(read(shown)) == [
        ("vm.web[0]", "192.0.2.7"),
        ("vm.web[0]", "192.0.2.8"),
        ("module.a.vm.web", "192.0.2.7"),
        ("module.a.vm.web", "192.0.2.8"),
    ]
    assert read({"format_version": "1.0"}).items.is_empty()


def test_another_version_of_a_state_is_refused() -> None:
    with pytest.raises(SourceDrift, match="of version 3, wanted 4"):
        read({"version": 3, "resources": []})
