"""What the pages of a register draw agrees with looking at each address and moment by itself."""

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from overblock.registers.extent import extent_series
from overblock.reports.checks.history import unite
from overblock.reports.registers.chart import MOST_POINTS, thinned
from overblock.reports.registers.lines import LinePoint
from overblock.reports.registers.owners import cut_by_owner
from overblock.tables import GAPS, HOLDER_RANGES

START = datetime(2018, 4, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
TOP = 48
Listing = tuple[int, int, int, int | None]  # first address, size, begins, lasts (None: still)
listings = st.lists(
    st.tuples(
        st.integers(0, TOP - 1),
        st.integers(1, 16),
        st.integers(0, 6),
        st.one_of(st.none(), st.integers(1, 6)),
    ),
    min_size=1,
    max_size=8,
)
owners = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 3), st.sampled_from(["DE", "US", "FR"])),
    max_size=6,
)


def frame(drawn: list[Listing]) -> pl.DataFrame:
    rows = [
        {
            "ipv4_from": first,
            "ipv4_until": first + size,
            "listed_from": START + begins * HOUR,
            "last_seen_at": START + (begins + (lasts or 9) - 1) * HOUR,
            "listed_until": START + (begins + lasts) * HOUR if lasts else None,
        }
        for first, size, begins, lasts in drawn
    ]
    kind = pl.Datetime("us", "UTC")
    moments = ("listed_from", "last_seen_at", "listed_until")
    return pl.DataFrame(
        rows,
        {
            "ipv4_from": pl.UInt64,
            "ipv4_until": pl.UInt64,
            **dict.fromkeys(moments, kind),
        },
    )


def ranges_of(drawn: list[tuple[int, int, str]]) -> pl.DataFrame:
    """Prefixes of 2 to 16 addresses, and one that no listing meets, so that any table answers."""
    empty = HOLDER_RANGES.empty()
    rows = [(block * 2**bits * 2, 2**bits * 2, country) for block, bits, country in drawn]
    rows.append((1000, 1, "ZZ"))
    return pl.concat(
        [
            empty,
            pl.DataFrame(
                {
                    "ipv4_from": [first for first, _, _ in rows],
                    "ipv4_until": [first + size for first, size, _ in rows],
                    "country": [country for _, _, country in rows],
                }
            ).select(
                *(
                    pl.col(name).cast(kind)
                    if name in {"ipv4_from", "ipv4_until", "country"}
                    else pl.lit(None, kind).alias(name)
                    for name, kind in empty.schema.items()
                )
            ),
        ]
    )


def owner_slowly(address: int, drawn: list[tuple[int, int, str]]) -> str | None:
    """The model: the narrowest range that holds the address, of equals the first country."""
    held = [
        (2**bits * 2, country)
        for block, bits, country in drawn
        if block * 2**bits * 2 <= address < (block + 1) * 2**bits * 2
    ]
    return min(held)[1] if held else None


def counts_slowly(
    drawn: list[Listing], ranges: list[tuple[int, int, str]], hour: int
) -> dict[str | None, int]:
    listed = {
        address
        for first, size, begins, lasts in drawn
        if begins <= hour and (lasts is None or hour < begins + lasts)
        for address in range(first, first + size)
    }
    counts: dict[str | None, int] = {}
    for address in listed:
        owner = owner_slowly(address, ranges)
        counts[owner] = counts.get(owner, 0) + 1
    return counts


@settings(max_examples=40)
@given(listings, owners)
def test_at_every_moment_each_owner_has_what_is_listed_of_its_addresses(
    drawn: list[Listing], ranges: list[tuple[int, int, str]]
) -> None:
    """So the parts of a register by holder or country add up to the whole."""
    cut = cut_by_owner(frame(drawn), ranges_of(ranges), "country")
    series = extent_series(cut, GAPS.empty(), "owner")
    for hour in range(-1, 14):
        before = series.filter(pl.col("at") <= START + hour * HOUR)
        last = before.group_by("key", maintain_order=True).last()
        told = {key: size for key, size in last.select("key", "ipv4").iter_rows() if size}
        assert told == counts_slowly(drawn, ranges, hour)


@given(listings)
def test_the_spans_of_a_target_are_the_times_in_which_any_entry_listed_it(
    drawn: list[Listing],
) -> None:
    rows = [
        {
            "listed_from": START + begins * HOUR,
            "listed_until": START + (begins + lasts) * HOUR if lasts else None,
            "lost_at": None,
            "kind": "attached",
            "entry_key": str(number),
            "decision_number": str(number),
        }
        for number, (_, _, begins, lasts) in enumerate(drawn)
    ]
    spans = list(unite(rows))
    for hour in range(-1, 14):
        at = START + hour * HOUR
        told = any(one.begins <= at and (one.ends is None or at < one.ends) for one in spans)
        slowly = any(
            begins <= hour and (lasts is None or hour < begins + lasts)
            for _, _, begins, lasts in drawn
        )
        assert told == slowly
    ends = [one.ends for one in spans]
    assert all(end is not None for end in ends[:-1])
    assert all(end < after.begins for end, after in zip(ends, spans[1:], strict=False) if end)
    assert sum(one.entries for one in spans) == len(drawn)


@settings(max_examples=40)
@given(st.lists(st.integers(0, 1000), min_size=1, max_size=2 * MOST_POINTS))
def test_a_thinned_line_keeps_its_ends_its_highest_point_and_its_order(sizes: list[int]) -> None:
    points = [LinePoint(START + place * HOUR, size) for place, size in enumerate(sizes)]
    shown = thinned(points)
    assert len(shown) <= MOST_POINTS + 2
    assert (shown[0], shown[-1]) == (points[0], points[-1])
    assert max(one.ipv4 for one in shown) == max(sizes)
    assert [one.at for one in shown] == sorted({one.at for one in shown})
