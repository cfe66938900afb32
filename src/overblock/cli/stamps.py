"""``overblock stamps``: when did what the observatory keeps exist, by an authority's word."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from overblock.cli._options import Render, Rows, format_option, store_option

if TYPE_CHECKING:
    from overblock.reports.stamps import StampedArtefact


@click.command("stamps")
@click.option("--ask", "authority", help="Address of an authority (RFC 3161): stamp what has none.")
@click.option(
    "--roots",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Certificates (PEM) that you trust; without it stamps are not checked.",
)
@store_option
@format_option
def command(authority: str | None, roots: Path | None, store: Path, render: Render) -> None:
    """List what the observatory keeps, with the time stamp of each artefact.

    Only digests are sent to an authority. A stamp is never replaced: the first proves most.

    \b
    Examples:
      overblock stamps --ask https://stamps.example/tsr
      overblock stamps --roots authority.pem --format csv
    """
    from overblock.cli._progress import progress
    from overblock.pipeline.stamping import stamp_all
    from overblock.reports.stamps import stamped_artefacts
    from overblock.store import Store

    there = Store.open(store)
    if authority is not None:
        with progress("stamping", quiet=False) as watch:
            done = stamp_all(there, authority, lambda _, in_all: watch(1, 0, in_all))
        click.echo(f"{done:,} stamped", err=True)
    found = list(stamped_artefacts(there, roots))
    render(found, lambda: _rows(found), lambda: _show(found))


def _rows(found: "list[StampedArtefact]") -> Rows:
    import msgspec

    return (msgspec.to_builtins(one) for one in found)


def _show(found: "list[StampedArtefact]") -> None:
    from overblock.cli import _tables

    columns = ("artefact", "name", "fetched", "stamp", "stamped (UTC)", "by")
    cells = (
        (
            one.digest[:12],
            one.name or "unpacked here",
            one.fetched_at or "",
            one.state,
            one.stamped_at or one.problem or "",
            one.stamped_by or "",
        )
        for one in found
    )
    _tables.console().print(_tables.table(columns, cells))
