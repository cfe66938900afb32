"""Pictures of the map, against drawing them in a loop, as maps of this kind usually are.

``python benchmarks/bench_map.py`` prints a row for each: work, ours, peer, ratio, target.
``--small`` does the same on little, so that CI notices when it rots.  Every row first checks that
both sides count the same addresses in every cell.
"""

import argparse
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import numpy as np
import polars as pl

from bench_addresses import read_register
from overblock.addresses.codec import parse_addresses
from overblock.addresses.coverage import NEVER
from overblock.addresses.intervals import IntervalSet
from overblock.addresses.squares import Square, count_cells
from overblock.reports.maps.answer import map_answer
from overblock.reports.maps.subjects import KINDS, apart_by_kind
from overblock.reports.maps.tiles import TILE_ORDER, draw_square
from overblock.reports.maps.timeline import (
    DecisionFact,
    MapSubject,
    Standing,
    Timeline,
    timeline_of,
)
from timing import SEED, best_of, print_row

BEGIN = datetime(2018, 5, 5, 13, 25, tzinfo=UTC)
PLACES = {"all of IPv4": (0, 0), "52.0.0.0/8": (52 << 24, 4), "52.58.0.0/16": (3409575936, 8)}
TARGETS = (20, 10, 1)  # times as fast as the loop, which draws nothing of what it counted
N_ACTS = 500


@dataclass(frozen=True, slots=True)
class Register:
    """The register of 2018-05-05, or a seeded stand-in."""

    name: str
    words: list[str]  # networks as they are written
    timeline: Timeline


def load(n_words: int | None) -> Register:
    """Half of it as ordered, half as attached, under decisions by lot."""
    name, words = read_register()
    rng = np.random.default_rng(SEED)
    words = words if n_words is None else rng.choice(words, n_words).tolist()
    found = parse_addresses(pl.Series(words)).drop_nulls("ipv4_from")
    n_found = len(found)
    frame = found.select(
        "ipv4_from",
        "ipv4_until",
        begins=pl.lit(int(BEGIN.timestamp()) * 1_000_000),
        until=pl.lit(NEVER),
        group=pl.Series(rng.integers(0, 2, n_found)),
        decision=pl.Series(rng.integers(0, N_ACTS, n_found)),
    )
    subject = MapSubject(
        subject="register",
        name="bench",
        title=name,
        layers=KINDS,
        apart=apart_by_kind,
        decisions=tuple(DecisionFact(number=f"{n}", date=None, authority=None) for n in range(500)),
        known_from=BEGIN,
        standing=lambda _: Standing(),
    )
    return Register(name, words, timeline_of(subject, frame))


def count_in_a_loop(held: IntervalSet, square: Square, order: int) -> list[list[int]]:
    """The same by hand: each network as an object, each of its cells by the textbook's d2xy."""
    side, level = 1 << order, square.level + order
    shift = 2 * (16 - level)
    counts = [[0] * side for _ in range(side)]
    first, last = square.first, square.first + square.size - 1
    for start, end in zip(held.starts.tolist(), held.ends.tolist(), strict=True):
        if end <= first or start > last:
            continue
        ends = ipaddress.IPv4Address(start), ipaddress.IPv4Address(end - 1)
        for network in ipaddress.summarize_address_range(*ends):
            low, high = int(network[0]), int(network[-1])
            for cell in range(max(low, first) >> shift, (min(high, last) >> shift) + 1):
                x, y = d2xy(level, cell)
                begin, stop = cell << shift, (cell + 1 << shift) - 1
                part = min(high, stop) - max(low, begin) + 1
                counts[y - square.y * side][x - square.x * side] += part
    return counts


def count_layers(
    layers: Sequence[IntervalSet], square: Square, order: int
) -> list[list[list[int]]]:
    return [count_in_a_loop(one, square, order) for one in layers]


def d2xy(order: int, index: int) -> tuple[int, int]:
    """Column and row of a place on the curve, a level at a time."""
    x = y = 0
    for level in range(order):
        right = index >> 1 & 1
        down = (index ^ right) & 1
        if not down:
            if right:
                x, y = (1 << level) - 1 - x, (1 << level) - 1 - y
            x, y = y, x
        x += right << level
        y += down << level
        index >>= 2
    return x, y


def draw_tiles(register: Register, times: int) -> None:
    timeline = register.timeline
    change = timeline.change_before(BEGIN)
    layers = timeline.layers_at(change)
    for target, (place, (first, level)) in zip(TARGETS, PLACES.items(), strict=True):
        square = Square.of_network(first, level)
        order = min(TILE_ORDER, 16 - level)
        ours, _ = best_of(times, partial(draw_square, timeline, change, square, TILE_ORDER))
        peer, counted = best_of(1, partial(count_layers, layers, square, order))
        for one, by_hand in zip(layers, counted, strict=True):
            assert count_cells(one, square, order).tolist() == by_hand
        work = f"a tile of {place}, 512 pixels, as PNG: {register.name}"
        print_row(work, ours, ("counting it in a loop over ipaddress", peer), target)


def answer_views(register: Register, times: int) -> None:
    for place in PLACES:
        network = "" if place == "all of IPv4" else place
        ours, _ = best_of(times, partial(map_answer, register.timeline, BEGIN, network))
        print(
            f"the answer about {place}, of {N_ACTS} decisions | {ours * 1000:,.0f} ms | | | 50 ms"
        )


def main(*, small: bool) -> None:
    register = load(2_000 if small else None)
    times = 1 if small else 7
    draw_tiles(register, times)
    answer_views(register, times)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="little work, for CI")
    main(small=parser.parse_args().small)
