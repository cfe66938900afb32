"""What ``overblock extent`` does once its words are read; imports the array libraries."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import cast

import click

from overblock.cli import _tables
from overblock.cli._files import is_file, state_of
from overblock.cli._options import open_if_there
from overblock.cli._text import counted, plain
from overblock.errors import UnknownRegister
from overblock.reports.answers import Group
from overblock.reports.registers.extent import OWNERS, ExtentAnswer, Grouping, extent_at
from overblock.reports.registers.states import state_in_store
from overblock.reports.tables_at_hand import HolderTable, holder_table
from overblock.store import Store, View


def ask(register: str, at: datetime, by: str, source: str | None, store: Path) -> ExtentAnswer:
    """The extent of a file, or of a register of the observatory at ``store``."""
    grouping, there = cast("Grouping", by), open_if_there(store)
    if is_file(register):
        state = state_of(register, source)
        moment = state.snapshot.published_at or at
        view = there.view() if there else None
        return extent_at(state, grouping, _holders(view, moment, by))
    if there is None:
        raise UnknownRegister(f"{register!r} is no file, and there is no observatory at {store}")

    def answer(view: View) -> ExtentAnswer:
        state = state_in_store(view, register, at)
        return extent_at(state, grouping, _holders(view, at, by))

    return Store.open(store).ask(answer)


def _holders(view: View | None, at: datetime, by: str) -> HolderTable | None:
    """The tables that say whose addresses are, where that is asked."""
    return holder_table(view, at, OWNERS[by]) if by in OWNERS else None


def show(answer: ExtentAnswer, top: int) -> None:
    """Print totals, then groups."""
    console = _tables.console()
    console.print(f"[bold]{plain(answer.register)}[/bold]")
    console.print(_tables.snapshot_line(answer.snapshot))
    ipv4, ipv6 = answer.ipv4, answer.ipv6
    console.print(
        f"[bold]{ipv4.all:,}[/bold] IPv4 addresses listed (union): "
        f"{ipv4.ordered:,} ordered, {ipv4.attached:,} attached to a name or page"
    )
    console.print(f"IPv6: {ipv6.prefixes:,} prefixes, {ipv6.slash64s:,} /64s")
    for note in _notes(answer):
        console.print(note)
    shown = answer.groups[:top] if top else answer.groups
    most = max((group.ipv4 for group in answer.groups), default=0)
    columns = ["by " + answer.by, "#IPv4", "#share", "", "#networks"]
    if answer.by == "decision":
        columns += ["decided", "#days before" if _dated(answer) else "#days old"]
    cells = [_cells(answer, group, most) for group in shown]
    console.print()
    console.print(_tables.table(columns, cells))
    if len(shown) < len(answer.groups):
        left = counted(len(answer.groups) - len(shown), "more group")
        click.echo(f"… and {left} (--top 0)")


def _cells(answer: ExtentAnswer, group: Group, most: int) -> list[object]:
    name = group.key if group.key is not None else "unknown"
    if answer.by == "decision":
        name = f"{group.authority or '?'} {name}"
    line: list[object] = [
        name,
        group.ipv4,
        _tables.share(group.share),
        _tables.bar(group.ipv4, most, 16),
        group.networks,
    ]
    if answer.by == "decision":
        days = group.decided_days_before
        old = 2 * (group.reused_ipv4 or 0) > group.ipv4
        line += [
            str(group.decision_date or "unknown"),
            f"{days:,}{' !' if old else '  '}" if days is not None else "",
        ]
    return line


def _dated(answer: ExtentAnswer) -> bool:
    return any(group.since for group in answer.groups)


def _notes(answer: ExtentAnswer) -> Iterator[str]:
    if answer.unconfirmed_ipv4:
        yield (
            f"{answer.unconfirmed_ipv4:,} more were listed before the register last fell silent "
            "and have not been seen since: not counted"
        )
    if answer.silent:
        yield f"the register said nothing from {answer.silent.silent_from:%Y-%m-%d %H:%M} UTC on"
    if answer.holders_from:
        yield f"holders by {answer.holders_from}"
    if answer.by == "decision" and answer.undated_ipv4:
        yield (
            f"{answer.undated_ipv4:,} of all were first seen after more than a day without a whole "
            "snapshot: their days before are upper bounds"
        )
    if answer.by == "decision":
        yield "! marks a decision most of whose addresses were listed more than a year after it"
