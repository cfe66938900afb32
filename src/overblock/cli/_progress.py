"""Progress on a terminal: rate, and the time that is left where the whole is known."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


@contextmanager
def progress(
    what: str, *, quiet: bool, things: str = ""
) -> Iterator[Callable[[int, int, int | None], None]]:
    """Show how an ingest goes, on stderr if that is a terminal.

    Gives a function that is told of states and bytes as they are taken, and of how many states
    there are in all, once that is known.  With ``things``, the rate is of states, called so.
    """
    console = Console(stderr=True)
    shown = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[rate]}"),
        console=console,
        transient=True,
        disable=quiet or not console.is_terminal,
    )
    with shown:
        task = shown.add_task(what, total=None, rate="")
        n_taken, n_read = 0, 0

        def watch(n_states: int, n_bytes: int, in_all: int | None) -> None:
            nonlocal n_taken, n_read
            n_taken += n_states
            n_read += n_bytes
            seconds = shown.tasks[0].elapsed or 1e-9
            of_bytes = f"{n_read / seconds / 1e6:,.0f} MB/s"
            rate = f"{n_taken / seconds:,.0f} {things}/s" if things else of_bytes
            shown.update(task, advance=n_states, total=in_all, rate=rate)

        yield watch
