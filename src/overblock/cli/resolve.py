"""``overblock resolve``: ask for the addresses of many names, at a pace that harms nobody."""

import asyncio
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from overblock.cli._asking import Asking, asking_options
from overblock.cli._options import store_option
from overblock.cli._text import counted, plain
from overblock.errors import FetchFailed, UsageError
from overblock.store import Store

if TYPE_CHECKING:
    from overblock.probes.answers import Line
    from overblock.probes.journal import Journal
    from overblock.probes.name_lists import Rejected
    from overblock.probes.resolvers import Resolver
    from overblock.probes.resolving import Resolving

MOST_TOLD = 3  # examples of lines that hold no name
PACKED = {".gz", ".bz2", ".xz", ".zst"}


@click.command("resolve")
@click.argument("names", metavar="LIST")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write here, and go on where an earlier call stopped; stdout if left.",
)
@click.option("--ingest", is_flag=True, help="Read all that was answered into the observatory.")
@asking_options
@click.option("--again", is_flag=True, help="Ask again for names that failed before.")
@store_option
@click.option("--quiet", "-q", is_flag=True, help="No progress, no summary.")
def command(
    *,
    names: str,
    output: Path | None,
    ingest: bool,
    asking: Asking,
    again: bool,
    store: Path,
    quiet: bool,
) -> None:
    """Ask resolvers for the addresses of every name in LIST.

    LIST is a file, or - for stdin: a name a line; a URL stands for its host. Answers are written
    as lines of JSON as soon as they come, an address or a failure each; `overblock ingest
    names_jsonl` reads them, as --ingest does at the end. The same call with the same output goes
    on where it was stopped.

    \b
    Examples:
      overblock resolve names.txt -o answers.jsonl
      overblock resolve - --resolver 192.0.2.53 --resolver 192.0.2.54:5353 --rate 50/s < names.txt
      overblock resolve names.txt -o seen.jsonl --resolver 192.0.2.53 --agree 2 \\
        --resolver 192.0.2.54
    """
    if again and output is None:
        raise UsageError("--again needs an --output: it goes on with what stands there")
    resolvers = asking.resolvers()
    wanted, rejected = _read_list(names)
    with ExitStack() as stack:
        journal = _begin(stack, output, store if ingest else None, again=again, quiet=quiet)
        beside = _keep_rejected(rejected, output)
        waiting = [name for name in wanted if name not in journal.answered]
        run = _prepare(resolvers, asking, quiet=quiet)
        if not quiet:
            _tell_rejected(rejected, beside)
            stack.callback(_tell, run, resolvers, len(wanted) - len(waiting))
        _ask_all(run, waiting, journal, quiet=quiet)
    _check_heard(waiting, resolvers)


def _check_heard(waiting: Sequence[str], resolvers: Sequence["Resolver"]) -> None:
    """Refuse to call it done where nobody answered."""
    from overblock.probes.answers import UNHEARD

    if waiting and all(UNHEARD.issuperset(one.outcomes) for one in resolvers):
        raise FetchFailed(
            "no resolver gave an answer; --again with the same --output asks once more"
        )


def _begin(
    stack: ExitStack, output: Path | None, store: Path | None, *, again: bool, quiet: bool
) -> "Journal":
    """Where answers go; at the end, also of a call that is interrupted, into ``store`` too."""
    if store is None:
        return stack.enter_context(_open_output(output, again=again))
    Store.open(store)  # what is wrong with it is told before and not after
    folder = stack.enter_context(TemporaryDirectory(prefix="overblock-"))
    written = output or Path(folder, "answers.jsonl")
    journal = stack.enter_context(_open_output(written, again=again))
    stack.callback(_ingest, written, store, quiet=quiet)
    return journal


def _ingest(output: Path, store: Path, *, quiet: bool) -> None:
    """Read what was answered, as `ingest` would."""
    from overblock.cli.ingest import command as ingest

    if output.stat().st_size:
        told = {"source": "names_jsonl", "paths": (str(output),), "store": store}
        click.get_current_context().invoke(ingest, **told, quiet=quiet)


