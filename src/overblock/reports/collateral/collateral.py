"""Who else is hit by what a register lists: counts of names, by group, reach and what they are.

A name counts by the addresses that it resolved to.  That exposes it; it says nothing of whether
the name really failed.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Self, TypeAlias

import polars as pl

from overblock.collateral.audiences import Holders, lists_of_sites
from overblock.collateral.groups import GROUPS, classify, grouped
from overblock.collateral.keys import Keys
from overblock.collateral.listed import Listed
from overblock.collateral.over_time import hit_series, hit_since
from overblock.collateral.parked import Signs
from overblock.collateral.profile import Split, count_hits, figures, merge, witness_addresses
from overblock.collateral.reach import REACHES, Hits
from overblock.collateral.sites import Sites
from overblock.collateral.streams import each
from overblock.collateral.targets import Named
from overblock.collateral.worlds import World
from overblock.errors import MissingNames
from overblock.registers.extent import ipv4_set, ipv4_size, ipv6_size
from overblock.reports.answers import Ipv4Extent, Ipv6Extent
from overblock.reports.collateral.answer import (
    CollateralAnswer,
    CollateralSeries,
    Figure,
    SeriesPoint,
    Totals,
)
from overblock.reports.names.at_hand import NameFacts
from overblock.reports.names.worlds import Names, Seen
from overblock.reports.registers.states import State
from overblock.reports.tables_at_hand import HolderTable

Wanted: TypeAlias = Literal["hit", "bystanders", "targets", "parked", "all"]
HIT = ("fully", "partly")
LISTS: dict[Wanted, pl.Expr] = {
    "hit": pl.col("reach").is_in(HIT),
    "bystanders": pl.col("reach").is_in(HIT) & (pl.col("group") == "bystander"),
    "targets": pl.col("group") == "target",
    "parked": pl.col("group") == "parked",
    "all": pl.lit(value=True),
}
EXPOSED = "exposed"
AT_ONCE = 1 << 19  # names of a piece, of which two are counted at the same time


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a register lists at a moment, the names it is asked of, and how to split them."""

    state: State
    at: datetime
    names: Names
    by: Split = "group"
    targets: tuple[str, ...] = ()  # names that were meant though no entry names them
    holders: HolderTable | None = None  # where asked by holder or country
    categories: list[NameFacts] = field(default_factory=list)
    ranks: list[NameFacts] = field(default_factory=list)
    watch: Callable[[int], None] = lambda _: None  # told of the names as they are counted

    def named(self) -> Named:
        """What the entries name, and the targets given besides."""
        return named_by([self.state.naming()], self.targets)

    @property
    def split_from(self) -> str | None:
        """Who says the key of the split, with the date."""
        if self.holders:
            return self.holders.name
        told = {"sector": self.categories, "popularity": self.ranks}.get(self.by, [])
        return ", ".join(facts.name.replace("@", " of ") for facts in told) or None


def collateral(question: Question) -> CollateralAnswer:
    """Count the names of a question.

    Raises:
        MissingNames: they have no addresses, or nothing says the key asked for.
    """
    state = question.state
    counts: list[pl.DataFrame] = []
    seen: list[Seen] = []
    asked = Asked.of(question)
    for world in question.names.worlds():
        counts += asked.counts(world)
        seen.append(Seen.of(world))
        question.watch(world.n_names)
    merged = merge(counts)
    groups = _all_groups(figures(merged, "group"))
    split = [] if question.by == "group" else _figures(figures(merged, question.by))
    extent, six = ipv4_size(state.addresses), ipv6_size(state.addresses)
    return CollateralAnswer(
        register=state.register,
        at=question.at,
        snapshot=state.snapshot,
        ipv4=Ipv4Extent(all=extent.all, ordered=extent.ordered, attached=extent.attached),
        ipv6=Ipv6Extent(prefixes=six.prefixes, slash64s=six.slash64s),
        unconfirmed_ipv4=(ipv4_set(state.unconfirmed) - extent.listed).size,
        silent=state.silent,
        level=EXPOSED,
        targets_given=list(question.targets),
        names=question.names.facts(question.at, seen),
        totals=_totals(groups),
        groups=groups,
        by=question.by,
        split=split,
        split_from=question.split_from,
    )


