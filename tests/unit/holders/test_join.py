import lzma
from collections.abc import Sequence
from ipaddress import ip_network

import numpy as np
import polars as pl
import pytest

from overblock.addresses.codec import parse_addresses
from overblock.addresses.intervals import IntervalSet
from overblock.errors import MissingHolders
from overblock.holders.join import GROUPS, By, holder_at, holder_at_ipv6, keys, whose
from overblock.sources import Reading, ru_zapret_csv
from overblock.tables import HOLDER_RANGES
from shared_data import shared

EVERY: tuple[By, ...] = ("holder", "country", "origin-as", "service")


def table(*rows: tuple[str, dict[str, object]]) -> pl.DataFrame:
    """Ranges of prefixes, each with what it says."""
    built = []
    for prefix, says in rows:
        network = ip_network(prefix)
        first, last = int(network[0]), int(network[-1])
        if network.version == 4:
            built.append({"ipv4_from": first, "ipv4_until": last + 1, **says})
        else:
            edges = {"ipv6_first": first.to_bytes(16, "big"), "ipv6_last": last.to_bytes(16, "big")}
            built.append({**edges, **says})
    return pl.DataFrame(built, schema=HOLDER_RANGES.schema())


def networks(*prefixes: str) -> IntervalSet:
    held = [ip_network(prefix) for prefix in prefixes]
    return IntervalSet.of([int(n[0]) for n in held], [int(n[-1]) + 1 for n in held])


def groups(found: pl.DataFrame) -> dict[str | None, int]:
    return dict(found.select("key", "ipv4").iter_rows())


def test_the_narrowest_range_wins_and_the_rest_is_unknown() -> None:
    ranges = table(("10.0.0.0/8", {"country": "US"}), ("10.1.0.0/16", {"country": "DE"}))
    found = whose(networks("10.0.0.0/15", "11.0.0.0/24"), ranges, "country")
    assert found.rows() == [
        ("DE", 65_536, 1, "10.1.0.0/16"),
        ("US", 65_536, 1, "10.0.0.0/16"),
        (None, 256, 1, "11.0.0.0/24"),
    ]
    assert found.schema == GROUPS


def test_a_range_that_says_nothing_hides_no_wider_one_that_does() -> None:
    ranges = table(("10.0.0.0/8", {"country": "US"}), ("10.1.0.0/16", {"as_name": "X"}))
    assert groups(whose(networks("10.1.0.0/16"), ranges, "country")) == {"US": 65_536}


@pytest.mark.parametrize("turned", [False, True])
def test_of_equal_ranges_a_specific_service_wins(*, turned: bool) -> None:
    ranges = table(
        ("10.0.0.0/24", {"service": "AMAZON", "region": "a"}),
        ("10.0.0.0/24", {"service": "S3", "region": "a"}),
        ("10.0.0.0/24", {"service": "EC2", "region": "b"}),
    )
    found = whose(networks("10.0.0.0/24"), ranges.reverse() if turned else ranges, "service")
    assert groups(found) == {"EC2": 256}


def test_a_narrow_row_of_all_amazon_does_not_hide_a_service() -> None:
    ranges = table(
        ("10.0.0.0/16", {"service": "EC2"}),
        ("10.0.0.0/24", {"service": "AMAZON"}),
        ("10.1.0.0/24", {"service": "AMAZON"}),
    )
    found = whose(networks("10.0.0.0/24", "10.1.0.0/24"), ranges, "service")
    assert groups(found) == {"EC2": 256, "AMAZON": 256}


def test_one_holder_in_many_ranges_is_one_group_of_few_networks() -> None:
    """How finely the table cuts the space must not show in the count of networks."""
    ranges = table(
        ("10.0.0.0/25", {"as_name": "AMAZON-02"}), ("10.0.0.128/25", {"as_name": "AMAZON-AES"})
    )
    assert whose(networks("10.0.0.0/24"), ranges, "holder").rows() == [
        ("Amazon", 256, 1, "10.0.0.0/24")
    ]


def test_the_witness_is_the_largest_network() -> None:
    found = whose(networks("9.0.0.1/32", "10.0.0.0/23"), table(("8.0.0.0/6", {"asn": 1})), "holder")
    assert found.rows() == [("AS1", 513, 2, "10.0.0.0/23")]


def test_groups_of_one_size_stand_in_the_order_of_their_names() -> None:
    ranges = table(("10.0.0.0/24", {"country": "US"}), ("10.0.1.0/24", {"country": "DE"}))
    found = whose(networks("10.0.0.0/23", "11.0.0.0/24"), ranges, "country")
    assert found["key"].to_list() == ["DE", "US", None]


def test_several_origins_are_a_group_of_their_own() -> None:
    ranges = table(("10.0.0.0/24", {"asn": 7}), ("10.0.1.0/24", {"as_name": "AS7, AS9"}))
    found = whose(networks("10.0.0.0/23"), ranges, "origin-as")
    assert groups(found) == {"AS7": 256, "AS7, AS9": 256}


