"""``overblock measurements``: read measurements in, list them, show one in full.

Text from measurements is hostile: it is printed as plain text, control signs made visible.
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from overblock.cli._columns import rows_of
from overblock.cli._options import (
    COUNTRY,
    DAY_BEGINS,
    MOMENT,
    NETWORK,
    Command,
    Render,
    format_option,
    store_option,
)
from overblock.cli._text import counted, plain
from overblock.store import Store

if TYPE_CHECKING:
    from overblock.pipeline.keeping import Kept
    from overblock.reports.measured.measurements import (
        MeasurementAnswer,
        MeasurementRow,
        MeasurementsAnswer,
    )

MOST_PROCESSES = 64
DIGEST_SIGNS = 12


@click.group("measurements")
def command() -> None:
    """Measurements of OONI's probes: read them in, list them, show one in full."""


def _reading(into: Command) -> Command:
    """The options of what reads measurements."""
    quiet = click.option("-q", "--quiet", is_flag=True, help="No progress and no summary.")
    processes = click.option(
        "--processes",
        type=click.IntRange(1, MOST_PROCESSES),
        default=min(os.cpu_count() or 1, 4),
        show_default="processors, at most 4",
        help="How many processes decode and judge.",
    )
    fingerprints = click.option(
        "--fingerprints",
        multiple=True,
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help="A file of known block pages, as OONI publishes them; may be given several times.",
    )
    return fingerprints(processes(quiet(store_option(format_option(into)))))


@command.command("ingest")
@click.argument("paths", nargs=-1, required=True)
@_reading
def ingest(
    *,
    paths: tuple[str, ...],
    processes: int,
    fingerprints: tuple[Path, ...],
    quiet: bool,
    store: Path,
    render: Render,
) -> None:
    """Read files of measurements in, from PATHS: files, folders, archives, - for stdin.

    JSON a line, plain or in .gz, .zst, .xz, .bz2, or a tar of documents. What was read before is
    passed over; a call that was killed goes on where it stopped.

    \b
    Examples:
      overblock measurements ingest raw/20240301/
      zstdcat day.jsonl.zst | overblock measurements ingest -
    """
    made = Store.create(store)
    _read_in(made, processes, fingerprints, render, quiet=quiet, paths=paths)


@command.command("rebuild")
@_reading
def rebuild(
    *,
    processes: int,
    fingerprints: tuple[Path, ...],
    quiet: bool,
    store: Path,
    render: Render,
) -> None:
    """Draw all tables of measurements anew from the files that the observatory keeps.

    For when the rules have changed, or the block pages that are known. Until it ends, all that
    was there is still there.
    """
    _read_in(Store.open(store), processes, fingerprints, render, quiet=quiet, paths=None)


def _read_in(
    store: Store,
    processes: int,
    fingerprints: tuple[Path, ...],
    render: Render,
    *,
    quiet: bool,
    paths: tuple[str, ...] | None,
) -> None:
    from overblock.cli._progress import progress
    from overblock.pipeline.ingest_measurements import MeasurementIngest
    from overblock.reports.measured.verdicts import load_fingerprints

    known, n_bad = load_fingerprints(fingerprints)
    if n_bad:
        click.echo(f"{counted(n_bad, 'row')} of the fingerprint files cannot be used", err=True)
    with progress("measurements", quiet=quiet) as watch:
        reading = MeasurementIngest(
            store=store, now=datetime.now(UTC), processes=processes, watch=watch, known=known
        )
        kept = reading.rebuild() if paths is None else reading.run(paths)
    rows = [msgspec.to_builtins(kept)]
    render(kept, lambda: iter(rows), lambda: None if quiet else _say(kept))


@command.command("list")
@click.option("--target", help="A page, a host for all of its pages, or a service.")
@click.option("--address", help="Measurements that were answered with or contacted it.")
@click.option("--test", help="Name of the test, as web_connectivity.")
@click.option("--probe-cc", type=COUNTRY, help="Country of the probe, as RU.")
@click.option("--asn", "probe_asn", type=NETWORK, help="Network of the probe, as AS12389.")
@click.option("--since", type=DAY_BEGINS, help="Came in at or after this moment, UTC.")
@click.option("--until", type=MOMENT, help="Came in before this moment, UTC.")
@click.option(
    "--limit", type=click.IntRange(1, 1_000_000), default=100, show_default=True, help="At most."
)
@store_option
@format_option
def list_(
    *,
    store: Path,
    render: Render,
    **asked: Any,  # noqa: ANN401  (the other options: each is a field of a question)
) -> None:
    """List measurements, newest first, with what each of them means.

    \b
    Examples:
      overblock measurements list --target archive.org --probe-cc RU --since 2024-03-01
      overblock measurements list --address 149.154.167.99 --format csv
    """
    from overblock.reports.measured.measurements import (
        MeasurementRow,
        Question,
        list_measurements,
    )

    question = Question(**asked)
    answer = Store.open(store).ask(lambda view: list_measurements(view, question))
    render(
        answer,
        lambda: rows_of(MeasurementRow, answer.measurements),
        lambda: _print_list(answer),
    )


