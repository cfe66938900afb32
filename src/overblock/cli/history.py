"""``overblock history``: the extent of a register over time."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from overblock.cli._options import (
    DAY_BEGINS,
    MOMENT,
    Render,
    Rows,
    format_option,
    store_option,
)
from overblock.cli._text import plain
from overblock.store import Store

if TYPE_CHECKING:
    from overblock.reports.registers.history import HistoryAnswer

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
    "--by", type=click.Choice(["kind", "decision", "authority"]), help="One series a group."
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

    \b
    Examples:
      overblock history ru_zapret_csv --from 2014-01-01 --to 2014-12-31
      overblock history ru_zapret_csv --every snapshot --format csv > extent.csv
    """
    from overblock.reports.registers.history import history

    answer = Store.open(store).ask(
        lambda view: history(view, register, begins=begins, ends=ends, every=every, by=by)  # type: ignore[arg-type]  # click has checked both words
    )

    def rows() -> Rows:
        for row in answer.rows:
            yield {name: getattr(row, name) for name in row.__struct_fields__}

    render(answer, rows, lambda: _show(answer))


def _show(answer: "HistoryAnswer") -> None:
    from overblock.cli import _tables

    step = max(1, -(-len(answer.rows) // MOST_LINES))
    shown = answer.rows[::step] if step == 1 else [*answer.rows[:-1:step], answer.rows[-1]]
    most = max((row.ipv4 for row in answer.rows), default=0)
    grouped = answer.by is not None
    lines = [
        [
            row.at,
            *([row.key or "unknown"] if grouped else []),
            row.ipv4,
            _tables.bar(row.ipv4, most, 40),
            ", ".join([*row.flags, *(["silent"] if row.silent else [])]),
        ]
        for row in shown
    ]
    columns = ["at (UTC)", *([f"by {answer.by}"] if grouped else []), "#IPv4", "", "flags"]
    console = _tables.console()
    console.print(f"{plain(answer.register)}: IPv4 addresses listed (union)")
    console.print(_tables.table(columns, lines))
    if step > 1:
        click.echo(f"one line in {step} of {len(answer.rows):,} (--format csv has all)")
    for gap in answer.gaps:
        until = f"{gap.silent_until:%Y-%m-%d %H:%M}" if gap.silent_until else "now"
        click.echo(f"silent from {gap.silent_from:%Y-%m-%d %H:%M} to {until} UTC")
