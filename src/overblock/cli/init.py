"""``overblock init``: a new observatory folder."""

from pathlib import Path

import click

from overblock.cli._options import DEFAULT_STORE
from overblock.store import Store


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=DEFAULT_STORE)
def command(folder: Path) -> None:
    """Make a new observatory in FOLDER (default ./observatory).

    It comes with the table of holders that overblock carries, so that `check` can say whose an
    address is; ingest better-dated ones later. One that is there already stays as it is.
    """
    from overblock.pipeline.holding import ingest_bundled_holders

    store = Store.create(folder)
    dated_at = ingest_bundled_holders(store)
    click.echo(f"{folder} is ready; holders by geoip2fast of {dated_at}", err=True)
    click.echo(f"next: overblock ingest SOURCE FILE… --store {folder}", err=True)
