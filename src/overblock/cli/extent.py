"""``overblock extent``: how much address space a register or a file lists, and under what."""

from datetime import datetime
from pathlib import Path
from typing import get_type_hints

import click

from overblock.cli._columns import RowsOf
from overblock.cli._options import MOMENT, TOP, Render, format_option, store_option

GROUPINGS = (
    "kind",
    "decision",
    "authority",
    "holder",
    "origin-as",
    "country",
    "service",
    "prefix",
)


@click.command("extent")
@click.argument("register")
@click.option("--at", type=MOMENT, default="now", show_default=True, help="Moment, in UTC.")
@click.option(
    "--by",
    type=click.Choice(GROUPINGS),
    default="decision",
    show_default=True,
    help="What to group the addresses by.",
)
@click.option("--source", help="Read REGISTER, a file, as this source would.")
@click.option(
    "--top", type=TOP, default=20, show_default=True, help="Groups to print; 0 prints all."
)
@store_option
@format_option
def command(
    *,
    register: str,
    at: datetime,
    by: str,
    source: str | None,
    top: int,
    store: Path,
    render: Render,
) -> None:
    """Show how many addresses REGISTER lists at one moment, largest group first.

    REGISTER is a register of the observatory or a file. An address counts once, however many
    entries list it; a network counts in full. Groups may overlap.

    \b
    Examples:
      overblock extent dump.csv.xz
      overblock extent ru_zapret_csv --at 2015-06-01 --by authority
      overblock extent dump.csv.xz --by holder --format json | jq '.groups[0]'
    """
    from overblock.cli import _extent
    from overblock.reports.answers import Group
    from overblock.reports.flat import extent_rows

    answer = _extent.ask(register, at, by, source, store)

    def rows() -> RowsOf:
        repeated = {"register": str, "at": datetime, "digest": str, "by": str}
        return RowsOf(repeated | get_type_hints(Group), extent_rows(answer))

    render(answer, rows, lambda: _extent.show(answer, top))
