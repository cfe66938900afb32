"""Address sets to whose they are, and to whom each of many addresses belongs.

A table of holders is a frame of `overblock.tables.HOLDER_RANGES`, of one source or of several
under one another.  The rules, in this order:

* Only ranges that answer the question count: one without a country says nothing by country, and
  hides no wider range that does.
* Amazon's service ``AMAZON`` contains its others, so by service it answers only where none does.
* The narrowest range that holds an address wins.
* Of equal ranges, a service other than ``AMAZON`` wins, then the lowest AS number, then the name,
  country and service first in the alphabet, so that the order of the rows never matters.

No address is lost or counted twice: what no range holds stands under a null key.
"""

from dataclasses import dataclass
from typing import Literal, Self, TypeAlias

import numpy as np
import polars as pl

from overblock.addresses.intervals import ONE, IntervalSet
from overblock.addresses.locate import Points, Segments
from overblock.addresses.prefixes import LongestMatch, Rows, cover_words, split_by
from overblock.addresses.sixteen import Sixteens, from_series
from overblock.errors import MissingHolders
from overblock.holders.grouping import with_holder

By: TypeAlias = Literal["holder", "country", "origin-as", "service"]
Layers: TypeAlias = list[LongestMatch]  # rows are those of the table; the first that answers wins

GROUPS = pl.Schema(
    {"key": pl.String, "ipv4": pl.UInt64, "networks": pl.UInt32, "witness": pl.String}
)
WHOLE_OF_AMAZON = "AMAZON"
SEVERAL_ORIGINS = r"^\{?AS\d"  # what caida_pfx2as puts for a name where an AS number is not one
IPV4_BITS = 32
NOWHERE = -1
EVERYWHERE = IntervalSet.of([0], [2**IPV4_BITS])
NEEDS: dict[By, tuple[str, str]] = {  # what is missing, and which sources have it
    "holder": ("neither AS numbers nor names", "geoip2fast_bundle, iptoasn or caida_pfx2as"),
    "country": ("no countries", "geoip2fast_bundle, iptoasn or rir_delegated"),
    "origin-as": ("no AS numbers", "caida_pfx2as (any day since 2005) or iptoasn (today)"),
    "service": ("no cloud services", "aws_ranges or google_ranges"),
}


def whose(addresses: IntervalSet, ranges: pl.DataFrame, by: By) -> pl.DataFrame:
    """Split an IPv4 set by whose it is, the largest part first.

    Returns:
        ``key`` (null: no range holds them), ``ipv4`` (addresses; they sum to the size of the
        set), ``networks`` (the fewest prefixes that make up the part) and ``witness`` (the
        largest of those, of equals the first).

    Raises:
        MissingHolders: no row of ``ranges`` can answer.
    """
    return _summed(split_by_owner(addresses, ranges, by))


def split_by_owner(addresses: IntervalSet, ranges: pl.DataFrame, by: By) -> pl.DataFrame:
    """Cut an IPv4 set into pieces of one owner: ``key`` (null: nobody known), ``start``, ``end``.

    The pieces are disjoint and make up the set; they come in no order.

    Raises:
        MissingHolders: no row of ``ranges`` can answer.
    """
    rest = addresses
    pieces = []
    for layer in _ipv4_layers(answering(ranges, by), by, addresses):
        starts, ends, rows = split_by(rest, *layer.flatten())
        rest = rest - IntervalSet.of(starts, ends)
        pieces.append(_parts(starts, ends, keys(ranges[rows], by)))
    nobody = pl.repeat(None, rest.n_intervals, dtype=pl.String, eager=True)
    return pl.concat([*pieces, _parts(rest.starts, rest.ends, nobody)])


def holder_at(points: Points, ranges: pl.DataFrame, by: By) -> Rows:
    """The row of ``ranges`` that answers for each IPv4 address, or -1 where none does.

    `keys` says what the rows answer.

    Raises:
        MissingHolders: no row of ``ranges`` can answer.
    """
    layers = _ipv4_layers(answering(ranges, by), by, IntervalSet.of(points, points + ONE))
    return _first_answer(layers, points)


