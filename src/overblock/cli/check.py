"""``overblock check``: one answer for one address, network, name or page.

Text from registers is hostile: it is printed as plain text, control signs made visible.
"""

import os
import shlex
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

import click

from overblock.cli._columns import RowsOf
from overblock.cli._options import MOMENT, Render, format_option, store_option
from overblock.cli._text import counted, plain
from overblock.errors import BadAddress
from overblock.reports.answers import CoTenants
from overblock.reports.checks.check import CheckAnswer, EntryAnswer, SourceAnswer, check, is_sharp
from overblock.reports.flat import check_rows
from overblock.reports.targets import read_target
from overblock.store import Store

MOST_TARGETS = 100_000
MOST_ENTRIES = 12  # printed of one target; --format json has them all
MOST_NAMES = 3  # printed of one entry
FEW_HOURS = 72  # beyond it, an age is told in days
FOUND = 1
COLUMNS = {  # of `check_rows`
    "target": str, "listed": bool, "kind": str, "since": datetime, "until": datetime,
    "decisions": list[str], "entries": int, "co_listed": int, "co_tenants": int, "holder": str,
    "level": str,
}  # fmt: skip


@click.command("check")
@click.argument("targets", nargs=-1)
@click.option("--at", type=MOMENT, default="now", show_default=True, help="Moment to look at, UTC.")
@click.option(
    "--exit-code", is_flag=True, help="Exit with 1 if any target is listed, for scripts and cron."
)
@store_option
@format_option
def command(
    targets: tuple[str, ...], at: datetime, store: Path, render: Render, *, exit_code: bool
) -> None:
    """Say of each TARGET whether it is listed, since when, by what and with what else.

    A target is an address, a network, a domain or a URL; `-` reads them from stdin, one a line,
    with `#` comments.

    \b
    Examples:
      overblock check 69.163.194.239 --at 2013-01-15
      overblock check 52.58.1.1 shop.example --format json | jq '.[].listed'
      overblock check - < my-addresses.txt --format csv
    """
    wanted = dict(_targets(targets))
    if not wanted:
        raise click.UsageError("no target: give an address, network, domain or URL, or - for stdin")
    try:
        answers = Store.open(store).ask(lambda view: list(check(view, [*wanted.values()], at)))
    except BadAddress:
        _refuse(wanted)
        raise
    render(answers, lambda: RowsOf(COLUMNS, check_rows(answers)), lambda: _print(answers))
    if exit_code and any(answer.listed for answer in answers):
        raise click.exceptions.Exit(FOUND)


def _targets(given: tuple[str, ...]) -> Iterator[tuple[tuple[int, int], str]]:
    """Targets by their places: which word of the call, and which line of stdin (0: none)."""
    for number, (place, target) in enumerate(_spelt_out(given)):
        if number >= MOST_TARGETS:
            raise BadAddress(f"more than {MOST_TARGETS} targets: give them in several calls")
        yield place, target


def _spelt_out(given: tuple[str, ...]) -> Iterator[tuple[tuple[int, int], str]]:
    for word, target in enumerate(given):
        if target != "-":
            if os.path.isfile(target):  # noqa: PTH113  (hostile names raise in pathlib)
                told = f"overblock check - < {shlex.quote(target)}"
                raise BadAddress(f"{target!r} is a file here; for the lines in it: {told}")
            yield (word, 0), target
            continue
        for line, written in enumerate(sys.stdin, start=1):
            text = written.partition(" #")[0].strip()
            if text and not text.startswith("#"):
                yield (word, line), text


def _refuse(wanted: Mapping[tuple[int, int], str]) -> None:
    """Say in which line of stdin the first target stands that is none.

    Raises:
        BadAddress: one is none.
    """
    for (_, line), target in wanted.items():
        try:
            read_target(target)
        except BadAddress as error:
            raise BadAddress(f"line {line}: {error}" if line else str(error)) from error


def _print(answers: list[CheckAnswer]) -> None:
    for number, answer in enumerate(answers):
        if number:
            click.echo()
        _print_one(answer)


