"""``overblock watch``: which of one's own servers are listed, and what changed since last time.

Inventories hold secrets: nothing of them is printed but labels, addresses and names.
"""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec
from click.core import ParameterSource

from overblock.cli._columns import RowsOf, rows_of
from overblock.cli._options import MOMENT, Render, format_option, store_option
from overblock.errors import UsageError
from overblock.store import Store

if TYPE_CHECKING:
    from overblock.probes.notices import Service
    from overblock.reports.fleets.answer import WatchAnswer
    from overblock.reports.fleets.watch import NamedInventory, Watched

LISTED, CANNOT_TELL = 10, 11
STDIN = "-"
MOST_BYTES = 1 << 30  # of one inventory, unpacked


EPILOG = """\b
Exit codes:
  0   nothing is listed
  10  something is, or was when it was last known
  11  nothing is known to be, but a register cannot be believed now
  6   a notice could not be delivered; its changes are told again next time

\b
Examples:
  overblock watch servers.txt
  terraform state pull | overblock watch - --state fleet.json --quiet
  overblock watch fleet.csv --candidates new.txt --format json | jq .candidates
"""


@click.command("watch", epilog=EPILOG)
@click.argument("inventories", nargs=-1, required=True, metavar="INVENTORY...")
@click.option(
    "--register",
    "registers",
    multiple=True,
    metavar="NAME",
    help="Look at this one only; repeatable.",
)
@click.option("--at", type=MOMENT, default="now", show_default=True, help="Moment to look at, UTC.")
@click.option(
    "--candidates", multiple=True, metavar="FILE", help="Addresses to move to: are they clean?"
)
@click.option(
    "--state", type=click.Path(path_type=Path, dir_okay=False), help="Where to remember this look."
)
@click.option(
    "--metrics", type=click.Path(path_type=Path, dir_okay=False), help="Prometheus text to write."
)
@click.option(
    "--notify",
    multiple=True,
    metavar="URL",
    envvar="OVERBLOCK_NOTIFY",
    show_envvar=True,
    help="Service that is told of changes; repeatable.",
)
@click.option("--quiet", is_flag=True, help="Speak only if something changed.")
@click.option("--jsonl", is_flag=True, help="Print the changes only, as lines of JSON.")
@store_option
@format_option
@click.pass_context
def command(
    context: click.Context,
    inventories: tuple[str, ...],
    *,
    registers: tuple[str, ...],
    at: datetime,
    candidates: tuple[str, ...],
    state: Path | None,
    metrics: Path | None,
    notify: tuple[str, ...],
    store: Path,
    render: Render,
    quiet: bool,
    jsonl: bool,
) -> None:
    """Say which addresses, networks and names in each INVENTORY are listed, and what changed.

    An inventory is a plain list, a CSV file, what `aws ec2 describe-instances` or
    `describe-addresses` prints, a Terraform state, `kubectl get services -o json`, a zone file, or
    `-` for stdin.

    What was seen is remembered, in the observatory or in --state FILE, and the next run tells what
    changed. A look at the past (--at) or at stdin is remembered only with --state.
    """
    if (*inventories, *candidates).count(STDIN) > 1:
        raise UsageError("stdin can be read once: as an inventory, or as candidates")
    if jsonl and render.form != "table":
        raise UsageError(f"--jsonl prints lines of JSON: leave --format {render.form} out")
    services = _told_to(notify)
    _check_places(metrics, state)
    is_now = context.get_parameter_source("at") == ParameterSource.DEFAULT
    if state is None and is_now and STDIN not in inventories:
        state = Store.open(store).note_path("watches", _called(inventories, registers))
    seen = _look(Store.open(store), (inventories, candidates), registers, at, state)
    if seen.answer.changes or not quiet:
        _tell(seen.answer, render, quiet=quiet, jsonl=jsonl)
    _pass_on(seen, metrics, services, state)
    raise click.exceptions.Exit(_exit_code(seen.answer))


def _told_to(notify: tuple[str, ...]) -> "list[Service]":
    """Who is told of changes: known before the look, as one that fails may be long in coming."""
    if not notify:
        return []
    from overblock.probes.notices import find_services

    return find_services(notify)


