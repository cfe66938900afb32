"""Timelines of what the map can show: a register of the observatory, or a case that ships."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

import numpy as np
import polars as pl

from overblock.addresses.coverage import NEVER
from overblock.addresses.intervals import IntervalSet
from overblock.cases.listings import Listings
from overblock.cases.loading import Case, bundled_cases, case_folder, load_case, tables_of
from overblock.errors import UnknownRegister
from overblock.instants import microseconds
from overblock.registers.extent import counted_until, ipv4_set, ipv6_size
from overblock.reports.drawing.looks import HOLDERS, TARGET
from overblock.reports.maps.timeline import (
    Colour,
    DecisionFact,
    LayerFact,
    MapSubject,
    Standing,
    Timeline,
    timeline_of,
)
from overblock.reports.registers.states import newest_snapshot, register_snapshots, silence_at
from overblock.sources import find_source
from overblock.store import View
from overblock.tables import ADDRESS_COLUMNS, GAPS, LISTINGS

ORDERED: Colour = (213, 94, 0)
ATTACHED: Colour = (0, 114, 178)
BOTH: Colour = (190, 100, 150)
OTHERS: Colour = (120, 110, 190)
KINDS = (
    LayerFact(key="ordered", colour=ORDERED),
    LayerFact(key="attached", colour=ATTACHED),
    LayerFact(key="both", colour=BOTH),
)
MOMENTS_KEPT = 64  # what a register says of itself, for the moments last asked about
ACT = ["decision_number", "decision_date", "authority"]
GROUP = {"ordered": 0, "attached": 1}


def register_timeline(view: View, register: str) -> Timeline:
    """All that a register ever listed with an IPv4 address.

    Raises:
        UnknownRegister: the observatory has no such register.
    """
    snapshots, gaps = register_snapshots(view, register), view.read(GAPS, register)
    timed = _timed(_with_addresses(view, register), gaps)
    located = timed.filter(pl.col("ipv4_from").is_not_null())
    frame, decisions = _numbered(located)
    lost = located.filter(pl.col("until") < pl.col("stays"))
    six = timed.filter(pl.col("ipv6_first").is_not_null())
    first: datetime = snapshots["ordered_at"].min()  # type: ignore[assignment]  # of instants

    @lru_cache(maxsize=MOMENTS_KEPT)
    def standing(at: datetime) -> Standing:
        """What the register says of itself at a moment."""
        newest, instant = newest_snapshot(snapshots, at, register), microseconds(at)
        alive = six.filter((pl.col("begins") <= instant) & (pl.col("until") > instant))
        unseen = lost.filter((pl.col("until") <= instant) & (pl.col("stays") > instant))
        return Standing(
            snapshot=newest,
            silent=silence_at(gaps, register, newest, at),
            ipv6_prefixes=ipv6_size(alive).prefixes,
            unconfirmed_ipv4=_beyond(unseen, located, instant),
        )

    subject = MapSubject(
        subject="register",
        name=register,
        title=find_source(register).title,
        layers=KINDS,
        apart=apart_by_kind,
        decisions=decisions,
        known_from=first,
        standing=standing,
    )
    return timeline_of(subject, frame)


def _beyond(unseen: pl.DataFrame, located: pl.DataFrame, instant: int) -> int:
    """How many addresses of some listings no other listing has at that moment."""
    if unseen.is_empty():
        return 0
    seen = located.filter((pl.col("begins") <= instant) & (pl.col("until") > instant))
    return (ipv4_set(unseen) - ipv4_set(seen)).size


def _timed(listings: pl.DataFrame, gaps: pl.DataFrame) -> pl.DataFrame:
    """Listings with the moments between which they count, the number of their kind and act."""
    return listings.select(
        *ADDRESS_COLUMNS,
        pl.col("kind").replace_strict(GROUP, return_dtype=pl.Int8).alias("group"),
        pl.col("decision_number").str.replace_all(r"\s{2,}", " "),
        "decision_date",
        "authority",
        begins=pl.col("listed_from").dt.timestamp("us"),
        until=counted_until(listings, gaps),
        stays=pl.col("listed_until").dt.timestamp("us").fill_null(NEVER),
    )


def _with_addresses(view: View, register: str) -> pl.DataFrame:
    """The listings of addresses, without what takes room and no picture shows."""
    columns = [*ADDRESS_COLUMNS, *ACT, "kind", "listed_from", "last_seen_at", "listed_until"]
    located = pl.col("ipv4_from").is_not_null() | pl.col("ipv6_first").is_not_null()
    return view.choose(LISTINGS, register, lambda frame: frame.select(columns).filter(located))


def case_timeline(name: str) -> Timeline:
    """The networks of a bundled case in the low reading: each from the moment it surely stood.

    The largest holders have a colour each, the target lies over all.

    Raises:
        UnknownRegister: there is no such case, or it has no networks.
    """
    if name not in cases_on_the_map():
        known = ", ".join(cases_on_the_map())
        raise UnknownRegister(f"no case with networks is called {name[:80]!r}; there are: {known}")
    case = load_case(name)
    facts, target = case.facts, case.facts.target
    large = _largest(case.networks, target.holders)
    layers = (
        LayerFact(key=target.name, colour=TARGET, ringed=True),
        *(LayerFact(key=key, colour=one) for key, one in zip(large, HOLDERS, strict=False)),
        LayerFact(key="others", colour=OTHERS),
    )
    place = {key: 1 + number for number, key in enumerate(large)} | dict.fromkeys(target.holders, 0)
    frame, decisions = _numbered(_networks(case, place, len(layers) - 1))
    subject = MapSubject(
        subject="case",
        name=name,
        title=facts.title,
        titles={language: facts.said_in(language).title for language in facts.translations},
        layers=layers,
        apart=_over_another,
        decisions=decisions,
        known_from=case.documented_from.first,
        known_until=case.documented_until.last,
        standing=lambda _: Standing(unplaced_ipv4=facts.background),
        source=facts.figures_source,
    )
    return timeline_of(subject, frame)


def _networks(case: Case, place: Mapping[str, int], others: int) -> pl.DataFrame:
    """The networks of a case with their moments, the number of their colour and their act."""
    networks, listings = case.networks, Listings.of(case.networks)
    acts = {one.number: one for one in case.facts.decisions}
    number = pl.col("decision_number")
    group = [place.get(holder, others) for holder in networks["holder"].to_list()]
    return networks.select(
        "ipv4_from",
        "ipv4_until",
        number,
        decision_date=number.replace_strict(
            {key: one.date for key, one in acts.items()}, default=None, return_dtype=pl.Date
        ),
        authority=number.replace_strict(
            {key: one.authority for key, one in acts.items()}, default=None, return_dtype=pl.String
        ),
        group=pl.Series(group, dtype=pl.Int8),
        begins=pl.Series(listings.begun_last),
        until=pl.Series(listings.gone),
    )


def cases_on_the_map() -> list[str]:
    """The bundled cases that tell of networks."""
    return [name for name in bundled_cases() if "networks" in tables_of(case_folder(name))]


def case_moment(name: str) -> datetime:
    """The moment that the figures of a case are of."""
    return load_case(name).figures_at.last


def apart_by_kind(held: list[IntervalSet]) -> list[IntervalSet]:
    """Ordered only, attached only, both."""
    ordered, attached = (*held, IntervalSet.empty())[:2]
    return [ordered - attached, attached - ordered, ordered & attached]


def _over_another(held: list[IntervalSet]) -> list[IntervalSet]:
    """Each without what those before it have: the first lies on top."""
    found, above = [], IntervalSet.empty()
    for one in held:
        found.append(one - above)
        above = above | one
    return found


def _numbered(listed: pl.DataFrame) -> tuple[pl.DataFrame, tuple[DecisionFact, ...]]:
    """Listings with the number of their decision, and the decisions."""
    acts = listed.select(ACT).unique().sort(ACT, nulls_last=True)
    numbered = acts.with_columns(decision=pl.Series(np.arange(len(acts), dtype=np.int32)))
    frame = listed.join(numbered, on=ACT, how="left", nulls_equal=True, maintain_order="left")
    facts = tuple(
        DecisionFact(number=number, date=day, authority=authority)
        for number, day, authority in acts.iter_rows()
    )
    columns = ("ipv4_from", "ipv4_until", "begins", "until", "group", "decision")
    return frame.select(columns), facts


def _largest(networks: pl.DataFrame, target: tuple[str, ...]) -> list[str]:
    """The holders with the most addresses over the whole case, the target left out."""
    others = networks.filter(pl.col("holder").is_not_null() & ~pl.col("holder").is_in(target))
    sizes = {
        str(key): IntervalSet.of(part["ipv4_from"].to_numpy(), part["ipv4_until"].to_numpy()).size
        for (key,), part in others.group_by("holder", maintain_order=True)
    }
    return sorted(sizes, key=lambda key: (-sizes[key], key))[: len(HOLDERS)]
