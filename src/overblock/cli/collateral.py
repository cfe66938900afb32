"""``overblock collateral``: which names that nobody named are hit by what is listed."""

from datetime import datetime
from pathlib import Path

import click

from overblock.cli._options import DAY_BEGINS, MOMENT, Render, format_option, store_option

SPLITS = ("group", "rule", "holder", "country", "sector", "popularity")
WANTED = ("hit", "bystanders", "targets", "parked", "all")


@click.command("collateral")
@click.argument("register")
@click.option("--at", type=MOMENT, default="now", show_default=True, help="Moment, in UTC.")
@click.option(
    "--names",
    "files",
    multiple=True,
    help="Names with their addresses: a file, or - for stdin; else those of the observatory.",
)
@click.option(
    "--target",
    "targets",
    multiple=True,
    help="A name that was meant though no entry names it; what lies below it too.",
)
@click.option(
    "--by",
    type=click.Choice(SPLITS),
    default="group",
    show_default=True,
    help="What to split the names by, besides who was meant.",
)
@click.option(
    "--list",
    "wanted",
    type=click.Choice(WANTED),
    help="Print names instead of figures; csv and parquet always do, those hit if left.",
)
@click.option("--over-time", is_flag=True, help="How many were hit, at every change until --at.")
@click.option("--from", "begins", type=DAY_BEGINS, help="With --over-time: the first moment.")
@click.option("--source", help="Read REGISTER, a file, as this source would.")
@click.option("--top", default=15, show_default=True, help="Lines to print; 0 prints all.")
@store_option
@format_option
def command(
    *,
    register: str,
    at: datetime,
    files: tuple[str, ...],
    targets: tuple[str, ...],
    by: str,
    wanted: str | None,
    over_time: bool,
    begins: datetime | None,
    source: str | None,
    top: int,
    store: Path,
    render: Render,
) -> None:
    """Count the names on addresses that REGISTER lists, and split targets from bystanders.

    REGISTER is a register of the observatory or a file. A name is hit fully if every address it
    resolved to is listed, partly if one is and another is not or is unknown. Targets are named by
    an entry, parked names serve nobody, all others are bystanders.

    \b
    Examples:
      overblock collateral dump.csv.xz --names resolved.csv
      overblock collateral ru_zapret_csv --at 2018-05-05T14:00 --by holder
      zcat names.txt.gz | overblock collateral dump.csv --names - --format csv > hit.csv
    """
    from overblock.cli import _collateral

    asked = _collateral.Asked(register, at, files, targets, by, source, store)
    if over_time:
        _collateral.over_time(asked, begins, top, render)
    else:
        _collateral.at_once(asked, wanted, top, render)
