"""How the answer of ``overblock watch`` looks on a terminal."""

import click

from overblock.cli import _tables
from overblock.cli._text import counted, plain
from overblock.reports.checks.check import SourceAnswer, is_sharp
from overblock.reports.fleets.answer import CandidateAnswer, WatchAnswer, WatchedItem
from overblock.reports.fleets.words import line

MOST_ITEMS = 40  # printed; --format json has them all
MOST_CHANGES = 40
MOST_NAMED = 2  # names printed of those that an entry is against
SHOWN = ("listed", "exposed", "unconfirmed")


def print_rejects(answer: WatchAnswer) -> None:
    """What of the inventories could not be read, on stderr: how many, why, and where the first."""
    for one in answer.inventories:
        if one.rejects:
            why = ", ".join(f"{number:,} {reason}" for reason, number in one.reject_reasons.items())
            click.echo(
                f"{plain(one.name)} ({one.form}): {one.rejects:,} of "
                f"{one.rejects + one.items:,} values were not read: {why}; "
                f"the first at {plain(one.first_reject or '')}",
                err=True,
            )


def print_changes(answer: WatchAnswer) -> None:
    """The changes alone, a line each."""
    for change in answer.changes[:MOST_CHANGES]:
        click.echo(line(change))
    left = len(answer.changes) - MOST_CHANGES
    if left > 0:
        click.echo(f"… and {left:,} more (--jsonl)")


def print_answer(answer: WatchAnswer) -> None:
    """The whole look: the sum, the changes, what is listed, the candidates, the sources."""
    told = ", ".join(f"{number:,} {state}" for state, number in answer.counts.items() if number)
    moment = f"{answer.at:%Y-%m-%d %H:%M} UTC"
    click.secho(f"{counted(len(answer.items), 'item')} at {moment}: {told}", bold=True)
    since = f"since {answer.before:%Y-%m-%d %H:%M} UTC" if answer.before else "at the first look"
    if answer.changes:
        click.echo(f"\n{counted(len(answer.changes), 'change')} {since}:")
        print_changes(answer)
    elif answer.before:
        click.echo(f"no change {since}")
    console = _tables.console()
    shown = [item for item in answer.items if item.state in SHOWN]
    if shown:
        console.print()
        columns = ["label", "/target", "state", "since", "order", "against", "holder"]
        console.print(_tables.table(columns, map(_item, shown[:MOST_ITEMS])))
    if len(shown) > MOST_ITEMS:
        click.echo(f"… and {len(shown) - MOST_ITEMS:,} more (--format json)")
    if answer.candidates:
        console.print()
        columns = ["/candidate", "clean", "how long", "#listed beside it"]
        console.print(_tables.table(columns, map(_candidate, answer.candidates)))
    click.echo()
    if not answer.sources:
        click.echo("no register here yet: nobody can say; overblock ingest reads one")
    for one in answer.sources:
        published = one.source.published_at
        told = f"snapshot of {published:%Y-%m-%d %H:%M} UTC" if published else "no snapshot"
        doubt = f"; cannot be believed: {one.doubt}" if one.doubt else ""
        click.echo(f"{one.source.register}: {told}{doubt}{_before(one.source)}")


def _before(source: SourceAnswer) -> str:
    """What is last known of that which a register in part does not list."""
    if not source.hides:
        return ""
    if source.whole_at is None:
        return "; no whole snapshot is here"
    return (
        f"; what is unknown was not in its last whole one, of {source.whole_at:%Y-%m-%d %H:%M} UTC"
    )


def _item(item: WatchedItem) -> list[object]:
    kind = f"{item.state} ({item.kind})" if item.state == "listed" else item.state
    against = ", ".join(item.named[:MOST_NAMED])
    left = item.named_in_all - MOST_NAMED
    more = f" and {left} more" if left > 0 else ""
    order = " ".join(filter(None, [item.authority, item.decision]))
    since = f"{item.since:%Y-%m-%d}" if item.since else "unknown"
    if item.since and not is_sharp(item.since, item.unlisted_at):
        since = f"{since} or before"
    holder = item.holder.name if item.holder else None
    return [item.label, item.target, kind, since, order or None, f"{against}{more}" or "-", holder]


def _candidate(one: CandidateAnswer) -> list[object]:
    if one.since_records_begin and one.clean_since:
        told = f"since records begin, {one.clean_since:%Y-%m-%d}"
    elif one.clean_since:
        told = f"since {one.clean_since:%Y-%m-%d}, when its neighbourhood was freed"
        if one.last_listed_until == one.clean_since:
            told = f"since {one.clean_since:%Y-%m-%d}, when it was freed"
    else:
        told = "-"
    if one.silences and one.clean_since:
        told += f", with {counted(one.silences, 'silence')}"
    return [one.target, one.clean, told, one.neighbours_listed]
