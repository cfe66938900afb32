"""One network on the map: how much of it is listed, in which parts, under which decisions.

The network that is viewed is a square of the map, a prefix of an even length down to /24; its
children are the 256 squares in it, eight bits longer.  Every figure is a union of IPv4 addresses
at one moment, within that network.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network
from typing import Any, Literal, TypeAlias

import msgspec
import numpy as np

from overblock.addresses.coverage import NEVER, size_by_group
from overblock.addresses.intervals import IntervalSet
from overblock.addresses.single import parse_one
from overblock.addresses.special import ipv4_edges
from overblock.addresses.squares import Square, count_along, within
from overblock.errors import BadAddress
from overblock.instants import TICK, instant_of, microseconds
from overblock.reports.answers import Gap, SnapshotFacts
from overblock.reports.maps.timeline import (
    Instants,
    LayerFact,
    Timeline,
)

Evidence: TypeAlias = Literal["listed"]
CHILD_BITS = 8
DEEPEST = 24  # length of the smallest network that is a page of its own
MOST_DECISIONS = 100
MOST_STOPS = 120  # moments among which a reader is led
REST = timedelta(days=7)
BLINK = timedelta(seconds=1)  # a state that passes sooner is how two dates meet, not a state


class MapLayer(msgspec.Struct, frozen=True, kw_only=True):
    """One colour: no address is in two layers."""

    key: str
    colour: str  # as #rrggbb
    ipv4: int  # in the network that is viewed
    ipv4_everywhere: int


class MapChild(msgspec.Struct, frozen=True, kw_only=True):
    """One of the 256 networks within the one that is viewed, in the order of their addresses."""

    network: str
    ipv4: int
    share: float  # of its addresses
    layers: list[int]  # of ipv4, by layer
    special: int  # of its addresses, those on which no public host can live


class MapDecision(msgspec.Struct, frozen=True, kw_only=True):
    """A decision that lists addresses here; two may list the same ones."""

    decision: str | None
    decision_date: date | None
    authority: str | None
    ipv4: int  # in the network that is viewed
    share: float  # of all that is listed in it
    listings: int  # that reach into it
    since: datetime  # the first of them that still stands


class MapHolder(msgspec.Struct, frozen=True, kw_only=True):
    """A holder of listed addresses in the network that is viewed."""

    holder: str | None  # null: no table knows
    ipv4: int
    share: float  # of all that is listed in it


class MapHolders(msgspec.Struct, frozen=True, kw_only=True):
    """Whose the listed addresses are, the largest first."""

    holders: list[MapHolder]
    in_all: int  # how many holders have any
    source: str  # the tables, each with its date


class MapStop(msgspec.Struct, frozen=True, kw_only=True):
    """A moment at which the picture changes; it stays so until the next change."""

    at: datetime
    ipv4: int  # everywhere
    state: str  # names its pictures


class MapAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``/map``."""

    subject: str  # register or case
    name: str
    title: str
    evidence: Evidence
    at: datetime
    since: datetime  # the change that the picture is of
    state: str
    snapshot: SnapshotFacts | None  # null: a case
    source: str | None  # of a case: where its networks are from
    silent: Gap | None
    asked: str | None  # what was looked for, where that is not the network that is viewed
    network: str
    addresses: int  # of the network that is viewed
    ipv4: int  # listed in it, each once
    share: float  # of its addresses
    ipv4_everywhere: int
    special: int  # of its addresses, those on which no public host can live
    ipv6_prefixes: int  # listed, and not on this map
    unconfirmed_ipv4: int  # listed before the register's last silence, not seen since
    unplaced_ipv4: int  # listed before a case began, nobody wrote down where
    layers: list[MapLayer]
    children: list[MapChild]
    decisions: list[MapDecision]  # the largest
    decisions_in_all: int
    whose: MapHolders | None = None  # null: a case, whose layers are its holders
    before: MapStop | None  # the change before the one that is shown
    after: MapStop | None


