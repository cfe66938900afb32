"""A register's history parted by holder, and by decision day by day, against plainer ways.

``python benchmarks/bench_register_lines.py`` prints two rows: work, ours, the plain way, ratio,
target.  ``--small`` does the same on a small made-up register, so that CI notices when it rots.
By holder, the plain way has the table of holders laid out beforehand and parts the union of each
state; it is timed on some states and scaled to all, and at these both must give the same.  By
decision, it looks up every decision on every day, and both must give the same rows.
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
from overblock.registers.extent import alive_at, extent_series, ipv4_set
from overblock.reports.registers.history import sampled
from overblock.reports.registers.lines import LinesAnswer, register_lines
from overblock.reports.registers.moments import register_moments
from overblock.reports.tables_at_hand import HolderTable, holder_table
from overblock.sources import find_source
from overblock.store import Store, View
from overblock.tables import GAPS, LISTINGS
from timing import SHARED, best_of, print_row

NAME = "ru_zapret_csv"
BUNDLE = SHARED / "data" / "zi-2012-2015.bundle"
LEAST_TIMES = 20
LEAST_BY_DAY = 2
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


def by_the_day(view: View, ends: datetime) -> pl.DataFrame:
    return pl.concat(sampled(view, NAME, begins=None, ends=ends, by="decision").frames())


def act(number: str) -> pl.Expr:
    """A decision as one text: its number in one spelling, its date and who made it."""
    spelt = pl.col(number).str.replace_all(r"\s{2,}", " ")
    parts = (spelt, pl.col("decision_date").cast(pl.String), pl.col("authority"))
    return pl.concat_str([part.fill_null("") for part in parts], separator="\n").alias("act")


def each_on_each_day(view: View, days: pl.Series) -> pl.DataFrame:
    """The newest size of every decision on every day, whether it lists anything or not."""
    listed = view.read(LISTINGS, NAME).with_columns(act("decision_number"))
    series = extent_series(listed, view.read(GAPS, NAME), "act")
    crossed = days.to_frame().join(series.select("key").unique(), how="cross").sort("at")
    held = crossed.join_asof(series.sort("at"), on="at", by="key", check_sortedness=False)
    return held.filter(pl.col("ipv4") > 0)


def print_by_day(view: View, ends: datetime, *, small: bool) -> None:
    """The second row."""
    ours, told = best_of(2 if small else 3, lambda: by_the_day(view, ends))
    days = told["at"].unique().sort()
    peer, found = best_of(1, lambda: each_on_each_day(view, days))
    same = ["at", "ipv4", "act"]
    held = told.with_columns(act("key")).select(same).sort(same)
    assert held.equals(found.select("at", pl.col("ipv4").cast(pl.Int64), act="key").sort(same))
    print_row(
        f"history by decision of {len(days):,} days, {len(told):,} rows",
        ours,
        ("every decision on every day", peer),
        LEAST_BY_DAY,
    )


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
        print_by_day(view, moments[-1], small=small)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="little work, for CI")
    main(small=parser.parse_args().small)
