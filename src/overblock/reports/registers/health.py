"""Whether a register can be believed at a moment: how fresh its newest state is, and how whole.

What is here for many items at once, `overblock.reports.checks.check` asks for one; both say the
same.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import polars as pl

from overblock.errors import UnknownRegister
from overblock.reports.answers import Gap
from overblock.reports.checks.check import SILENT_SECONDS, SourceAnswer
from overblock.store import View
from overblock.tables import GAPS, LISTINGS, SNAPSHOTS

NOTHING_YET = "no snapshot"
WHOLE = pl.col("digest").is_not_null() & (pl.col("flags").list.len() == 0)
APPLIED = pl.col("digest").is_not_null() & ~pl.col("flags").list.contains("duplicate")


def registers_here(view: View, wanted: Sequence[str] = ()) -> list[str]:
    """The registers of an observatory, or those wanted of them.

    Raises:
        UnknownRegister: one that is wanted is not there.
    """
    known = [name for name in view.partitions(LISTINGS) if view.paths(SNAPSHOTS, name)]
    for name in wanted:
        if name not in known:
            listed = ", ".join(known) or "none yet"
            raise UnknownRegister(f"no register here is called {name!r}; registers: {listed}")
    return sorted(set(wanted)) if wanted else known


def source_answer(view: View, register: str, at: datetime) -> SourceAnswer:
    """How fresh a register was at a moment."""
    states = _read_states(view, register, at)
    newest = states.filter(APPLIED).tail(1)
    if newest.is_empty():
        return SourceAnswer(
            register=register, snapshot=None, published_at=None, age=None, flags=[], silent=None
        )
    row = newest.row(0, named=True)
    published: datetime = row["published_at"]
    return SourceAnswer(
        register=register,
        snapshot=row["digest"],
        published_at=published,
        age=(at - published) / timedelta(seconds=1),
        flags=row["flags"],
        silent=_silence(view, register, published, at),
        whole_at=states.filter(WHOLE)["ordered_at"].max(),  # type: ignore[arg-type]  # instants
    )


def doubt(view: View, answer: SourceAnswer, at: datetime) -> str | None:
    """Why what a register no longer lists cannot be believed to be free; None if it can.

    Every flag of its newest state is a doubt, and so is any later state that could not be
    applied.  That the very same state was published once more is none.
    """
    if answer.published_at is None:
        return NOTHING_YET
    flags = list(answer.flags)
    states = _read_states(view, answer.register, at).with_row_index("place")
    later = states.filter(pl.col("place") > states.filter(APPLIED)["place"].tail(1).item())
    for row in later.iter_rows(named=True):
        again = row["digest"] == answer.snapshot
        flags += [flag for flag in row["flags"] if not (again and flag == "duplicate")]
    doubts = sorted(set(flags))
    if answer.silent:
        doubts.insert(0, f"silent since {answer.silent.silent_from:%Y-%m-%d %H:%M} UTC")
    return ", ".join(doubts) or None


def _read_states(view: View, register: str, at: datetime) -> pl.DataFrame:
    """All states up to a moment, in the order they were taken."""
    return (
        view.read(SNAPSHOTS, register)
        .filter(pl.col("ordered_at") <= at)
        .sort("ordered_at", maintain_order=True)
    )


def _silence(view: View, register: str, published: datetime, at: datetime) -> Gap | None:
    gaps = view.read(GAPS, register).filter(
        (pl.col("silent_from") <= at) & (pl.col("silent_until") > at)
    )
    if not gaps.is_empty():
        row = gaps.row(0, named=True)
        return Gap(silent_from=row["silent_from"], silent_until=row["silent_until"])
    patience = view.facts.get(register, {}).get("silent_after", SILENT_SECONDS)
    if at - published > timedelta(seconds=patience):
        return Gap(silent_from=published, silent_until=None)
    return None