@command.command("show")
@click.argument("uid")
@store_option
@format_option
def show(*, uid: str, store: Path, render: Render) -> None:
    """Show the measurement of key UID in full: envelope, verdicts, facts, where its bytes are.

    csv and parquet give its observations.
    """
    from overblock.reports.measured.measurements import ObservationRow, show_measurement

    opened = Store.open(store)
    answer = opened.ask(lambda view: show_measurement(opened, view, uid))
    render(
        answer,
        lambda: rows_of(ObservationRow, answer.observations),
        lambda: _print_one(answer),
    )


def _say(kept: "Kept") -> None:
    click.echo(
        f"{counted(kept.measurements, 'new measurement')} in {counted(kept.files, 'new file')}, "
        f"{counted(kept.observations, 'observation')}, {counted(kept.verdicts, 'verdict')}"
    )
    passed = {
        "read before and passed over": kept.known_files,
        "duplicate" if kept.duplicates == 1 else "duplicates": kept.duplicates,
        "under a key that another one has": kept.conflicting,
        "sent twice, not counted": kept.resubmitted,
        "rejected, no measurement in the line": kept.rejects,
    }
    for what, number in passed.items():
        if number:
            click.echo(f"  {number:,} {what}")
    for name in kept.cut:
        click.echo(f"  cut, its whole lines were read: {plain(name)}", err=True)
    for failure in kept.failures:
        click.echo(f"  not read: {plain(failure)}", err=True)


def _print_list(answer: "MeasurementsAnswer") -> None:
    """Two lines each: what is asked about may be as long as a key, and both are to be copied."""
    for row in answer.measurements:
        place = f"{row.probe_cc or '??'} AS{row.probe_asn or '?'}"
        when = row.received_at or row.started_at
        day = f"{when:%Y-%m-%d %H:%M}" if when else "unknown"
        click.echo(f"{day:16}  {place:12}  {_means(row):16}  {plain(row.target or row.test)}")
        click.echo(f"{'':18}{plain(row.measurement_uid)}")
    if answer.more:
        click.echo("  … and older ones: --limit, or narrow the question")
    if not answer.measurements:
        span = f"{answer.first_day} to {answer.last_day}" if answer.first_day else "none"
        click.echo(f"no measurement fits; days looked through: {span}", err=True)


def _means(row: "MeasurementRow") -> str:
    return f"{row.state or 'not judged'}{f' ({row.mechanism})' if row.mechanism else ''}"


def _print_one(answer: "MeasurementAnswer") -> None:
    from overblock.cli._tables import console, table

    row, shown = answer.measurement, console()
    click.secho(f"{plain(row.measurement_uid)}: {_means(row)}", bold=True)
    click.echo(f"  {plain(row.test)} {plain(row.test_version or '')} of {plain(row.target or '-')}")
    click.echo(f"  from {row.probe_cc or 'unknown'} AS{row.probe_asn or 'unknown'}, by "
               f"{plain(row.software or 'unknown')}")  # fmt: skip
    click.echo(f"  started {_when(row.started_at)}, came in {_when(row.received_at)}")
    if row.flags:
        click.echo(f"  flagged {', '.join(row.flags)}")
    click.echo(f"  line {row.record:,} of {plain(row.file)}, sha256 {row.artefact[:DIGEST_SIGNS]}")
    meant = [
        (each.feature, each.layer, each.state, each.mechanism or "", each.rule_id,
         "; ".join(each.evidence))
        for each in answer.verdicts
    ]  # fmt: skip
    shown.print(table(("feature", "layer", "state", "how", "=rule", "/evidence"), meant))
    facts = [
        (
            each.number,
            each.vantage,
            each.layer,
            each.host or "",
            f"{each.address or ''}{f' :{each.port}' if each.port else ''}",
            each.failure or "worked",
            each.detail or "",
        )
        for each in answer.observations
    ]
    shown.print(table(("#n", "by", "layer", "/host", "=address", "/outcome", "/detail"), facts))


def _when(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else "unknown"
