"""``overblock collateral``: which names that nobody named are hit by what is listed."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from overblock.cli._memory import hold_freed_memory
from overblock.cli._options import (
    COUNTRY,
    DAY_BEGINS,
    MOMENT,
    NETWORK,
    TOP,
    Render,
    format_option,
    store_option,
)

SPLITS = ("group", "rule", "holder", "country", "sector", "popularity")
OBSERVED = "observed"
WANTED = ("hit", "bystanders", "targets", "parked", "all")


EXAMPLES = """\b
Examples:
  overblock collateral dump.csv.xz --names resolved.csv
  overblock collateral ru_zapret_csv --at 2018-05-05T14:00 --by holder
  zcat names.txt.gz | overblock collateral dump.csv --names - --format csv > hit.csv
  overblock collateral observed --probe-cc ES --from 2026-03-01 --at 2026-03-02
  overblock collateral blocked.csv --source observed --names resolved.csv
"""


@click.command("collateral", epilog=EXAMPLES)
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
@click.option(
    "--from",
    "begins",
    type=DAY_BEGINS,
    help="With --over-time, or of observed (there a day if left): the first moment.",
)
@click.option("--probe-cc", type=COUNTRY, help="Of observed: blocked in this country.")
@click.option("--asn", "probe_asn", type=NETWORK, help="Of observed: blocked in this network.")
@click.option(
    "--source", help="Read REGISTER, a file, as this source would; observed: as events wrote it."
)
@click.option(
    "--top", type=TOP, default=15, show_default=True, help="Lines to print; 0 prints all."
)
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
    source: str | None,
    top: int,
    store: Path,
    render: Render,
    **chosen: Any,  # noqa: ANN401  (the other options: each is a field of what is chosen)
) -> None:
    """Count the names on addresses that REGISTER lists, and split targets from bystanders.

    REGISTER is a register of the observatory or a file. A name is hit fully if every address it
    resolved to is listed, partly if one is and another is not or is unknown. Targets are named by
    an entry, parked names serve nobody, all others are bystanders.

    REGISTER may be observed: addresses that measurements show to be blocked, listed or not.
    """
    hold_freed_memory()
    from overblock.cli import _collateral

    asked = _collateral.Asked(register, at, files, targets, by, source, store)
    if source == OBSERVED or (register == OBSERVED and not Path(register).exists()):
        from overblock.cli._observed import Chosen, at_once

        if over_time:
            raise click.UsageError("observed addresses have no history: ask for each span")
        at_once(asked, Chosen(**chosen), wanted, top, render)
    elif chosen["probe_cc"] or chosen["probe_asn"]:
        raise click.UsageError("--probe-cc and --asn choose observed addresses alone")
    elif over_time:
        _collateral.over_time(asked, chosen["begins"], top, render)
    else:
        _collateral.at_once(asked, wanted, top, render)
