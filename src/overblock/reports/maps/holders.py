"""Whose the space on the map is: names on its largest patches, and who has what is listed.

A table of holders is laid out once for all views of it.  A name is written where it finds room:
first whom the listed addresses belong to, then who has most of the rest.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network

import numpy as np
import polars as pl
from msgspec.structs import replace
from numpy.typing import NDArray

from overblock.addresses.intervals import IntervalSet
from overblock.addresses.locate import Points
from overblock.addresses.prefixes import cover, split_by
from overblock.addresses.squares import within
from overblock.holders.join import LaidOut, keys
from overblock.reports.maps.answer import MapAnswer, MapHolder, MapHolders, special_space
from overblock.reports.maps.scene import SIDE, Box, box_of
from overblock.reports.maps.timeline import LayerFact
from overblock.reports.tables_at_hand import HolderTable

LARGE = np.uint64(1 << 14)  # addresses of a range that may have its name on the map
MOST_HOLDERS = 12  # told of in the table
MOST_LISTED, MOST_OTHERS = 8, 14  # names on the map
LEADING = 4
MOST_PATCHES = 12  # intervals among which the largest networks of a holder are looked for
LETTER, LINE = 0.56, 1.25  # width and height of a sign, as parts of its size
LISTED_SIZE, OTHERS_SIZE = 17, 13  # of signs, in units of the scene
CELL, NUMBERS = 64, 20  # height of a small square, and of the number at its top
LONGEST = 26  # signs
LEAST_SHARE = 1 / 2_000  # of what is listed here: below this nobody is named on the map


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A name on the map, about its middle."""

    text: str
    x: float
    y: float
    listed: bool
    leads: bool  # one of the few that are written where little has room


@dataclass(frozen=True, slots=True, eq=False)
class HolderRuns:
    """A table of holders as runs of IPv4 addresses in order, none overlapping."""

    name: str
    starts: Points
    ends: Points
    holder: NDArray[np.int32]  # places in ``names``
    names: list[str]

    @classmethod
    def of(cls, table: HolderTable, listed: IntervalSet) -> "HolderRuns":
        """Lay a table out where anything is listed; neighbours of one holder become one run.

        Elsewhere only large ranges count: half a million small ones would find no room for a name.
        """
        four = table.ranges.filter(pl.col("ipv4_from").is_not_null())
        starts, ends = four["ipv4_from"].to_numpy(), four["ipv4_until"].to_numpy()
        meets = listed.count_below(ends) > listed.count_below(starts)
        four = four.filter(pl.Series(meets | (ends - starts >= LARGE)))
        if four.is_empty():
            nothing = np.empty(0, np.uint64)
            return cls(table.name, nothing, nothing, np.empty(0, np.int32), [])
        (layer,) = LaidOut.of(four, "holder").layers
        starts, ends, rows = layer.flatten()
        named = keys(four[rows], "holder")
        names = named.unique(maintain_order=True)
        places = pl.DataFrame({"key": names, "place": np.arange(len(names), dtype=np.int32)})
        holder = named.to_frame("key").join(places, on="key", how="left", maintain_order="left")
        which = holder["place"].to_numpy()
        opens = np.ones(len(starts), np.bool_)
        opens[1:] = (which[1:] != which[:-1]) | (starts[1:] != ends[:-1])
        lasts = np.append(np.flatnonzero(opens)[1:], len(starts)) - 1
        return cls(
            name=table.name,
            starts=starts[opens],
            ends=ends[lasts],
            holder=which[opens].astype(np.int32),
            names=names.to_list(),
        )

    def within(self, network: IPv4Network) -> tuple[Points, Points, NDArray[np.int32]]:
        """The runs that reach into a network, cut to it."""
        first = np.uint64(int(network[0]))
        end = first + np.uint64(network.num_addresses)
        low = int(np.searchsorted(self.ends, first, side="right"))
        high = int(np.searchsorted(self.starts, end, side="left"))
        starts, ends = self.starts[low:high], self.ends[low:high]
        return np.maximum(starts, first), np.minimum(ends, end), self.holder[low:high]


