"""``overblock cotenants``: who shares an address with a name, or lives on an address."""

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from overblock.cli._columns import RowsOf
from overblock.cli._options import (
    MOMENT,
    TOP,
    Render,
    Rows,
    format_option,
    open_if_there,
    store_option,
)
from overblock.cli._text import counted, plain
from overblock.store import Store, View

if TYPE_CHECKING:
    from overblock.reports.answers import CoTenants
    from overblock.reports.checks.lookup import Desk
    from overblock.reports.collateral.cotenants import AddressTenants, CotenantsAnswer
    from overblock.reports.collateral.neighbours import Rolls

STDIN = "-"
MOST_ADDRESSES = 8  # printed of one target
MOST_TARGETS = 10_000
COLUMNS = {
    "target": str, "at": datetime, "address": str, "name": str, "by": str, "source": str,
    "dated_at": datetime,
}  # fmt: skip


@click.command("cotenants")
@click.argument("targets", nargs=-1)
@click.option("--at", type=MOMENT, default="now", show_default=True, help="Moment to look at, UTC.")
@click.option(
    "--names",
    "files",
    multiple=True,
    help="Names with their addresses: a file; else those of the observatory.",
)
@click.option(
    "--top", type=TOP, default=6, show_default=True, help="Names to print of each address."
)
@store_option
@format_option
def command(
    *,
    targets: tuple[str, ...],
    at: datetime,
    files: tuple[str, ...],
    top: int,
    store: Path,
    render: Render,
) -> None:
    """Say who shares an address with each TARGET, by resolutions and by the registers.

    A target is an address, a network, a domain or a URL; `-` reads them from stdin, one a line.
    csv and parquet give a row a name.

    \b
    Examples:
      overblock cotenants 69.163.194.239 --at 2013-01-15
      overblock cotenants shop.example --format csv > neighbours.csv
    """
    if STDIN in targets and STDIN in files:
        raise click.UsageError("the targets and the names cannot both come from stdin")
    wanted = list(_targets(targets))
    if not wanted:
        raise click.UsageError("no target: give an address, network, domain or URL, or - for stdin")
    if files and open_if_there(store) is None:  # files answer without an observatory
        answers = _ask(View(store, {}, {}), wanted, at, files)
    else:
        answers = Store.open(store).ask(lambda view: _ask(view, wanted, at, files))
    render(answers, lambda: RowsOf(COLUMNS, _rows(answers)), lambda: _print(answers, top))


def _ask(
    view: View, targets: list[str], at: datetime, files: tuple[str, ...]
) -> "list[CotenantsAnswer]":
    import duckdb

    from overblock.reports.checks.lookup import Desk
    from overblock.reports.collateral.cotenants import Neighbourhood
    from overblock.reports.collateral.neighbours import Rolls

    with duckdb.connect() as connection:
        desk = Desk(connection, view)
        rolls = _of_files(desk, targets, files) if files else Rolls.at_hand(desk, at)
        return list(Neighbourhood(desk, rolls, at, "all").answers(targets))


def _of_files(desk: "Desk", targets: list[str], files: tuple[str, ...]) -> "Rolls":
    from overblock.cli._names import tables_of
    from overblock.reports.collateral.neighbours_in_files import rolls_of
    from overblock.reports.targets import read_target

    return rolls_of(desk, tables_of(files), [read_target(target) for target in targets])


def _targets(given: tuple[str, ...]) -> Iterator[str]:
    lines = (
        line.partition(" #")[0].strip()
        for target in given
        for line in (sys.stdin if target == "-" else [target])
    )
    for number, text in enumerate(line for line in lines if line and not line.startswith("#")):
        if number >= MOST_TARGETS:
            raise click.UsageError(
                f"more than {MOST_TARGETS:,} targets: give them in several calls"
            )
        yield text


def _rows(answers: "list[CotenantsAnswer]") -> Rows:
    for answer in answers:
        for there in answer.addresses:
            found = there.co_tenants
            told = {"resolutions": found.names if found else [], "register": there.attached_for}
            for witness, names in told.items():
                for name in names:
                    yield {
                        "target": answer.target,
                        "at": answer.at,
                        "address": there.address,
                        "name": name,
                        "by": witness,
                        "source": found.source if found and witness == "resolutions" else None,
                        "dated_at": found.dated_at if found and witness == "resolutions" else None,
                    }


def _print(answers: "list[CotenantsAnswer]", top: int) -> None:
    for number, answer in enumerate(answers):
        if number:
            click.echo()
        click.secho(f"{plain(answer.target)} at {answer.at:%Y-%m-%d %H:%M} UTC", bold=True)
        for there in answer.addresses[:MOST_ADDRESSES]:
            _print_address(there, top)
        left = len(answer.addresses[MOST_ADDRESSES:])
        if left:
            click.echo(f"  … and {left:,} more of its addresses (--format csv)")
        if not answer.addresses:
            click.echo("  no address of it is known: neither resolutions nor a register has one")
        click.echo(f"  {_by(answer.co_tenants, answer.age)}")


def _print_address(there: "AddressTenants", top: int) -> None:
    click.echo(f"  {there.address}")
    if there.co_tenants:
        found = there.co_tenants
        click.echo(f"    resolutions: {_first(found.names, found.in_all, top)}")
    click.echo(f"    registers: {_first(there.attached_for, there.attached_for_in_all, top)}")


def _first(names: list[str], in_all: int, top: int) -> str:
    shown = names[:top] if top else names
    left = in_all - len(shown)
    more = f" and {left:,} more" if left else ""
    told = ": " + ", ".join(map(plain, shown)) + more if shown else ""
    return f"{counted(in_all, 'other name')}{told}"


def _by(found: "CoTenants | None", age: float | None) -> str:
    if found is None:
        return "no resolutions at hand know it: `overblock resolve`, or ingest names with addresses"
    if age is None:
        return f"{counted(found.in_all, 'other name')} in all, by {plain(found.source)}, undated"
    days = abs(age) / 86400
    way = "before" if age >= 0 else "after"
    told = f"{days:,.0f} days {way} the moment asked about"
    return f"{counted(found.in_all, 'other name')} in all, by {plain(found.source)}, {told}"
