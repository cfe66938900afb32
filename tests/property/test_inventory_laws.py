"""Whatever is given as an inventory: it is read or refused, and no secret comes out of it."""

import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from overblock.addresses.single import parse_one
from overblock.errors import BadAddress, SourceDrift
from overblock.fleets.inventory import read_inventory
from overblock.names.canonical import canonical_name
from overblock.tables import INVENTORY_ITEMS

SECRET = "hunter2"  # noqa: S105  (planted, to be looked for)
FEW = settings(max_examples=60)
words = st.sampled_from(
    [SECRET, f"{SECRET} x", "192.0.2.7", "2001:db8::/32", "a.example", "10.0.0.1", "#", '"', ",",
     ";", "\t", "\n", "\r\n", " ", "\0", "ip", "name", "password", "{", "}", "[", "]", "$ORIGIN",
     "$GENERATE", "IN A", "é", "://", "@", "/", "\ufeff", "public_ip: ", "\\", "1"]
)  # fmt: skip
rubbish = st.lists(words, max_size=30).map("".join)
keys = st.sampled_from(
    ["Reservations", "Instances", "Addresses", "PublicIp", "Tags", "Key", "Value", "version",
     "resources", "instances", "attributes", "sensitive_attributes", "public_ip", "user_data",
     "records", "kind", "items", "spec", "externalIPs", "status", "metadata", "mode",
     "format_version", "values", "root_module", "child_modules", "sensitive_values"]
)  # fmt: skip
leaves = st.one_of(
    st.sampled_from([SECRET, "192.0.2.7", "Service", "List", "A", "managed", ""]),
    st.none(), st.integers(3, 5), st.booleans(), st.floats(allow_nan=False),
)  # fmt: skip
documents = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=4)),
    max_leaves=25,
)


def outcome(raw: bytes) -> str:
    """All that came out of a reading, errors with what hangs on them too."""
    try:
        inventory = read_inventory(raw)
    except SourceDrift as refused:
        told: BaseException | None = refused
        words = []
        while told is not None:
            words.append(str(told))
            told = told.__cause__ or told.__context__
        return " ".join(words)
    INVENTORY_ITEMS.check(inventory.items)
    return f"{inventory.items.to_dicts()} {inventory.rejects.to_dicts()}"


@FEW
@given(rubbish)
@example("a,b\n\ud800,x")
def test_text_is_read_or_refused_in_silence(text: str) -> None:
    assert f"{SECRET} x" not in outcome(text.encode("utf-8", "surrogatepass"))


@FEW
@given(st.binary(max_size=60))
def test_bytes_are_read_or_refused(raw: bytes) -> None:
    outcome(raw)


@FEW
@given(documents)
def test_json_of_any_shape_is_read_or_refused_in_silence(document: Any) -> None:
    """A label may be a word of the file; here only values stand for secrets, and none is one."""
    told = outcome(json.dumps(document).encode())
    assert SECRET not in told


values = st.one_of(
    st.ip_addresses().map(str),
    st.ip_addresses(v=4).map(lambda address: f"{address}/32"),
    st.from_regex(r"[a-zA-Z0-9_-]{1,10}(\.[a-z0-9]{1,10}){1,3}\.?", fullmatch=True),
    st.sampled_from(["1.2.3", "300.1.1.1", "a", "::ffff:192.0.2.1", "10.0.0.1/8", "x..y", "é.рф"]),
)


@FEW
@given(st.lists(values, max_size=8))
def test_a_list_is_read_as_each_of_its_lines_alone(lines: list[str]) -> None:
    """The model is what `check` reads of one target."""
    inventory = read_inventory("\n".join(["# a list", *lines]).encode())
    wanted = [one for one in map(alone, lines) if one is not None]
    assert inventory.items["target"].to_list() == list(dict.fromkeys(wanted))
    assert len(inventory.rejects) == len(lines) - len(wanted)


def alone(text: str) -> str | None:
    try:
        network = parse_one(text)
    except BadAddress:
        name = canonical_name(text)
        return name if name and "." in name and not name.rpartition(".")[2].isdecimal() else None
    from ipaddress import IPv4Address, IPv6Address, summarize_address_range  # noqa: PLC0415

    kind = IPv4Address if network.version == 4 else IPv6Address
    (block,) = summarize_address_range(kind(network.first), kind(network.last))
    return str(block.network_address if block.num_addresses == 1 else block)