def names_hit(
    question: Question,
    wanted: Wanted = "hit",
    history: tuple[pl.DataFrame, pl.DataFrame] | None = None,
) -> Iterator[pl.DataFrame]:
    """The names themselves, some hundred thousand to some million at a time.

    ``history`` is the register's listings and gaps, by which ``hit_since`` is told.

    Yields:
        ``name``, ``group``, ``rule``, ``reach``, ``n_addresses``, ``n_listed``, ``n_ordered``,
        ``n_attached``, ``n_unknown``, ``witness_address``, ``hit_since``, and the key of the
        split where one was asked for.
    """
    keys = [] if question.by in {"group", "rule"} else [question.by]
    asked = Asked.of(question)
    for world in question.names.worlds():
        frame = asked.rows(world)
        since = frame.with_columns(hit_since=pl.lit(None, pl.Datetime("us", "UTC")))
        if history is not None:
            found = hit_since(world, *history, question.at).select("id", "hit_since")
            since = (
                frame.with_row_index("id").join(found, on="id", how="left", maintain_order="left")
            )  # fmt: skip
        rows = since.filter(LISTS[wanted])
        yield rows.with_columns(witness_address=witness_addresses(rows)).select(
            "name",
            "group",
            "rule",
            "reach",
            "n_addresses",
            "n_listed",
            "n_ordered",
            "n_attached",
            "n_unknown",
            "witness_address",
            "hit_since",
            *keys,
        )


