"""``overblock verify``: a stranger's look at a report's bundle."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from overblock.cli._options import Render, Rows, format_option

if TYPE_CHECKING:
    from overblock.reports.document.verifying import VerifyAnswer


@click.command("verify")
@click.argument("bundle", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--roots",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Certificates (PEM) that you trust for time stamps; without it a stamp is not checked.",
)
@click.option("--signer", help="Fingerprint of the key that it is to be signed with.")
@format_option
def command(bundle: Path, roots: Path | None, signer: str | None, render: Render) -> None:
    """Check a report's BUNDLE: its files, its signature, its time stamp, and every figure.

    Each figure is computed anew from the inputs in the bundle. The exit code is 7 where anything
    is not as its manifest says.

    \b
    Example:
      overblock verify out/telegram-2018
    """
    from overblock.errors import BundleError
    from overblock.reports.document.verifying import verify_bundle

    answer = verify_bundle(bundle.resolve(), roots=roots, signer=signer)
    render(answer, lambda: _rows(answer), lambda: _show(answer, bundle))
    if not answer.holds:
        some = "problem" if len(answer.problems) == 1 else "problems"
        raise BundleError(f"{bundle} does not hold: {len(answer.problems)} {some}")


def _rows(answer: "VerifyAnswer") -> Rows:
    import msgspec

    return (msgspec.to_builtins(check) for check in answer.checks)


def _show(answer: "VerifyAnswer", bundle: Path) -> None:
    from rich.text import Text

    from overblock.cli import _tables

    for line in _lines(answer, bundle):
        _tables.console().print(Text(line))


def _lines(answer: "VerifyAnswer", bundle: Path) -> Iterator[str]:
    from overblock.cli._text import plain

    yield plain(answer.title)
    yield f"{answer.files} files named by manifest {answer.manifest[:16]}, made {answer.made_at}"
    yield f"figures computed anew: {answer.figures_agree} of {answer.figures} agree"
    yield f"signed by {answer.signed_by}" if answer.signed_by else "not signed"
    if answer.redacted:
        yield "redacted: what tells who complained or whose probe it was is left out"
        yield from (f"  {plain(line)}" for line in answer.redacted)
    if answer.stamped_at:
        yield f"time stamp: {answer.stamped_at:%Y-%m-%d %H:%M:%S} UTC by {answer.stamped_by}"
    elif (bundle / "manifest.tsr").exists():
        yield "time stamp: not checked; --roots names certificates that you trust"
    for one in answer.stamped_files:
        at, by = f"{one.stamped_at:%Y-%m-%d %H:%M:%S} UTC", one.stamped_by
        yield plain(f"time stamp of {one.name}: {at} by {by}")
    yield from (plain(problem) for problem in answer.problems)