def _print_one(answer: CheckAnswer) -> None:
    moment = f"{answer.at:%Y-%m-%d %H:%M} UTC"
    if answer.listed is None:
        verdict = f"nobody can say: {_last_word(answer)}"
    elif answer.listed and answer.since:
        verdict = f"LISTED ({answer.kind}) since {_begun(answer.since, answer.unlisted_at)}"
    else:
        verdict = "not listed in any register here"
    click.secho(f"{plain(answer.target)} at {moment}: {verdict}", bold=True)
    for entry in answer.entries[:MOST_ENTRIES]:
        _print_entry(entry, answer.sources)
    if len(answer.entries) > MOST_ENTRIES:
        click.echo(f"  … and {len(answer.entries) - MOST_ENTRIES} more entries (--format json)")
    if answer.past:
        last = max(entry.listed_until for entry in answer.past if entry.listed_until)
        click.echo(
            f"  before that: {counted(len(answer.past), 'listing')}, the last ended {last:%Y-%m-%d}"
        )
    if answer.holder:
        holder = answer.holder
        click.echo(
            f"  holder: {plain(holder.name or 'unknown')}, {holder.country or '??'} "
            f"(by {holder.source} of {holder.dated_at})"
        )
    if answer.co_tenants:
        click.echo(f"  {_neighbours(answer.co_tenants)}")
    for source in answer.sources:
        click.echo(f"  {_freshness(source)}")


def _neighbours(found: CoTenants) -> str:
    shown = ", ".join(map(plain, found.names[:MOST_NAMES]))
    left = found.in_all - len(found.names[:MOST_NAMES])
    more = f" and {left:,} more" if left else ""
    named = f": {shown}{more}" if shown else ""
    return f"{counted(found.in_all, 'other name')} there{named} (by {plain(found.source)})"


def _last_word(answer: CheckAnswer) -> str:
    spoke = [source.published_at for source in answer.sources if source.published_at]
    if not spoke:
        return "no register here has a snapshot by then"
    if answer.entries:
        return "it was listed, and has not been seen since the register fell silent"
    parts = [source for source in answer.sources if source.hides]
    if parts:
        return _in_part(parts[0])
    return f"not listed when a register last spoke, on {max(spoke):%Y-%m-%d}"


def _in_part(source: SourceAnswer) -> str:
    """What is known of something that a register in part does not list."""
    flags = " and ".join(source.flags)
    if source.whole_at is None:
        return f"{source.register} is {flags}, and no whole snapshot is here"
    before = f"not listed in its last whole snapshot, of {source.whole_at:%Y-%m-%d %H:%M} UTC"
    return f"{source.register} is {flags}; {before}"


def _begun(since: datetime, unlisted_at: datetime | None) -> str:
    """When a listing began, as sharply as the register's snapshots allow to say."""
    told = f"{since:%Y-%m-%d %H:%M} UTC"
    if is_sharp(since, unlisted_at):
        return told
    before = f"not yet on {unlisted_at:%Y-%m-%d}" if unlisted_at else "no snapshot before"
    return f"{told} at the latest ({before})"


def _print_entry(entry: EntryAnswer, sources: list[SourceAnswer]) -> None:
    begun = f"from {_begun(entry.listed_from, entry.unlisted_at)}"
    until = entry.listed_until
    span = f"{begun} to before {until:%Y-%m-%d %H:%M} UTC" if until else f"{begun}, no end seen"
    named = ", ".join(map(plain, entry.named[:MOST_NAMES]))
    against = named or f"addresses only ({plain(entry.listed_by)})"
    left = len(entry.named) - MOST_NAMES
    more = f" and {left} more" if left > 0 else ""
    decision = f"{entry.authority or 'unknown authority'} {entry.decision or 'without number'}"
    click.echo(f"  {plain(decision)} of {entry.decision_date or 'unknown date'}")
    click.echo(f"    against {against}{more}")
    said_by = f" in {entry.register}" if len(sources) > 1 else ""
    click.echo(f"    {entry.kind}{said_by}, {span}")
    for source in sources:  # of several, one may speak against it: whose last word is it?
        if said_by and source.register == entry.register and source.silent and entry.confirmed:
            silent = f"{source.silent.silent_from:%Y-%m-%d %H:%M} UTC"
            click.echo(f"    {entry.register} is silent since {silent}: its last word")
    if not entry.confirmed:
        click.echo(f"    unconfirmed: last seen {entry.last_seen_at:%Y-%m-%d}, then silence")


def _freshness(source: SourceAnswer) -> str:
    if source.broken:
        return f"{source.register}: cannot be read, and the answer is without it: {source.broken}"
    if source.published_at is None or source.age is None:
        return f"{source.register}: no snapshot by then"
    told = f"{source.register}: snapshot of {source.published_at:%Y-%m-%d %H:%M} UTC"
    flags = f", flagged {', '.join(source.flags)}" if source.flags else ""
    silent = ", silent since: no change is not no block" if source.silent else ""
    return f"{told}, {_age(source.age)} old{flags}{silent}"


def _age(seconds: float) -> str:
    hours = seconds / 3600
    if hours >= FEW_HOURS:
        return f"{hours / 24:,.0f} days"
    return "1 hour" if round(hours) == 1 else f"{hours:.0f} hours"
