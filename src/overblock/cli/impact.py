"""``overblock impact``: which names a change of a register hit or freed."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from overblock.cli._options import MOMENT, TOP, Render, format_option, store_option
from overblock.cli._text import plain
from overblock.store import Store, View

if TYPE_CHECKING:
    from overblock.reports.collateral.impact import ImpactAnswer, TopAddress, Turn

WORDS = {
    "hit": "newly hit",
    "freed": "free again",
    "worse": "now fully hit",
    "better": "now only partly hit",
}


@click.command("impact")
@click.argument("register")
@click.option("--from", "begins", type=MOMENT, required=True, help="The earlier moment, in UTC.")
@click.option("--to", "ends", type=MOMENT, required=True, help="The later moment, in UTC.")
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
    "--top", type=TOP, default=8, show_default=True, help="Lines of each table; 0 prints all."
)
@store_option
@format_option
def command(
    *,
    register: str,
    begins: datetime,
    ends: datetime,
    files: tuple[str, ...],
    targets: tuple[str, ...],
    top: int,
    store: Path,
    render: Render,
) -> None:
    """Show which names the changes of REGISTER between two moments hit and freed.

    Also the single addresses and networks on which most of them live, and the decisions that
    listed those. csv and parquet give a row a name.

    \b
    Examples:
      overblock impact ru_zapret_csv --from 2018-04-15 --to 2018-04-17
      overblock impact ru_zapret_csv --from 2014-03-12 --to 2014-03-14 --names resolved.csv
    """
    from overblock.reports.collateral.impact import changed_names, impact_of

    _refuse_backwards(begins, ends)

    def turn(view: View) -> "Turn":
        return _turn(view, register, (begins, ends), files, targets)

    if render.form in {"csv", "parquet"}:
        from overblock.cli._frames import write_frames

        write_frames(render.form, changed_names(turn(Store.open(store).view())))
    else:
        answer = Store.open(store).ask(lambda view: impact_of(turn(view)))
        render(answer, tuple, lambda: _show(answer, top))


def _turn(
    view: View,
    register: str,
    span: tuple[datetime, datetime],
    files: tuple[str, ...],
    targets: tuple[str, ...],
) -> "Turn":
    from overblock.cli._names import canonical_targets, names_of
    from overblock.reports.collateral.impact import Turn

    begins, ends = span
    names, meant = names_of(view, files, ends), canonical_targets(targets)
    return Turn.of(view, register, names, begins=begins, ends=ends, targets=meant)


def _refuse_backwards(begins: datetime, ends: datetime) -> None:
    if begins > ends:
        raise click.UsageError(
            f"--from {begins:%Y-%m-%d %H:%M} lies after --to {ends:%Y-%m-%d %H:%M}"
        )


def _show(answer: "ImpactAnswer", top: int) -> None:
    from overblock.cli import _tables
    from overblock.cli._collateral import names_line
    from overblock.collateral.groups import GROUPS

    console = _tables.console()
    console.print(f"[bold]{plain(answer.register)}[/bold]")
    console.print(f"from {_tables.snapshot_line(answer.from_snapshot)}")
    console.print(f"to   {_tables.snapshot_line(answer.to_snapshot)}")
    console.print(
        f"IPv4 (union): {answer.ipv4_added:,} newly listed, {answer.ipv4_removed:,} no longer"
    )
    console.print(names_line(answer.names), markup=False)
    console.print("exposed, not measured: listed is where they live, not whether they failed\n")
    counts = {(one.change, one.group): one for one in answer.changes}
    lines: list[list[object]] = []
    for change, words in WORDS.items():
        first = counts[change, "bystander"]
        told = f"{first.witness} ({first.witness_address})" if first.witness else ""
        lines.append([words, *(counts[change, group].count for group in GROUPS), told])
    console.print(
        _tables.table(["names", "#bystanders", "#targets", "#parked", "for instance"], lines)
    )
    for title, found in (("address", answer.addresses), ("network", answer.networks)):
        if found:
            console.print()
            console.print(_places(title, found[: top or None]))
    if answer.decisions:
        rows = [
            [f"{one.authority or '?'} {one.decision or 'unknown'}", str(one.decision_date or ""),
             one.ipv4, one.names]
            for one in answer.decisions[: top or None]
        ]  # fmt: skip
        console.print()
        console.print(
            _tables.table(["newly listed under", "decided", "#IPv4", "#names there"], rows)
        )


def _places(title: str, found: "list[TopAddress]") -> object:
    from overblock.cli import _tables

    rows = [
        [one.address, one.names, one.witness or "", ", ".join(map(plain, one.decisions[:2]))]
        for one in found
    ]
    return _tables.table([f"newly listed {title}", "#names there", "the first", "under"], rows)
