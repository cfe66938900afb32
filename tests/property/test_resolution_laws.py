"""What is read by columns is what a reader would find line by line."""

import csv
import io
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from overblock.addresses.special import is_bogon
from overblock.names.canonical import canonical_name
from overblock.sources import Reading, _lines, find_source
from overblock.tables import RESOLUTIONS

NAMES = (
    *("shop.example", "Museum.Example.", "пример.рф", "_x.example", "*.wild.example", "bad..name"),
    *("", "93.184.216.34", 'quo"ted', "with,comma", " blank.example "),
)
ADDRESSES = (
    *("93.184.216.34", "151.101.1.69", "10.0.0.1", "2606:2800:220:1::1", "::1", "fe80::1"),
    *("word", "300.1.1.1", "", "::ffff:1.2.3.4", "151.101.1.0/24", "010.1.1.1"),
)
rows = st.lists(
    st.tuples(st.sampled_from(NAMES), st.lists(st.sampled_from(ADDRESSES), max_size=3)), max_size=12
)
Found = set[tuple[int, str, int | bytes | None, str, str | None]]


def slow(written: list[tuple[str, list[str]]], first: int) -> tuple[Found, set[tuple[int, str]]]:
    """Row by row: what is kept, and what is rejected and why."""
    kept: Found = set()
    refused: set[tuple[int, str]] = set()
    for record, (text, addresses) in enumerate(written, first):
        bare = text.strip()
        name = canonical_name(bare.removeprefix("*."))
        if name is None or name.rpartition(".")[2].isdigit():
            is_address = bare.replace(".", "").isdigit()
            refused.add((record, "no_name_but_address" if is_address else "bad_name"))
            continue
        name = f"*.{name}" if bare.startswith("*.") else name
        said = [address for address in addresses if address]
        if not said:
            kept.add((record, name, None, "unasked", None))
        for address in said:
            _judge(record, name, address, kept, refused)
    return kept, refused


def _judge(
    record: int, name: str, address: str, kept: Found, refused: set[tuple[int, str]]
) -> None:
    try:
        value = ip_address(address)
    except ValueError:
        refused.add((record, "not_an_address"))
        return
    mapped = isinstance(value, IPv6Address) and value.ipv4_mapped is not None
    if mapped or is_bogon(value):
        kept.add((record, name, None, "bogon", address))
    elif isinstance(value, IPv4Address):
        kept.add((record, name, int(value), "address", None))
    else:
        kept.add((record, name, value.packed, "address", None))


def found(reading: Reading) -> tuple[Found, set[tuple[int, str]]]:
    told = RESOLUTIONS.check(reading.rows).select(
        "record", "name", "ipv4", "ipv6", "outcome", "answer"
    )
    kept: Found = {
        (record, name, ipv6 if ipv4 is None else ipv4, outcome, answer)
        for record, name, ipv4, ipv6, outcome, answer in told.iter_rows()
    }
    return kept, set(reading.rejects.select("record", "reason").iter_rows())


@settings(max_examples=40)  # each reads a file
@given(rows)
def test_a_csv_says_what_its_lines_say(written: list[tuple[str, list[str]]]) -> None:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("name", "address"))
    writer.writerows((name, " ".join(addresses)) for name, addresses in written)
    reading = find_source("names_csv").read(file.getvalue().encode())
    assert found(reading) == slow(written, 2)


ZONE = ("a.example", "b.example", "c.example", "D.example.")
ANSWERS = ("93.184.216.34", "151.101.1.69", "10.0.0.1")
answers = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(ZONE), st.just("A"), st.sampled_from(ANSWERS)),
        st.tuples(st.sampled_from(ZONE), st.just("CNAME"), st.sampled_from(ZONE)),
        st.tuples(st.sampled_from(ZONE), st.just("TXT"), st.just('"a b"')),
    ),
    min_size=1,
    max_size=8,
)


def bare(name: str) -> str:
    return name.lower().removesuffix(".")


def runs(lines: list[tuple[str, str, str]]) -> list[list[tuple[str, str, str]]]:
    """Line after line: does it go on where the one before it stopped?"""
    cut: list[list[tuple[str, str, str]]] = []
    for line in lines:
        last = cut[-1][-1] if cut else None
        led = last is not None and last[1] == "CNAME" and bare(last[2]) == bare(line[0])
        if last is not None and (led or bare(last[0]) == bare(line[0])):
            cut[-1].append(line)
        else:
            cut.append([line])
    return cut


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers, st.sampled_from([40, 1 << 20]), st.booleans())
def test_massdns_follows_aliases_as_one_would_by_hand(
    monkeypatch: pytest.MonkeyPatch,
    lines: list[tuple[str, str, str]],
    block_bytes: int,
    told: bool,  # noqa: FBT001  (drawn)
) -> None:
    monkeypatch.setattr(_lines, "BLOCK_BYTES", block_bytes)
    middle = " 300 IN " if told else " "
    raw = "".join(f"{name}{middle}{kind} {answer}\n" for name, kind, answer in lines)
    rows = find_source("massdns").read(raw.encode()).rows
    wanted = []
    for run in runs(lines):
        chain = [bare(answer) for _, kind, answer in run if kind == "CNAME"]
        addresses = [answer for _, kind, answer in run if kind == "A"]
        wanted += [(bare(run[0][0]), address, chain) for address in addresses]
        if not addresses and run[0][1] == "CNAME":
            wanted.append((bare(run[0][0]), "no_answer", chain))
    said = [
        (
            name,
            answer or (str(IPv4Address(ipv4)) if ipv4 else outcome),
            chain,
        )
        for name, ipv4, outcome, answer, chain in rows.select(
            "name", "ipv4", "outcome", "answer", "chain"
        ).iter_rows()
    ]
    assert said == wanted