def test_the_last_address_of_all_is_counted() -> None:
    everything = networks("0.0.0.0/0")
    found = whose(everything, table(("255.255.255.255/32", {"country": "US"})), "country")
    assert groups(found) == {None: 2**32 - 1, "US": 1}
    assert found.filter(pl.col("key") == "US")["witness"].item() == "255.255.255.255/32"


@pytest.mark.parametrize("by", EVERY)
def test_an_empty_set_has_no_groups(by: By) -> None:
    ranges = table(
        ("10.0.0.0/8", {"country": "US", "asn": 1, "as_name": "A", "service": "S3"}),
    )
    found = whose(IntervalSet.empty(), ranges, by)
    assert found.is_empty()
    assert found.schema == GROUPS


@pytest.mark.parametrize("by", EVERY)
def test_a_table_that_cannot_answer_says_what_to_ingest(by: By) -> None:
    with pytest.raises(MissingHolders, match="ingest"):
        whose(networks("10.0.0.0/24"), HOLDER_RANGES.empty(), by)


def test_names_alone_do_not_tell_the_origin_as() -> None:
    ranges = table(("10.0.0.0/8", {"as_name": "AMAZON-02", "country": "US"}))
    with pytest.raises(MissingHolders, match=r"no AS numbers; ingest caida_pfx2as .* or iptoasn"):
        whose(networks("10.0.0.0/24"), ranges, "origin-as")


def test_a_table_of_ipv6_alone_leaves_ipv4_unknown() -> None:
    ranges = table(("2001:db8::/32", {"country": "US"}))
    assert groups(whose(networks("10.0.0.0/24"), ranges, "country")) == {None: 256}


def at(points: Sequence[str], ranges: pl.DataFrame, by: By) -> list[str | None]:
    numbers = np.array([int(ip_network(point)[0]) for point in points], np.uint64)
    rows = holder_at(numbers, ranges, by)
    return [keys(ranges, by)[row] if row >= 0 else None for row in rows.tolist()]


def test_many_addresses_are_told_whose_they_are() -> None:
    ranges = table(
        ("2001:db8::/32", {"country": "FR"}),
        ("10.0.0.0/8", {"country": "US"}),
        ("10.1.0.0/16", {"as_name": "X"}),
        ("10.2.0.0/16", {"country": "DE"}),
    )
    found = at(["10.2.0.0", "10.3.0.0", "10.1.0.9", "11.0.0.0"], ranges, "country")
    assert found == ["DE", "US", "US", None]


def at_ipv6(points: Sequence[str], ranges: pl.DataFrame, by: By) -> list[str | None]:
    packed = b"".join(int(ip_network(point)[0]).to_bytes(16, "big") for point in points)
    rows = holder_at_ipv6(np.frombuffer(packed, "S16"), ranges, by)
    return [keys(ranges, by)[row] if row >= 0 else None for row in rows.tolist()]


def test_ipv6_addresses_are_told_whose_they_are() -> None:
    ranges = table(
        ("10.0.0.0/8", {"country": "US"}),
        ("2001:db8::/32", {"country": "FR"}),
        ("2001:db8:1::/48", {"country": "ES"}),
        ("2001:db8:2::1/128", {"country": "IT"}),
        ("ffff::/16", {"country": "JP"}),
    )
    points = [
        "::",
        "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001:db8::",
        "2001:db8:1::",
        "2001:db8:1:ffff:ffff:ffff:ffff:ffff",
        "2001:db8:2::",
        "2001:db8:2::1",
        "2001:db8:2::2",
        "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001:db9::",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    ]
    expected = [None, None, "FR", "ES", "ES", "FR", "IT", "FR", "FR", None, "JP"]
    assert at_ipv6(points, ranges, "country") == expected


def test_a_table_of_ipv4_alone_leaves_ipv6_unknown() -> None:
    ranges = table(("10.0.0.0/8", {"country": "US"}))
    assert at_ipv6(["2001:db8::1"], ranges, "country") == [None]


@pytest.mark.slow
def test_the_register_of_2018_was_mostly_amazon_and_google(ipv4: Reading) -> None:
    """The figures of docs/explanation/holders.md are of the case; these are of the register."""
    packed = shared("data", "ru-rkn-2018-05-05.csv.xz").read_bytes()
    register = ru_zapret_csv.read(lzma.decompress(packed))
    parsed = parse_addresses(register.rows["addresses"].explode(empty_as_null=False))
    listed = parsed.drop_nulls("ipv4_from")
    union = IntervalSet.of(listed["ipv4_from"], listed["ipv4_until"])
    split = whose(union, ipv4.rows, "holder")
    assert split["ipv4"].sum() == union.size == 14_692_449
    assert split["key"].to_list()[:3] == ["Amazon", "Google", "DigitalOcean"]
    assert split.filter(pl.col("key") == "Telegram")["ipv4"].item() < 0.001 * union.size
