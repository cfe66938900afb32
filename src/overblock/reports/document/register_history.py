"""What is known of a register's history up to a moment, as a section of the report on it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from overblock.registers.flags import FLAGS
from overblock.reports.answers import Gap
from overblock.reports.document.parts import Block, Paragraph, Phrase, Table, phrase

if TYPE_CHECKING:
    from overblock.reports.document.register_document import Maker

MOST_GAPS = 25  # the longest; the data hold all
DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Snapshots, flags and gaps up to a moment, and where the newest file came from."""

    n_snapshots: int
    n_flagged: int
    flags: Mapping[str, int]  # how many snapshots have each
    first_at: datetime
    last_at: datetime
    gaps: tuple[Gap, ...]  # the longest first
    alone: int | None  # IPv4 addresses that the newest file lists by itself
    name: str | None  # of that file; None: it stands in a history of versions
    told: Mapping[str, Any]
    stamped: bool


def history_of(  # noqa: PLR0913  (what is known comes from several places)
    snapshots: pl.DataFrame,
    gaps: pl.DataFrame,
    *,
    alone: int | None,
    name: str | None,
    told: Mapping[str, Any],
    stamped: bool,
) -> History:
    """The history in rows of `SNAPSHOTS` and `GAPS`."""
    flags = snapshots["flags"].explode().drop_nulls()
    counted = dict(flags.value_counts().iter_rows())
    ends: tuple[datetime, datetime] = snapshots.select(
        first=pl.col("ordered_at").min(), last=pl.col("ordered_at").max()
    ).row(0)
    longest = sorted(
        (Gap(silent_from=row["silent_from"], silent_until=row["silent_until"])
         for row in gaps.iter_rows(named=True)),
        key=lambda gap: (-_seconds(gap), gap.silent_from),
    )  # fmt: skip
    return History(
        n_snapshots=snapshots.height,
        n_flagged=snapshots.filter(pl.col("flags").list.len() > 0).height,
        flags={flag: counted[flag] for flag in FLAGS if flag in counted},
        first_at=ends[0],
        last_at=ends[1],
        gaps=tuple(longest),
        alone=alone,
        name=name,
        told=told,
        stamped=stamped,
    )


def history_blocks(maker: "Maker", history: History) -> Iterator[Block]:
    """How the figures came to be known: snapshots, what is wrong with them, and silences."""
    number = maker.number
    yield Paragraph(
        text=phrase(
            "{snapshots} states of the register from {first} to {last} were read; {flagged} of "
            "them are flagged. A flagged state may add listings and never ends one.",
            snapshots=number("history.snapshots", history.n_snapshots, "snapshots"),
            first=history.first_at,
            last=history.last_at,
            flagged=number("history.flagged", history.n_flagged, "snapshots"),
        )
    )
    if history.flags:
        yield Table(
            name="flags",
            caption=phrase("What is wrong with flagged states"),
            columns=(phrase("flag"), phrase("states"), phrase("meaning")),
            rows=tuple(
                (flag, number(f"history.flag[{flag}]", count, "snapshots"), Phrase(FLAGS[flag]))
                for flag, count in history.flags.items()
            ),
        )
    yield from _unconfirmed(maker)
    if history.alone is not None:
        yield Paragraph(
            text=phrase(
                "The newest file, read by itself, lists {alone} IPv4 addresses; what the history "
                "counts differs from it where files are cut or the register was silent.",
                alone=number("extent.ipv4.newest_file", history.alone),
            )
        )
    yield from _gaps(maker, history)


def _unconfirmed(maker: "Maker") -> Iterator[Block]:
    answer = maker.found.decisions
    if answer.silent is not None:
        yield Paragraph(
            text=phrase(
                "At that moment the register had said nothing since {since}: the figures are its "
                "last word.",
                since=answer.silent.silent_from,
            ),
            strong=True,
        )
    if answer.unconfirmed_ipv4:
        yield Paragraph(
            text=phrase(
                "{unconfirmed} addresses more were listed before a silence of the register and "
                "were not seen since; they are in no figure here.",
                unconfirmed=maker.number("extent.ipv4.unconfirmed", answer.unconfirmed_ipv4),
            )
        )


def _gaps(maker: "Maker", history: History) -> Iterator[Block]:
    days = sum(_seconds(gap) for gap in history.gaps) / DAY_SECONDS
    yield Paragraph(
        text=phrase(
            "Silences of the register, longer than it usually is silent: {gaps}, {days} days in "
            "all. No change in them does not say that nothing was blocked.",
            gaps=maker.number("history.gaps", len(history.gaps), "gaps"),
            days=maker.number("history.silent_days", round(days, 1), "days"),
        )
    )
    if history.gaps:
        yield Table(
            name="gaps",
            caption=phrase("The longest silences"),
            columns=(phrase("from"), phrase("until"), phrase("days")),
            rows=tuple(
                (
                    gap.silent_from,
                    gap.silent_until,
                    maker.number(
                        f"history.gap[{gap.silent_from:%Y-%m-%dT%H:%M:%SZ}].days",
                        round(_seconds(gap) / DAY_SECONDS, 1),
                        "days",
                    ),
                )
                for gap in history.gaps[:MOST_GAPS]
            ),
        )


def custody_blocks(maker: "Maker", history: History) -> Iterator[Block]:
    """Where the newest file came from, and what vouches for when it existed."""
    digest = maker.found.decisions.snapshot.digest or ""
    if history.name is None:
        yield Paragraph(
            text=phrase(
                "The newest state, {digest}, stands in a history of versions, of which the "
                "observatory keeps only the newest by itself.",
                digest=digest,
            )
        )
        return
    yield Paragraph(
        text=phrase(
            "The newest state is {file}, fetched {at}; SHA-256 of what it holds: {digest}.",
            file=history.name,
            at=str(history.told.get("fetched_at", "")) or phrase("nobody knows when"),
            digest=digest,
        )
    )
    yield Paragraph(
        text=phrase("A time stamp of it lies beside it; `overblock verify --roots` checks it.")
        if history.stamped
        else phrase("It has no time stamp.")
    )


def _seconds(gap: Gap) -> float:
    return (gap.silent_until - gap.silent_from).total_seconds() if gap.silent_until else 0.0