def _check_places(metrics: Path | None, state: Path | None) -> None:
    """Refuse, before anything is looked at, a file without a folder, and metrics over a file."""
    from overblock.pipeline.watching import check_metrics

    for path in (metrics, state):
        if path is not None and not path.parent.is_dir():  # a folder is never made
            raise UsageError(f"{path} cannot be written: there is no folder {path.parent}")
    if metrics is not None:
        check_metrics(metrics)


def _look(
    store: Store,
    paths: tuple[tuple[str, ...], tuple[str, ...]],
    registers: tuple[str, ...],
    at: datetime,
    state: Path | None,
) -> "Watched":
    from overblock.pipeline.watching import load_state
    from overblock.reports.fleets.watch import Fleet, watch

    before = load_state(state, at) if state else None
    inventories, candidates = map(_read, paths)
    fleet = Fleet(inventories=inventories, candidates=candidates, registers=registers)
    return store.ask(lambda view: watch(view, fleet, at, before))


def _pass_on(
    seen: "Watched", metrics: Path | None, services: "list[Service]", state: Path | None
) -> None:
    """Metrics, then notices; what was seen is remembered last, so that nothing goes untold."""
    from overblock.pipeline.watching import save_metrics, save_state

    if metrics:
        from overblock.reports.fleets.metrics import metrics_text

        save_metrics(metrics, metrics_text(seen.answer))
    if services and seen.answer.changes:
        from overblock.probes.notices import send
        from overblock.reports.fleets.words import message, title

        send(services, title(seen.answer.changes), message(seen.answer.changes))
    if state:
        save_state(state, seen.state)


def _read(paths: tuple[str, ...]) -> "list[NamedInventory]":
    """Each inventory, unpacked and read; one without an item is refused."""
    from overblock.artefacts.limits import Limits
    from overblock.artefacts.opening import open_artefacts
    from overblock.errors import OverblockError, SourceDrift
    from overblock.fleets.inventory import read_inventory
    from overblock.reports.fleets.watch import NamedInventory

    read: list[NamedInventory] = []
    for artefact in open_artefacts(paths, lambda _: True, Limits(max_bytes=MOST_BYTES)):
        name = "stdin" if artefact.name == STDIN else artefact.name
        if artefact.truncated:
            raise SourceDrift(f"{name}: its end is missing; what it held there is not known")
        try:
            inventory = read_inventory(artefact.content)
        except OverblockError as error:
            raise type(error)(f"{name}: {error}") from None  # its own words hold no secret
        if inventory.items.is_empty():
            held = len(inventory.rejects)
            raise UsageError(
                f"{name}: no address, network or name in it"
                + (f", read as {inventory.form}; {held:,} values are none" if held else "")
            )
        read.append(NamedInventory(name=name, inventory=inventory))
    return read


def _called(inventories: tuple[str, ...], registers: tuple[str, ...]) -> str:
    """What a watch is known by: the files it looks at, and in which registers."""
    paths = [str(Path(path).resolve()) for path in inventories]
    return "\0".join([*paths, "", *sorted(set(registers))])


def _tell(answer: "WatchAnswer", render: Render, *, quiet: bool, jsonl: bool) -> None:
    from overblock.cli._watch import print_answer, print_changes, print_rejects

    if not quiet:
        print_rejects(answer)
    if jsonl:
        for change in answer.changes:
            click.echo(msgspec.json.encode(change))
        return
    render(
        answer,
        lambda: _rows(answer),
        lambda: print_changes(answer) if quiet else print_answer(answer),
    )


def _rows(answer: "WatchAnswer") -> RowsOf:
    from overblock.reports.fleets.answer import WatchedItem

    name = (str | None, lambda holder: holder.name if holder else None)
    return rows_of(WatchedItem, answer.items, instead={"holder": name})


def _exit_code(answer: "WatchAnswer") -> int:
    if any(answer.counts[state] for state in ("listed", "exposed", "unconfirmed")):
        return LISTED
    doubted = any(source.doubt for source in answer.sources) or not answer.sources
    return CANNOT_TELL if doubted or answer.counts["unknown"] else 0
