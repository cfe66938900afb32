"""``overblock history``: the extent of a register over time."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from overblock.cli._options import (
    DAY_BEGINS,
    MOMENT,
    Render,
    format_option,
    store_option,
)
from overblock.cli._text import plain
from overblock.store import Store

if TYPE_CHECKING:
    import polars as pl

    from overblock.reports.registers.history import HistoryRow, Sampled

MOST_LINES = 60  # of a table without a chosen span; more is thinned out, and said


@click.command("history")
@click.argument("register")
@click.option("--from", "begins", type=DAY_BEGINS, help="First moment; the first snapshot if left.")
@click.option("--to", "ends", type=MOMENT, default="now", show_default=True, help="Last moment.")
@click.option(
    "--every",
    type=click.Choice(["snapshot", "hour", "day"]),
    default="day",
    show_default=True,
    help="How often to look: at each snapshot, or at the end of each hour or day (UTC).",
)
@click.option(
    "--by",
    type=click.Choice(
        ["kind", "decision", "authority", "holder", "country", "origin-as", "service"]
    ),
    help="One series a group.",
)
@store_option
@format_option
def command(
    *,
    register: str,
    begins: datetime | None,
    ends: datetime,
    every: str,
    by: str | None,
    store: Path,
    render: Render,
) -> None:
    """Show how many IPv4 addresses REGISTER listed at each moment.

    A cut or shrunken snapshot never reads as unblocking; silences of the source are marked.
    Whose an address is, one dated table says for all of the time, and is named.

    \b
    Examples:
      overblock history ru_zapret_csv --from 2014-01-01 --to 2014-12-31
      overblock history ru_zapret_csv --every snapshot --format csv > extent.csv
      overblock history ru_zapret_csv --by holder --format parquet > holders.parquet
    """
    from overblock.reports.registers.history import sampled

    if begins and begins > ends:
        raise click.UsageError(
            f"--from {begins:%Y-%m-%d %H:%M} lies after --to {ends:%Y-%m-%d %H:%M}"
        )

    told = Store.open(store).ask(
        lambda view: sampled(view, register, begins=begins, ends=ends, every=every, by=by)  # type: ignore[arg-type]  # click has checked both words
    )
    _write(told, render)


def _write(told: "Sampled", render: Render) -> None:
    if render.form == "csv" or render.form == "parquet":  # noqa: PLR1714  (mypy narrows only this form)
        from overblock.cli._frames import write_frames

        write_frames(
            render.form, map(_flat, told.frames()) if render.form == "csv" else told.frames()
        )
    elif render.form == "json":
        from overblock.cli._frames import write_json

        write_json(told.without_rows(), "rows", told.parts())
    else:
        _show(told)


def _called(row: "HistoryRow", by: str) -> list[str]:
    """A group by its name; a decision by its authority and day, too, as `extent` does."""
    name = row.key or "unknown"
    if by != "decision":
        return [name]
    return [f"{row.authority or '?'} {name}", str(row.decision_date or "unknown")]


def _flat(rows: "pl.DataFrame") -> "pl.DataFrame":
    """Rows whose flags stand in one cell; none are an empty one."""
    import polars as pl

    joined = pl.col("flags").list.join(" | ")
    return rows.with_columns(flags=pl.when(joined != "").then(joined))


def _show(told: "Sampled") -> None:
    import numpy as np

    from overblock.cli import _tables

    step = max(1, -(-len(told) // MOST_LINES))
    places = np.arange(len(told))
    shown = told.rows(places if step == 1 else np.append(places[:-1:step], places[-1:]))
    most = int(told.ipv4.max(initial=0))
    heads = [f"by {told.by}", "decided"] if told.by == "decision" else [f"by {told.by}"]
    lines = [
        [
            row.at,
            *(_called(row, told.by) if told.by else []),
            row.ipv4,
            _tables.bar(row.ipv4, most, 40),
            ", ".join([*row.flags, *(["silent"] if row.silent else [])]),
        ]
        for row in shown
    ]
    columns = ["at (UTC)", *(heads if told.by else []), "#IPv4", "", "flags"]
    console = _tables.console()
    console.print(f"{plain(told.register)}: IPv4 addresses listed (union)")
    console.print(_tables.table(columns, lines))
    if told.holders_from:
        click.echo(f"holders by {told.holders_from}, for all of the time")
    if step > 1:
        click.echo(f"one line in {step} of {len(told):,} (--format csv has all)")
    for gap in told.gaps:
        until = f"{gap.silent_until:%Y-%m-%d %H:%M}" if gap.silent_until else "now"
        click.echo(f"silent from {gap.silent_from:%Y-%m-%d %H:%M} to {until} UTC")
