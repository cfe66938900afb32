"""``overblock ingest``: read registers, tables of holders and names into an observatory."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from overblock.cli._options import store_option
from overblock.cli._text import counted
from overblock.errors import SourceError
from overblock.store import Store

if TYPE_CHECKING:
    from overblock.pipeline.ingested import Ingested

WORTH_SAYING = 100_000  # bytes: of less, nobody asks how much it was


@click.command("ingest")
@click.argument("source")
@click.argument("paths", nargs=-1, required=True)
@store_option
@click.option(
    "--most-gib",
    type=click.IntRange(1),
    default=256,
    show_default=True,
    help="Refuse a file of names that unpacks to more GiB.",
)
@click.option("--quiet", "-q", is_flag=True, help="No progress, no summary.")
def command(
    source: str, paths: tuple[str, ...], store: Path, most_gib: int, *, quiet: bool
) -> None:
    """Read PATHS into the observatory as SOURCE publishes them.

    PATHS are files, folders, globs or - for stdin; .gz .bz2 .xz .zst .zip .tar.* are opened; of a
    git repository or bundle every version is read. What is there already is passed over, and a
    call that was stopped goes on where it was. `overblock sources` lists the sources.

    \b
    Examples:
      overblock ingest ru_zapret_csv z-i/            # a clone of the mirror, every version
      overblock ingest ru_dump_xml dump-*.xml.gz
      overblock ingest iptoasn ip2asn-combined.tsv.gz
      overblock ingest zdns_jsonl answers-2018-04-16.jsonl.zst   # names and their addresses
    """
    from overblock.artefacts.streaming import STREAM_LIMITS
    from overblock.cli._progress import progress
    from overblock.pipeline.ingest import Ingest
    from overblock.sources import find_source

    found, there = find_source(source), Store.open(store)
    now = datetime.now(UTC)
    with progress(f"{source}", quiet=quiet) as watch:
        ingest = Ingest(
            store=there,
            source=found,
            now=now,
            watch=watch,
            stream_limits=replace(STREAM_LIMITS, max_bytes=most_gib << 30),
        )
        done = ingest.run(paths)
    if not quiet:
        click.echo(_summary(source, done), err=True)
    for failure in done.failures:
        click.echo(f"overblock: not read: {' '.join(failure.split())}", err=True)
    if done.failures:
        raise click.exceptions.Exit(SourceError.exit_code)


def _summary(source: str, done: "Ingested") -> str:
    parts = [f"{counted(done.snapshots, 'snapshot')} added"]
    parts += [f"{done.duplicates:,} had been read before"] if done.duplicates else []
    parts += [f"{done.flagged:,} flagged"] if done.flagged else []
    parts += [f"{counted(done.rejects, 'value')} rejected so far"] if done.rejects else []
    if done.signatures:
        parts.append(f"{done.verified:,} of {counted(done.signatures, 'signature')} verified")
    parts += [f"{done.n_bytes / 1e6:,.1f} MB read"] if done.n_bytes >= WORTH_SAYING else []
    return f"{source}: {', '.join(parts)}"
