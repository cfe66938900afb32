"""A register's history parted by holder, in one sweep, against parting each of its states.

``python benchmarks/bench_register_lines.py`` prints a row: work, ours, the plain way, ratio,
target.  ``--small`` does the same on a small made-up register, so that CI notices when it rots.
The plain way has the table of holders laid out beforehand and parts the union of each state; it
is timed on some states and scaled to all, and at these both must give the same.
"""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl

from history_world import make_register_history
from overblock.addresses.prefixes import split_by
from overblock.holders.join import LaidOut, keys
from overblock.pipeline.holding import ingest_bundled_holders
from overblock.pipeline.ingest import Ingest
from overblock.registers.extent import alive_at, ipv4_set
from overblock.reports.registers.lines import LinesAnswer, register_lines
from overblock.reports.registers.moments import register_moments
from overblock.reports.tables_at_hand import HolderTable, holder_table
from overblock.sources import find_source
from overblock.store import Store, View
from overblock.tables import GAPS, LISTINGS
from timing import SHARED, best_of

NAME = "ru_zapret_csv"
BUNDLE = SHARED / "data" / "zi-2012-2015.bundle"
LEAST_TIMES = 20
EVERYONE = 1_000_000  # lines: all of them, so that both can be compared


def observatory(folder: Path, *, small: bool) -> Store:
    """The register with all its states, and the table of holders that comes along."""
    store = Store.create(folder / "observatory")
    real = not small and BUNDLE.exists()
    history = BUNDLE if real else make_register_history(folder)
    ingest_bundled_holders(store)
    Ingest(store=store, source=find_source(NAME), now=datetime.now(UTC)).run([str(history)])
    return store


def in_one_sweep(view: View) -> LinesAnswer:
    return register_lines(view, NAME, "holder", most=EVERYONE)


def state_by_state(
    view: View, laid: LaidOut, holders: HolderTable, moments: list[datetime]
) -> list[dict[str | None, int]]:
    """How much each holder has at each moment: the union of what stands, cut at their edges."""
    listed, gaps = view.read(LISTINGS, NAME), view.read(GAPS, NAME)
    names = keys(holders.ranges, "holder")
    found = []
    for at in moments:
        held = ipv4_set(alive_at(listed, gaps, at).filter("confirmed"))
        (layer,) = laid.layers
        starts, ends, rows = split_by(held, *layer.flatten())
        parts = pl.DataFrame({"key": names.gather(rows), "ipv4": ends - starts})
        sums = dict(parts.group_by("key").agg(pl.col("ipv4").sum()).iter_rows())
        nobody = held.size - int(np.sum(ends - starts))
        found.append(sums | {None: sums.get(None, 0) + nobody})
    return found


def told_at(answer: LinesAnswer, at: datetime) -> dict[str | None, int]:
    """What the lines say of a moment."""
    last = {line.key: [p.ipv4 for p in line.points if p.at <= at] for line in answer.lines}
    return {key: sizes[-1] for key, sizes in last.items() if sizes and sizes[-1]}


def main(*, small: bool) -> None:
    with TemporaryDirectory() as folder:
        view = observatory(Path(folder), small=small).view()
        moments = register_moments(view, NAME).at
        some = moments[:: max(len(moments) // (5 if small else 25), 1)]
        ours, answer = best_of(2 if small else 5, lambda: in_one_sweep(view))
        holders = holder_table(view, moments[-1], "holder")
        laid = LaidOut.of(holders.ranges, "holder")
        peer, found = best_of(2, lambda: state_by_state(view, laid, holders, some))
        for at, sizes in zip(some, found, strict=True):
            assert told_at(answer, at) == {key: n for key, n in sizes.items() if n}, at
        peer *= len(moments) / len(some)
        print(
            f"history by holder of {len(moments):,} states of {'a made-up' if small else 'the'}"
            f" register, {answer.lines_in_all:,} holders | ours {ours * 1000:,.0f} ms"
            f" | state by state ({len(some)} timed, scaled) {peer * 1000:,.0f} ms"
            f" | {peer / ours:.1f} x | target {LEAST_TIMES} x"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="little work, for CI")
    main(small=parser.parse_args().small)