def collateral_over_time(
    question: Question,
    history: tuple[pl.DataFrame, pl.DataFrame],
    begins: datetime | None,
) -> CollateralSeries:
    """How many names were hit at every moment at which that changed.

    ``history`` is the register's listings and gaps.
    """
    listings, gaps = history
    named = named_by([listings], question.targets)
    parts: list[pl.DataFrame] = []
    seen: list[Seen] = []
    denominators = dict.fromkeys(GROUPS, 0)
    for world in question.names.worlds():
        groups = grouped(world, named, question.names.signs(world))["group"]
        parts.append(hit_series(world, listings, gaps, groups))
        seen.append(Seen.of(world))
        for group, n_names in groups.value_counts().iter_rows():
            denominators[group] += n_names
        question.watch(world.n_names)
    series = _added_up(parts).filter(pl.col("at") <= question.at)
    if begins is not None:
        series = _from(series, begins)
    first = series["at"].min()
    return CollateralSeries(
        register=question.state.register,
        from_at=begins or (first if isinstance(first, datetime) else question.at),
        to_at=question.at,
        level=EXPOSED,
        names=question.names.facts(question.at, seen),
        denominators=denominators,
        points=[SeriesPoint(**row) for row in series.iter_rows(named=True)],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question with all that it is asked of laid out once, for each world in turn."""

    question: Question
    listed: Listed
    named: Named
    sites: Sites | None
    holders: Holders | None

    @classmethod
    def of(cls, question: Question) -> Self:
        """Lay out what a question needs.

        Raises:
            MissingNames: nothing says the key asked for.
        """
        holders = None
        if question.by in {"holder", "country"} and question.holders:
            holders = Holders.of(question.holders.ranges, question.by)
        return cls(
            question=question,
            listed=Listed.of(question.state.addresses),
            named=question.named(),
            sites=_sites(question),
            holders=holders,
        )

    def counts(self, world: World) -> Iterator[pl.DataFrame]:
        """The counts of a world, by the key asked for, of some names at a time."""
        signs = Signs.of(self.question.names.signs(world))
        return each(world.cut(AT_ONCE), lambda piece: self._count(piece, signs))

    def _count(self, world: World, signs: Signs) -> pl.DataFrame:
        by, hits = self.question.by, Hits.of(world, self.listed)
        groups = grouped(world, self.named, signs)
        splits: dict[Split, Keys] = {}
        ranks = None
        if by == "rule":
            splits[by] = Keys.of(groups["rule"])
        elif self.holders is not None:
            splits[by] = self.holders.of_hits(hits)
        if self.sites is not None:
            rows = self.sites.rows_of_world(world)
            ranks = self.sites.ranks.take(rows) if self.sites.ranks is not None else None
            if by in self.sites.keys:
                splits[by] = self.sites.keys[by].at(rows)
        return count_hits(hits, splits, groups["group"], ranks)

    def rows(self, world: World) -> pl.DataFrame:
        """A row a name: how far it is hit, its group, and the key asked for."""
        frame = classify(world, self.listed, self.named, self.question.names.signs(world))
        if self.holders is not None:
            frame = frame.with_columns(self.holders.of_witnesses(frame))
        if self.sites is not None:
            frame = frame.hstack(self.sites.said_of(frame["name"]))
        return frame


def _sites(question: Question) -> Sites | None:
    """Sectors and ranks of sites; ranks choose the witness also where nobody asks for them.

    Raises:
        MissingNames: no list says the key asked for.
    """
    asked = {"sector": question.categories, "popularity": question.ranks}
    if question.by in asked and not asked[question.by]:
        lists = {"sector": "citizenlab_lists", "popularity": "tranco, crux, umbrella or majestic"}
        raise MissingNames(
            f"by {question.by}: no list at hand says it; ingest {lists[question.by]}"
        )
    categories, ranks = (
        pl.concat([facts.rows for facts in found]) if found else None
        for found in (question.categories, question.ranks)
    )
    if categories is None and ranks is None:
        return None
    return Sites.of(lists_of_sites(categories, ranks))


def named_by(listings: Sequence[pl.DataFrame], targets: Sequence[str]) -> Named:
    """What listings name, and names that were meant though no entry names them."""
    given = pl.DataFrame(
        {"resource_kind": ["domain"] * len(targets), "resource": list(targets)},
        schema={"resource_kind": pl.String, "resource": pl.String},
    )
    return Named.of(pl.concat([*(rows.select(given.columns) for rows in listings), given]))


def _figures(frame: pl.DataFrame) -> list[Figure]:
    return [Figure(**row) for row in frame.iter_rows(named=True)]


def _all_groups(frame: pl.DataFrame) -> list[Figure]:
    """Each group and reach, also where no name is."""
    known = {(figure.group, figure.reach): figure for figure in _figures(frame)}
    sizes = {figure.group: figure.denominator for figure in known.values()}
    return [
        known.get((group, reach)) or _nobody(group, reach, sizes.get(group, 0))
        for group in GROUPS
        for reach in REACHES
    ]


def _nobody(group: str, reach: str, denominator: int) -> Figure:
    return Figure(
        by="group",
        key=None,
        group=group,
        reach=reach,
        count=0,
        denominator=denominator,
        share=0.0 if denominator else None,
        count_ordered=0,
        count_attached=0,
        witness=None,
        witness_address=None,
    )


def _totals(groups: list[Figure]) -> Totals:
    by_reach = {
        reach: sum(figure.count for figure in groups if figure.reach == reach) for reach in REACHES
    }
    bystanders = [figure for figure in groups if figure.group == "bystander"]
    hit = sum(figure.count for figure in bystanders if figure.reach in HIT)
    in_all = sum(figure.count for figure in bystanders)
    return Totals(
        names=sum(by_reach.values()),
        fully=by_reach["fully"],
        partly=by_reach["partly"],
        not_hit=by_reach["not"],
        unknown=by_reach["unknown"],
        bystanders=in_all,
        bystanders_hit=hit,
        bystanders_hit_share=hit / in_all if in_all else None,
    )


def _from(series: pl.DataFrame, begins: datetime) -> pl.DataFrame:
    """A series from a moment on; what stood then is its first row."""
    at = pl.lit(begins, pl.Datetime("us", "UTC"))
    stood = (
        series.filter(pl.col("at") <= at)
        .group_by("group", maintain_order=True)
        .last()
        .select(at.alias("at"), "group", "fully", "partly")
    )
    return pl.concat([stood, series.filter(pl.col("at") > at)]).sort("at", "group")


def _added_up(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """Series of worlds that share no name, as one."""
    if len(parts) == 1:
        return parts[0]
    steps = [
        part.with_columns(
            (names - names.shift(fill_value=0)).over("group")
            for names in (pl.col(how).cast(pl.Int64) for how in ("fully", "partly"))
        )
        for part in parts
    ]
    return (
        pl.concat(steps)
        .group_by("at", "group")
        .agg(pl.col("fully", "partly").sum())
        .filter(pl.any_horizontal(pl.col("fully", "partly") != 0))  # as of one world
        .sort("at", "group")
        .with_columns(pl.col("fully", "partly").cum_sum().over("group"))
    )
