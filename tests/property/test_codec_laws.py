"""Reading in bulk agrees with Python's `ipaddress`, save where a value could mean two things.

Tokens are drawn near the border between right and wrong: numbers around 255 and 32, signs too
many or too few, zeros in front.
"""

from contextlib import suppress
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

import numpy as np
import polars as pl
from hypothesis import example, given
from hypothesis import strategies as st

from overblock.addresses import formats
from overblock.addresses.codec import PROBLEMS, parse_addresses, parse_networks
from overblock.addresses.single import parse_one
from overblock.addresses.sixteen import from_series, from_words, to_series, to_words
from overblock.errors import BadAddress

numbers = st.one_of(
    st.integers(0, 260).map(str), st.sampled_from(["", "00", "01", "010", "x", " 1", "1e", "256"])
)
lengths = st.one_of(
    st.just(""),
    st.integers(0, 34).map("/{}".format),
    st.sampled_from(
        ["/", "/x", "/08", "/008", "/255.255.0.0", "/0.0.0.255", "/1/2", "/128", "/129"]
    ),
)
near_ipv4 = st.builds(
    lambda parts, length: ".".join(parts) + length,
    st.one_of(st.lists(numbers, min_size=4, max_size=4), st.lists(numbers, max_size=6)),
    lengths,
)
addresses = st.one_of(
    st.ip_addresses().map(str),
    st.ip_addresses(v=6).map(lambda address: address.exploded),
    st.ip_addresses(v=4).map("::{}".format),
    st.ip_addresses(v=4).map("::ffff:{}".format),
    st.ip_addresses(v=4).map("1:2:3:4:5:6:{}".format),
)
groups = st.sampled_from(["", "0", "1", "ffff", "FFFF", "00001", "g", "1.2.3.4", "01.2.3.4"])
near_ipv6 = st.builds(
    lambda parts, length: ":".join(parts) + length, st.lists(groups, max_size=10), lengths
)
networks = st.builds(
    lambda address, length: str(
        ip_network((address, length % (address.max_prefixlen + 1)), strict=False)
    ),
    st.ip_addresses(),
    st.integers(0, 128),
)
tokens = st.one_of(
    near_ipv4,
    near_ipv6,
    networks,
    st.builds(lambda address, length: address + length, addresses, lengths),
    st.text(max_size=12),
)


def read_slowly(token: str) -> tuple[int, int] | str:
    """The model: first and last address by `ipaddress`, or the problem."""
    written, slash, length = token.partition("/")
    try:
        value = ip_address(written)
    except ValueError:
        return "not_an_address"
    if "%" in written:
        return "not_an_address"
    bits: int = value.max_prefixlen
    if slash:
        kind = IPv4Network if isinstance(value, IPv4Address) else IPv6Network
        try:
            bits = kind((value, length), strict=False).prefixlen
        except ValueError:
            return "bad_prefix_length"
    if isinstance(value, IPv6Address) and value.ipv4_mapped is not None:
        return "ipv4_mapped"
    try:
        exact = ip_network((value, bits))
    except ValueError:
        return "host_bits"
    return int(exact[0]), int(exact[-1])


@given(st.lists(tokens, max_size=6))
@example(["192.0.2.7", "010.1.1.1", "10.0.0.0/8"])
@example(["::ffff:1.2.3.4/64", "::ffff:1.2.3.4/129", "1::%1", "1\n2", "1.2.3.4\n"])
def test_reading_in_bulk_agrees_with_ipaddress(drawn: list[str]) -> None:
    frame = parse_addresses(pl.Series(drawn, dtype=pl.String))
    assert len(frame) == len(drawn)
    for token, row in zip(drawn, frame.iter_rows(named=True), strict=True):
        wanted = read_slowly(token)
        if isinstance(wanted, str):
            assert (token, row["problem"]) == (token, wanted)
            assert [value for value in row.values() if value is not None] == [wanted]
        elif row["ipv4_from"] is not None:
            assert (row["ipv4_from"], row["ipv4_until"] - 1) == wanted
            assert (row["ipv6_first"], row["problem"]) == (None, None)
        else:
            ends = int.from_bytes(row["ipv6_first"]), int.from_bytes(row["ipv6_last"])
            assert (token, ends, row["problem"]) == (token, wanted, None)
    lines_agree([token for token in drawn if "\n" not in token and "\r" not in token])


def lines_agree(drawn: list[str]) -> None:
    """A line of text is read as the same token is."""
    parsed = parse_networks("".join(f"{token}\n" for token in drawn).encode())
    for place, token in enumerate(drawn):
        wanted = read_slowly(token)
        problem = PROBLEMS[parsed.problems[place]]
        if problem is not None:
            assert (token, parsed.starts[place], parsed.ends[place]) == (token, 0, 0)
        if isinstance(wanted, str):
            assert (token, problem) == (token, wanted)
        elif ":" in token:
            assert (token, problem) == (token, "not_ipv4")
        else:
            assert (int(parsed.starts[place]), int(parsed.ends[place]) - 1) == wanted


@given(st.binary(max_size=200))
def test_any_bytes_give_one_row_a_line(raw: bytes) -> None:
    parsed = parse_networks(raw)
    lines = raw.replace(b"\r\n", b"\n").split(b"\n")
    assert len(parsed.problems) == len(lines) - (lines[-1] == b"")


@given(tokens)
def test_one_is_read_as_many_are_save_for_mapped_ipv4(token: str) -> None:
    text = token.strip()
    wanted = read_slowly(text)
    with suppress(BadAddress):
        found = parse_one(token)
        if wanted == "ipv4_mapped":
            assert found.version == 4
        else:
            assert (found.first, found.last) == wanted
        return
    assert isinstance(wanted, str)


@given(st.lists(st.ip_addresses(), max_size=6))
@example([IPv6Address(1 << 16), IPv6Address("::1.2.3.4"), IPv6Address("::ffff:0.0.1.2")])
def test_text_is_written_as_ipaddress_writes_it(drawn: list[IPv4Address | IPv6Address]) -> None:
    four = [address for address in drawn if isinstance(address, IPv4Address)]
    six = [address for address in drawn if isinstance(address, IPv6Address)]
    values = np.array([int(address) for address in four], np.uint64)
    assert formats.format_ipv4(values).to_list() == [str(address) for address in four]
    packed = np.frombuffer(b"".join(address.packed for address in six), "S16")
    assert formats.format_ipv6(packed).to_list() == [str(address) for address in six]


@given(st.lists(st.ip_addresses(v=6), max_size=6))
def test_sixteen_bytes_stay_sixteen_on_every_way(drawn: list[IPv6Address]) -> None:
    """A NumPy element turned into ``bytes`` would lose its trailing zeros."""
    packed = [address.packed for address in drawn]
    values = np.frombuffer(b"".join(packed), "S16")
    assert to_series(values).to_list() == packed
    assert from_series(to_series(values)).tobytes() == values.tobytes()
    assert from_words(*to_words(values)).tobytes() == values.tobytes()