def holders_here(
    answer: MapAnswer, layers: Iterable[IntervalSet], runs: HolderRuns
) -> tuple[MapAnswer, list[Label]]:
    """The answer with whose it is that is listed, and the names to write on the map."""
    viewed, nowhere = IPv4Network(answer.network), special_space()
    starts, ends, holder = runs.within(viewed)
    listed = _united(within(one, int(viewed[0]), answer.addresses) for one in layers)
    piece_starts, piece_ends, rows = split_by(listed, starts, ends, np.arange(len(starts)))
    owner = holder[rows]
    sizes = _sizes(piece_starts, piece_ends, owner, len(runs.names))
    known = int((sizes > 0).sum())
    largest = np.argsort(-sizes, kind="stable")[: min(known, MOST_HOLDERS)].tolist()
    unknown = listed.size - int(sizes.sum())
    told = [_holder(runs.names[one], int(sizes[one]), listed.size) for one in largest]
    if unknown:
        told.append(_holder(None, unknown, listed.size))
    hit = [
        (runs.names[one], IntervalSet.of(piece_starts[owner == one], piece_ends[owner == one]))
        for one in largest[:MOST_LISTED]
        if sizes[one] >= LEAST_SHARE * listed.size
    ]
    space = _sizes(starts, ends, holder, len(runs.names))
    named = {name for name, _ in hit}
    others = [
        (runs.names[one], IntervalSet.of(starts[holder == one], ends[holder == one]) - nowhere)
        for one in np.argsort(-space, kind="stable")[:MOST_OTHERS].tolist()
        if space[one] and runs.names[one] not in named
    ]
    whose = MapHolders(
        holders=sorted(told, key=lambda one: -one.ipv4), in_all=known, source=runs.name
    )
    return replace(answer, whose=whose), _placed(viewed, hit, others)


def names_of_layers(
    answer: MapAnswer, facts: Iterable[LayerFact], layers: Iterable[IntervalSet]
) -> list[Label]:
    """The names of a case's own colours, each on its largest patch."""
    viewed = IPv4Network(answer.network)
    parts = [
        (fact.key, within(held, int(viewed[0]), answer.addresses))
        for fact, held in zip(facts, layers, strict=True)
        if fact.key != "others"
    ]
    return _placed(viewed, [(name, part) for name, part in parts if part], [])


def _holder(name: str | None, ipv4: int, whole: int) -> MapHolder:
    return MapHolder(holder=name, ipv4=ipv4, share=ipv4 / whole)


def _united(parts: Iterable[IntervalSet]) -> IntervalSet:
    found = list(parts)
    starts = np.concatenate([np.empty(0, np.uint64), *(one.starts for one in found)])
    return IntervalSet.of(
        starts, np.concatenate([np.empty(0, np.uint64), *(one.ends for one in found)])
    )


def _sizes(
    starts: Points, ends: Points, holder: NDArray[np.int32], n_names: int
) -> NDArray[np.int64]:
    sizes = np.zeros(n_names, np.int64)
    np.add.at(sizes, holder, (ends - starts).astype(np.int64))
    return sizes


def _placed(
    viewed: IPv4Network,
    listed: Iterable[tuple[str, IntervalSet]],
    others: Iterable[tuple[str, IntervalSet]],
) -> list[Label]:
    """Names where they cover no other: of the listed always, of others where they fit inside."""
    taken: list[Box] = []
    found: list[Label] = []
    wanted = [(*one, LISTED_SIZE, True) for one in listed] + [
        (*one, OTHERS_SIZE, False) for one in others
    ]
    for name, held, size, hit in wanted:
        text = name if len(name) <= LONGEST else f"{name[: LONGEST - 1].rstrip()}…"
        width, height = len(text) * LETTER * size, LINE * size
        for patch in _patches(viewed, held):
            if not hit and (patch.width < width or patch.height < height + OTHERS_SIZE):
                break
            x, y = patch.middle
            leads = hit and len(found) < LEADING
            room = width if leads else width / 2  # on narrow screens those are twice as large
            x = min(max(x, room + 4), SIDE - room - 4)
            y = _beside_numbers(min(max(y, height / 2 + 4), SIDE - height / 2 - 4), height)
            box = Box(x=x - width / 2, y=y - height / 2, width=width, height=height)
            if not any(_meet(box, other) for other in taken):
                taken.append(box)
                found.append(Label(text=text, x=x, y=y, listed=hit, leads=leads))
                break
    return found


def _beside_numbers(y: float, height: float) -> float:
    """The middle of a line that leaves free the numbers at the top of each small square."""
    row = y // CELL * CELL
    return min(max(y, row + NUMBERS + height / 2), row + CELL - height / 2)


def _patches(viewed: IPv4Network, held: IntervalSet) -> Iterator[Box]:
    """The three largest networks of a set, as boxes: they lie in its largest intervals."""
    longest = np.sort(np.argsort(held.starts - held.ends, kind="stable")[:MOST_PATCHES])
    networks, lengths = cover(IntervalSet(held.starts[longest], held.ends[longest]))
    for one in np.argsort(lengths, kind="stable")[:3].tolist():
        yield box_of(viewed, IPv4Network((int(networks[one]), int(lengths[one]))))


def _meet(one: Box, other: Box) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )
