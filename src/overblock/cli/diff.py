"""``overblock diff``: what changed in a register between two moments."""

from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from overblock.cli._columns import RowsOf, rows_of
from overblock.cli._options import MOMENT, Render, format_option, store_option
from overblock.cli._text import counted, plain
from overblock.store import Store

if TYPE_CHECKING:
    from overblock.reports.registers.diff import DiffAnswer, Side

MOST_GROUPS = 12  # decisions printed on each side
DOUBTS = {  # of what was listed before a silence, and only
    "added": "were listed before a silence too, and have been seen again since",
    "removed": "were listed before a silence and have not been seen since: nobody saw whether they "
    "were taken off",
}


@click.command("diff")
@click.argument("register")
@click.option("--from", "begins", type=MOMENT, required=True, help="The earlier moment, in UTC.")
@click.option("--to", "ends", type=MOMENT, required=True, help="The later moment, in UTC.")
@store_option
@format_option
def command(register: str, begins: datetime, ends: datetime, store: Path, render: Render) -> None:
    """Show what REGISTER listed at one moment and not at the other, by decision.

    \b
    Example:
      overblock diff ru_zapret_csv --from 2014-03-12 --to 2014-03-14
    """
    from overblock.reports.registers.diff import ChangeGroup, diff

    if begins > ends:
        raise click.UsageError(
            f"--from {begins:%Y-%m-%d %H:%M} lies after --to {ends:%Y-%m-%d %H:%M}"
        )
    answer = Store.open(store).ask(lambda view: diff(view, register, begins=begins, ends=ends))

    def rows() -> RowsOf:
        sides = [
            rows_of(ChangeGroup, side.groups, first={"change": word})
            for word, side in (("added", answer.added), ("removed", answer.removed))
        ]
        return RowsOf(sides[0].columns, chain(*sides))

    render(answer, rows, lambda: _show(answer))


def _show(answer: "DiffAnswer") -> None:
    from overblock.cli import _tables

    console = _tables.console()
    console.print(f"[bold]{plain(answer.register)}[/bold]")
    console.print(f"from {_tables.snapshot_line(answer.from_snapshot)}")
    console.print(f"to   {_tables.snapshot_line(answer.to_snapshot)}")
    change = answer.ipv4_after - answer.ipv4_before
    console.print(
        f"IPv4 (union): {answer.ipv4_before:,} before, {answer.ipv4_after:,} after ({change:+,})"
    )
    console.print("IPv6 is not compared: `overblock extent` tells it at each moment")
    for word, side in (("added", answer.added), ("removed", answer.removed)):
        console.print()
        console.print(_headline(word, side))
        if side.unconfirmed_ipv4:
            console.print(f"{side.unconfirmed_ipv4:,} of these addresses {DOUBTS[word]}")
        lines = [
            [
                f"{group.authority or '?'} {group.decision or 'unknown'}",
                str(group.decision_date or "unknown"),
                group.ipv4,
                group.networks,
                group.witness or "",
            ]
            for group in side.groups[:MOST_GROUPS]
        ]
        if lines:
            columns = ["decision", "decided", "#IPv4", "#networks", "for instance"]
            console.print(_tables.table(columns, lines))
        left = len(side.groups) - len(lines)
        if left > 0:
            click.echo(f"… and {counted(left, 'more decision')} (--format csv has all)")


def _headline(word: str, side: "Side") -> str:
    return (
        f"[bold]{word}[/bold]: {side.ipv4:,} IPv4 address{'' if side.ipv4 == 1 else 'es'}, "
        f"{side.entries:,} entr{'y' if side.entries == 1 else 'ies'}, "
        f"{counted(side.names, 'name')}, {counted(side.pages, 'page')}"
    )