def _read_list(given: str) -> "tuple[list[str], list[Rejected]]":
    """The names of a list, or of several in a folder or an archive, and what is none."""
    from overblock.artefacts.opening import open_artefacts
    from overblock.probes.name_lists import Rejected, read_names

    names: list[str] = []
    rejected: list[Rejected] = []
    seen: set[str] = set()
    for artefact in open_artefacts([given], lambda _: True):
        for found in read_names(artefact.content, seen):
            if isinstance(found, Rejected):
                rejected.append(found)
            else:
                names.append(found)
    if not names:
        lines = counted(len(rejected), "other line")
        raise UsageError(f"{given}: no name in it, {lines}")
    return names, rejected


@contextmanager
def _open_output(output: Path | None, *, again: bool) -> "Iterator[Journal]":
    from overblock.probes.journal import Journal, open_journal

    if output is None:
        yield Journal(sys.stdout.buffer)
        return
    if output.suffix in PACKED:
        raise UsageError(
            f"{output}: lines are written as they come, so not packed; pack them after"
        )
    with open_journal(output, again=again) as journal:
        yield journal


def _prepare(resolvers: "list[Resolver]", asking: Asking, *, quiet: bool) -> "Resolving":
    from functools import partial

    from overblock.probes.dns import ask
    from overblock.probes.pace import Pace
    from overblock.probes.resolving import Resolving, World

    def say(what: str) -> None:
        if not quiet:
            click.echo(f"resolver {what}", err=True)

    world = World(ask=partial(ask, listen=asking.listen))
    return Resolving(resolvers, Pace(asking.rate), asking.settings(), world, say)


def _ask_all(run: "Resolving", waiting: Sequence[str], journal: "Journal", *, quiet: bool) -> None:
    from overblock.cli._progress import progress

    hidden = quiet or journal.is_terminal()  # then the answers themselves are the progress
    with progress("resolve", quiet=hidden, things="names") as watch:

        def keep(lines: "list[Line]") -> None:
            journal.keep(lines)
            watch(1, 0, len(waiting))

        if waiting:
            asyncio.run(run.run(waiting, keep))


def _tell(run: "Resolving", resolvers: "list[Resolver]", n_before: int) -> None:
    parts = [f"{counted(run.outcomes.total(), 'name')} asked for"]
    parts += [f"{number:,} {outcome}" for outcome, number in run.outcomes.most_common()]
    parts += [f"{run.n_disagreed:,} with resolvers at odds"] if run.n_disagreed else []
    parts += [f"{run.n_withheld:,} withheld by a resolver's own word"] if run.n_withheld else []
    parts += [f"{n_before:,} had been answered before"] if n_before else []
    click.echo(f"resolve: {', '.join(parts)}", err=True)
    for one in resolvers:
        ended = ", ".join(f"{number:,} {outcome}" for outcome, number in one.outcomes.most_common())
        aside = f"; put aside {counted(one.n_pauses, 'time')}" if one.n_pauses else ""
        asked = counted(one.n_asked, "question")
        click.echo(f"resolver {one.place}: {asked}: {ended or 'none'}{aside}", err=True)


def _keep_rejected(rejected: "list[Rejected]", output: Path | None) -> Path | None:
    """Write the lines that hold no name beside the output, anew at each call; where that is."""
    import msgspec

    if output is None:
        return None
    beside = output.with_name(f"{output.name}.rejects")
    if rejected:
        beside.write_bytes(msgspec.json.Encoder().encode_lines(rejected))
    else:
        beside.unlink(missing_ok=True)
    return beside


def _tell_rejected(rejected: "list[Rejected]", beside: Path | None) -> None:
    if not rejected:
        return
    reasons = Counter(one.reason for one in rejected)
    told = ", ".join(f"{number:,} {reason}" for reason, number in reasons.most_common())
    where = f"; all in {beside}" if beside else ""
    lines = counted(len(rejected), "line")
    click.echo(f"resolve: {lines} without a name to ask for: {told}{where}", err=True)
    for one in rejected[:MOST_TOLD]:
        click.echo(f"  line {one.record}: {plain(one.value)} ({one.reason})", err=True)
