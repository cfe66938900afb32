"""``overblock case`` and what ``overblock demo`` shares with it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from overblock.cli._options import Render, Rows, format_option

if TYPE_CHECKING:
    from overblock.reports.case_answer import CaseReport


@click.command("case")
@click.argument("name")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path, file_okay=False), help="Write all of it here."
)
@click.option(
    "--register",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="A register file of that time, to set the case beside.",
)
@click.option("--force", is_flag=True, help="Write over what an earlier run left in --out.")
@format_option
def command(
    name: str, out: Path | None, register: Path | None, render: Render, *, force: bool
) -> None:
    """Replay a documented case: NAME of a bundled one, or a folder of your own.

    Prints one screen; with --out it also writes tables (CSV and Parquet), charts (SVG), the map of
    IPv4 (PNG) and the whole report (JSON).

    \b
    Examples:
      overblock case telegram-2018 -o out/telegram-2018
      overblock case telegram-2018 --register dump.csv.xz
    """
    show_case(name, out, register, render, force=force)


def show_case(
    name: str, out: Path | None, register: Path | None, render: Render, *, force: bool
) -> None:
    """Replay, write if asked, and print."""
    from overblock.cases.loading import load_case
    from overblock.reports.case import replay_case
    from overblock.reports.case_files import write_case

    case = load_case(name)
    if register is None:
        report = replay_case(case)
    else:
        from overblock.cli._files import reading_of

        reading = reading_of(str(register))
        report = replay_case(case, reading.rows, published_at=reading.published_at)
    if out is not None:
        written = write_case(report, out, force=force)
        click.echo(f"written to {written}", err=True)
    render(report, lambda: _rows(report), lambda: _show(report))


def _rows(report: "CaseReport") -> Rows:
    from overblock.reports.case_answer import table

    return table(report, "claims").iter_rows(named=True)


def _show(report: "CaseReport") -> None:
    from overblock.cli import _tables
    from overblock.reports.case_screen import render_case

    _tables.console().print(render_case(report))