def holder_at_ipv6(addresses: Sixteens, ranges: pl.DataFrame, by: By) -> Rows:
    """The same for IPv6 addresses.

    Sixteen bytes fit no machine word, so addresses are numbered by the edges of the ranges: edge
    ``i`` is 2 ``i`` + 1, and what lies between it and the edge before is 2 ``i``.

    Raises:
        MissingHolders: no row of ``ranges`` can answer.
    """
    edges, layers = _ipv6_layers(answering(ranges, by), by)
    return _first_answer(layers, _numbered(edges, addresses))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LaidOut:
    """A whole table of holders, laid out once for who asks of millions of addresses in pieces."""

    layers: Layers  # of IPv4
    segments: list[Segments[np.int64]]  # the same, as `at` asks them
    layers6: Layers  # of the numbers that `holder_at_ipv6` gives
    edges: Sixteens

    @classmethod
    def of(cls, ranges: pl.DataFrame, by: By) -> Self:
        """Lay out a table.

        Raises:
            MissingHolders: no row of ``ranges`` can answer.
        """
        able = answering(ranges, by)
        edges, layers6 = _ipv6_layers(able, by)
        layers = _ipv4_layers(able, by)
        segments = [layer.laid_out() for layer in layers]
        return cls(layers=layers, segments=segments, layers6=layers6, edges=edges)

    def at(self, points: Points) -> Rows:
        """The same as `holder_at`."""
        rows = self.segments[0].at(points)
        for layer in self.segments[1:]:
            rows = np.where(rows == NOWHERE, layer.at(points), rows)
        return rows

    def at_ipv6(self, addresses: Sixteens) -> Rows:
        """The same as `holder_at_ipv6`."""
        return _first_answer(self.layers6, _numbered(self.edges, addresses))


def keys(ranges: pl.DataFrame, by: By) -> pl.Series:
    """What each row answers; null where it does not.

    An origin AS is ``AS16509``; several are what the source says, such as ``AS1, AS2``.
    """
    if by == "holder":
        return with_holder(ranges)["holder"].alias("key")
    if by == "origin-as":
        several = pl.when(pl.col("as_name").str.contains(SEVERAL_ORIGINS)).then("as_name")
        number = pl.concat_str(pl.lit("AS"), pl.col("asn").cast(pl.String))
        return ranges.select(key=pl.coalesce(number, several)).to_series()
    return ranges[by].alias("key")


def answering(ranges: pl.DataFrame, by: By) -> pl.DataFrame:
    """The rows that can answer, with their number in ``ranges`` as ``row``.

    Raises:
        MissingHolders: there are none; the message says what to ingest.
    """
    if by == "holder":
        able = pl.col("asn").is_not_null() | pl.col("as_name").is_not_null()
    elif by == "origin-as":
        able = pl.col("asn").is_not_null() | pl.col("as_name").str.contains(SEVERAL_ORIGINS)
    else:
        able = pl.col(by).is_not_null()
    found = ranges.with_row_index("row").filter(able)
    if found.is_empty() or (by == "origin-as" and found["asn"].null_count() == found.height):
        lacks, sources = NEEDS[by]
        raise MissingHolders(
            f"by {by}: the table of holders ({ranges.height} ranges) has {lacks}; ingest {sources}"
        )
    return found


def _ipv4_layers(able: pl.DataFrame, by: By, addresses: IntervalSet = EVERYWHERE) -> Layers:
    """Layers of the IPv4 ranges that meet the set: a register meets few of half a million."""
    ipv4 = able.filter(pl.col("ipv4_from").is_not_null())
    starts, ends = ipv4["ipv4_from"].to_numpy(), ipv4["ipv4_until"].to_numpy()
    meets = addresses.count_below(ends) > addresses.count_below(starts)
    return _layers(ipv4.filter(pl.Series(meets)), by, starts[meets], ends[meets])


def _ipv6_layers(able: pl.DataFrame, by: By) -> tuple[Sixteens, Layers]:
    """The edges of the IPv6 ranges, in order, and layers of the numbers that these give."""
    six = able.filter(pl.col("ipv6_first").is_not_null())
    firsts, lasts = from_series(six["ipv6_first"]), from_series(six["ipv6_last"])
    edges = np.sort(np.concatenate([firsts, lasts]), kind="stable")
    return edges, _layers(six, by, _numbered(edges, firsts), _numbered(edges, lasts) + ONE)


