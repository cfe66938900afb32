"""``overblock dead``: listed addresses that hit others than the sites that their orders name."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from overblock.cli._columns import RowsOf, rows_of
from overblock.cli._options import DAY_BEGINS, MOMENT, TOP, Render, format_option, store_option
from overblock.cli._text import counted, plain
from overblock.store import Store, View

if TYPE_CHECKING:
    from overblock.reports.collateral.dead_by_names import DeadByNames
    from overblock.reports.collateral.dead_orders import DeadAddress, DeadOrdersAnswer, SignCount

MOST_HOSTS = 2  # printed of one address
WORDS = {
    "shared": "shared: attached under entries that name different sites at the same time",
    "left_behind": "left behind: every named host was listed anew elsewhere, the address stayed",
    "corrected": "corrected: an entry's first addresses, all taken back within a day",
}


@click.command("dead")
@click.argument("register")
@click.option("--from", "begins", type=DAY_BEGINS, help="First moment; the first snapshot if left.")
@click.option("--to", "ends", type=MOMENT, default="now", show_default=True, help="Last moment.")
@click.option(
    "--names",
    "files",
    multiple=True,
    help="Names with their addresses: a file, or - for stdin; else those of the observatory.",
)
@click.option(
    "--top", type=TOP, default=10, show_default=True, help="Addresses to print; 0 prints all."
)
@store_option
@format_option
def command(
    *,
    register: str,
    begins: datetime | None,
    ends: datetime,
    files: tuple[str, ...],
    top: int,
    store: Path,
    render: Render,
) -> None:
    """Show addresses that REGISTER listed although they hit others than the sites named.

    Read from the register alone: addresses shared by different sites, left behind by the site, or
    taken back within a day. Where resolutions are at hand, also addresses on which no site lives
    that their entry names. These are signs, no proof: nobody measured them.

    \b
    Examples:
      overblock dead ru_zapret_csv --to 2015-06-30
      overblock dead ru_zapret_csv --format csv > dead.csv
    """
    from overblock.reports.collateral.dead_orders import dead_orders

    def ask(view: View) -> "DeadOrdersAnswer":
        from overblock.cli._names import names_if_any

        names = names_if_any(view, files, ends)
        return dead_orders(view, register, begins=begins, ends=ends, names=names)

    answer = Store.open(store).ask(ask)
    render(answer, lambda: _rows(answer), lambda: _show(answer, top))


def _rows(answer: "DeadOrdersAnswer") -> RowsOf:
    from overblock.reports.collateral.dead_orders import DeadAddress

    found = (row for count in answer.signs for row in count.found)
    return rows_of(DeadAddress, found, first={"register": answer.register})


def _show(answer: "DeadOrdersAnswer", top: int) -> None:
    from overblock.cli import _tables

    console = _tables.console()
    span = f"{answer.from_at:%Y-%m-%d %H:%M} to {answer.to_at:%Y-%m-%d %H:%M} UTC"
    console.print(f"[bold]{plain(answer.register)}[/bold], {span}")
    console.print(_tables.snapshot_line(answer.snapshot))
    console.print(
        "signs from the register alone, of addresses attached to a name or page; nothing measured"
    )
    for count in answer.signs:
        console.print()
        console.print(
            f"[bold]{WORDS[count.sign]}[/bold]\n{count.addresses:,} of {count.attached:,} "
            f"addresses attached in that time ({_tables.share(count.share)})"
        )
        shown = count.found[:top] if top else count.found
        if shown:
            columns, lines = _lines(count, shown)
            console.print(_tables.table(columns, lines))
        if left := len(count.found) - len(shown):
            click.echo(f"… and {counted(left, 'more row')} (--top 0)")
    if answer.by_names is not None:
        console.print()
        _show_by_names(answer.by_names, top)


def _show_by_names(found: "DeadByNames", top: int) -> None:
    from overblock.cli import _tables
    from overblock.cli._collateral import names_line

    console = _tables.console()
    console.print(
        f"[bold]dead: no site that the entry names lives there[/bold], at {found.at:%Y-%m-%d %H:%M}"
    )
    told = ", ".join(f"{count:,} {verdict}" for verdict, count in found.verdicts.items())
    console.print(
        f"{found.dead:,} of {found.attached:,} pairs of an entry and an attached address "
        f"({_tables.share(found.dead_share) or 'none'}): {told}; "
        f"{found.hit_bystanders:,} of the dead hit a bystander",
        soft_wrap=True,
    )
    console.print(names_line(found.names), markup=False)
    shown = found.found[:top] if top else found.found
    if shown:
        lines = [
            [row.address, row.verdict, row.named, f"{row.listed_from:%Y-%m-%d}", row.bystanders,
             row.bystander or ""]
            for row in shown
        ]  # fmt: skip
        columns = ["=address", "/site", "named", "listed", "#bystanders", "the first"]
        console.print(_tables.table(columns, lines))
    if left := len(found.found) - len(shown):
        click.echo(f"… and {counted(left, 'more row')} (--top 0)")


def _lines(
    count: "SignCount", shown: list["DeadAddress"]
) -> tuple[list[str], Iterator[list[object]]]:
    last = "#sites" if count.sign == "shared" else "/instead"
    columns = ["=address", "from (UTC)", "to", "#days", last, "/named"]
    lines: Iterator[list[object]] = (
        [
            row.address,
            f"{row.begins:%Y-%m-%d %H:%M}",
            f"{row.ends:%Y-%m-%d}",
            f"{row.days:,.1f}",
            row.sites if count.sign == "shared" else _first(row.instead, len(row.instead), 1),
            _first(row.hosts, row.hosts_in_all, MOST_HOSTS),
        ]
        for row in shown
    )
    return columns, lines


def _first(values: list[str], in_all: int, most: int) -> str:
    left = in_all - len(values[:most])
    return ", ".join(map(plain, values[:most])) + (f" +{left}" if left else "")