def network_viewed(asked: str) -> tuple[IPv4Network, IPv4Network | None]:
    """The square that a reader asks to see, and what was asked where that is another network.

    An address or a network that is no square is shown within the smallest one that holds it.

    >>> network_viewed("52.58.1.1")
    (IPv4Network('52.58.1.0/24'), IPv4Network('52.58.1.1/32'))
    >>> network_viewed("")[0]
    IPv4Network('0.0.0.0/0')

    Raises:
        BadAddress: it is no IPv4 address or network.
    """
    if not asked.strip():
        return IPv4Network((0, 0)), None
    found = parse_one(asked)
    if found.version != 4:  # noqa: PLR2004  (the version of the protocol)
        raise BadAddress(f"{asked[:80]!r} is IPv6, and this is the map of IPv4")
    length = 32 - (found.last - found.first).bit_length()
    wanted = IPv4Network((found.first, length))
    viewed = wanted.supernet(new_prefix=min(length - length % 2, DEEPEST))
    return viewed, None if viewed == wanted else wanted


def map_answer(timeline: Timeline, at: datetime, asked: str) -> MapAnswer:
    """What the map shows of a network at a moment.

    Raises:
        BadAddress: ``asked`` is no IPv4 address or network.
        NoSnapshot: nothing is known of that moment.
    """
    viewed, wanted = network_viewed(asked)
    change = timeline.change_before(at)
    square = Square.of_network(int(viewed[0]), viewed.prefixlen // 2)
    layers = timeline.layers_at(change)
    parts = [within(one, int(viewed[0]), square.size) for one in layers]
    ipv4 = sum(part.size for part in parts)
    decisions, n_decisions = _decisions(timeline, change, square, ipv4)
    before, after = neighbours(timeline, change)
    return MapAnswer(
        **_heading(timeline, at, change),
        asked=None if wanted is None else str(wanted),
        network=str(viewed),
        addresses=square.size,
        ipv4=ipv4,
        share=ipv4 / square.size,
        ipv4_everywhere=sum(one.size for one in layers),
        special=within(special_space(), int(viewed[0]), square.size).size,
        layers=[
            _layer(fact, part, whole)
            for fact, part, whole in zip(timeline.layers, parts, layers, strict=True)
        ],
        children=_children(parts, viewed, square),
        decisions=decisions,
        decisions_in_all=n_decisions,
        before=before,
        after=after,
    )


def _heading(timeline: Timeline, at: datetime, change: int) -> dict[str, Any]:
    """What an answer says of its moment, whatever network is viewed."""
    standing = timeline.standing(at)
    return {
        "subject": timeline.subject,
        "name": timeline.name,
        "title": timeline.title,
        "evidence": "listed",
        "at": at,
        "since": instant_of(change),
        "state": timeline.pin(change),
        "snapshot": standing.snapshot,
        "source": timeline.source or None,
        "silent": standing.silent,
        "ipv6_prefixes": standing.ipv6_prefixes,
        "unconfirmed_ipv4": standing.unconfirmed_ipv4,
        "unplaced_ipv4": standing.unplaced_ipv4,
    }


def _layer(fact: LayerFact, part: IntervalSet, whole: IntervalSet) -> MapLayer:
    return MapLayer(
        key=fact.key,
        colour="#{:02x}{:02x}{:02x}".format(*fact.colour),
        ipv4=part.size,
        ipv4_everywhere=whole.size,
    )


def stops(
    timeline: Timeline, begins: datetime | None = None, ends: datetime | None = None
) -> list[MapStop]:
    """The moments to lead a reader along: every change, or of many those nearest to an even pace.

    A time without changes counts as a week of it at most, so that silences are not dwelt on.
    With ``begins`` or ``ends`` only those between them; the first is then the state at ``begins``.
    """
    lasting = _lasting(timeline)
    first = 0 if begins is None else np.searchsorted(lasting, microseconds(begins), "right") - 1
    last = len(lasting) if ends is None else np.searchsorted(lasting, microseconds(ends), "right")
    chosen = lasting[max(int(first), 0) : max(int(last), 0)]
    if len(chosen) > MOST_STOPS:
        passed = np.concatenate([[0], np.cumsum(np.minimum(np.diff(chosen), REST // TICK))])
        pace = np.linspace(0, passed[-1], MOST_STOPS).astype(np.int64)
        place = np.searchsorted(passed, pace, side="right") - 1
        chosen = chosen[place[np.diff(place, prepend=-1) != 0]]
    return [_stop(timeline, int(change)) for change in chosen]


def neighbours(timeline: Timeline, change: int) -> tuple[MapStop | None, MapStop | None]:
    """The changes before and after one."""
    lasting = _lasting(timeline)
    place = int(np.searchsorted(lasting, change))
    after = int(np.searchsorted(lasting, change, side="right"))
    return (
        _stop(timeline, int(lasting[place - 1])) if place else None,
        _stop(timeline, int(lasting[after])) if after < len(lasting) else None,
    )


def special_space() -> IntervalSet:
    """Where no public host can live."""
    edges = ipv4_edges()
    return IntervalSet.of(edges[0::2], edges[1::2])


def _lasting(timeline: Timeline) -> Instants:
    """The beginning, and the changes that are not followed at once by another."""
    changes, begin = timeline.changes, microseconds(timeline.known_from)
    if not len(changes) or changes[0] > begin:
        changes = np.concatenate([[begin], changes])  # nothing is listed yet
    lasts = np.ones(len(changes), np.bool_)
    lasts[:-1] = np.diff(changes) >= BLINK // TICK
    return changes[lasts]


def _stop(timeline: Timeline, change: int) -> MapStop:
    return MapStop(at=instant_of(change), ipv4=timeline.size_at(change), state=timeline.pin(change))


def _children(parts: Sequence[IntervalSet], viewed: IPv4Network, square: Square) -> list[MapChild]:
    order = CHILD_BITS // 2
    size = square.size >> CHILD_BITS
    length = viewed.prefixlen + CHILD_BITS
    counts = np.stack([count_along(part, square, order) for part in parts], axis=1)
    special = count_along(special_space(), square, order).tolist()
    first = int(viewed[0])
    return [
        MapChild(
            network=f"{IPv4Address(first + place * size)}/{length}",
            ipv4=sum(row),
            share=sum(row) / size,
            layers=row,
            special=special[place],
        )
        for place, row in enumerate(counts.tolist())
    ]


def _decisions(
    timeline: Timeline, change: int, square: Square, whole: int
) -> tuple[list[MapDecision], int]:
    """The largest decisions that list addresses in a square, and how many do."""
    first, last = np.uint64(square.first), np.uint64(square.first + square.size)
    here = timeline.alive(change) & (timeline.starts < last) & (timeline.ends > first)
    decision, n_acts = timeline.decision[here], len(timeline.decisions)
    sizes = size_by_group(
        np.maximum(timeline.starts[here], first),
        np.minimum(timeline.ends[here], last),
        decision,
        n_acts,
    )
    listings = np.bincount(decision, minlength=n_acts)
    since = np.full(n_acts, NEVER)
    np.minimum.at(since, decision, timeline.begins[here])
    order = np.argsort(-sizes, kind="stable")
    n_here = int((sizes > 0).sum())
    acts = [
        MapDecision(
            decision=timeline.decisions[number].number,
            decision_date=timeline.decisions[number].date,
            authority=timeline.decisions[number].authority,
            ipv4=int(sizes[number]),
            share=int(sizes[number]) / whole,
            listings=int(listings[number]),
            since=instant_of(int(since[number])),
        )
        for number in order[: min(n_here, MOST_DECISIONS)].tolist()
    ]
    return acts, n_here