def _layers(able: pl.DataFrame, by: By, starts: Points, ends: Points) -> Layers:
    """Lay out ranges ``[starts[i], ends[i])`` of the rows ``able``."""
    order = _preferred_last(able, starts, ends)
    row = able["row"].to_numpy()
    if by != "service":
        return [_layer(starts, ends, row, order)]
    special = (able["service"] != WHOLE_OF_AMAZON).to_numpy()[order]
    return [_layer(starts, ends, row, order[special]), _layer(starts, ends, row, order[~special])]


def _layer(starts: Points, ends: Points, row: Rows, order: Rows) -> LongestMatch:
    match = LongestMatch.of(starts[order], ends[order])
    return LongestMatch(match.starts, match.ends, row[order[match.rows]].astype(np.int64))


def _preferred_last(able: pl.DataFrame, starts: Points, ends: Points) -> Rows:
    """An order in which, of equal ranges, the one that shall win comes last."""
    ranges = pl.DataFrame({"start": starts, "end": ends})
    again = ranges.is_duplicated()
    if not again.any():
        return np.arange(len(starts))
    words = ("asn", "as_name", "country", "service", "region")
    contested = (
        able.with_row_index("place")
        .filter(again)
        .sort(
            pl.col("service").ne_missing(WHOLE_OF_AMAZON),
            *words,
            descending=[False, *(True for _ in words)],
            nulls_last=False,
        )
    )
    order = np.concatenate([np.flatnonzero(~again.to_numpy()), contested["place"].to_numpy()])
    return order.astype(np.int64)


def _numbered(edges: Sixteens, addresses: Sixteens) -> Points:
    found: Rows = np.searchsorted(edges, addresses)
    if not len(edges):
        return found.astype(np.uint64)
    on_edge = (found < len(edges)) & (edges.take(found, mode="clip") == addresses)
    numbers: Points = (2 * found + on_edge).astype(np.uint64)
    return numbers


def _first_answer(layers: Layers, points: Points) -> Rows:
    """For each point the answer of the first layer that has one."""
    rows = np.full(len(points), NOWHERE)
    for layer in layers:
        rows = np.where(rows == NOWHERE, layer.match(points), rows)
    return rows


def _parts(starts: Points, ends: Points, key: pl.Series) -> pl.DataFrame:
    return pl.DataFrame({"key": key, "start": starts, "end": ends})


def _summed(parts: pl.DataFrame) -> pl.DataFrame:
    """Sum disjoint parts by key; those of one key that touch are one before they are cut up."""
    runs = (
        parts.sort("key", "start")
        .with_columns(
            opens=(
                pl.col("key").ne_missing(pl.col("key").shift())
                | (pl.col("start") != pl.col("end").shift())
            ).fill_null(value=True)
        )
        .group_by(pl.col("opens").cum_sum().alias("run"), maintain_order=True)
        .agg(pl.col("key").first(), pl.col("start").first(), pl.col("end").last())
    )
    first = runs["start"].to_numpy()
    run, network, length = cover_words(first, runs["end"].to_numpy() - ONE, IPV4_BITS)
    blocks = pl.DataFrame({"key": runs["key"].gather(run), "network": network, "length": length})
    return (
        blocks.sort("length", "network")
        .group_by("key", maintain_order=True)
        .agg(
            ipv4=pl.lit(2, pl.UInt64).pow(IPV4_BITS - pl.col("length").cast(pl.UInt64)).sum(),
            networks=pl.len(),
            witness=_prefix(pl.col("network").first(), pl.col("length").first()),
        )
        .cast(GROUPS)
        .sort("ipv4", "key", descending=[True, False], nulls_last=True)
    )


def _prefix(network: pl.Expr, length: pl.Expr) -> pl.Expr:
    """``192.0.2.0/24`` of its first address and length."""
    octets = [(network // 256**power % 256).cast(pl.String) for power in (3, 2, 1, 0)]
    dotted = pl.concat_str(octets, separator=".")
    return pl.concat_str(dotted, pl.lit("/"), length.cast(pl.String))
