"""``overblock verdicts``: what measurements mean, straight from their files.

Rows are written as the files are read: a pipe gets the first while the last is still far away.
"""

import csv
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import starmap
from pathlib import Path
from typing import TYPE_CHECKING

import click

from overblock.cli._text import counted, plain

if TYPE_CHECKING:
    import polars as pl

    from overblock.measurements.batches import BadLine

Frames = Iterator["pl.DataFrame"]
MOST_PROCESSES = 64
MOST_ROWS = 40  # of the table for people
TOLD = ("yes", "down", "unknown")  # answers whose rows the table shows


@click.command("verdicts")
@click.argument("paths", nargs=-1, required=True)
@click.option("--layers", is_flag=True, help="A row for each layer and feature before the whole.")
@click.option(
    "--fingerprints",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file of known block pages, as OONI publishes them; may be given several times.",
)
@click.option(
    "--processes",
    type=click.IntRange(1, MOST_PROCESSES),
    default=min(os.cpu_count() or 1, 4),
    show_default="processors, at most 4",
    help="How many processes decode and take signs; few measurements need one.",
)
@click.option(
    "--rejects",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the lines that are no measurements to this file, as CSV.",
)
@click.option(
    "--format",
    "chosen",
    type=click.Choice(["table", "json", "csv", "parquet"]),
    default="table",
    show_default=True,
    help="table for people; the others have every row.",
)
def command(
    paths: tuple[str, ...],
    fingerprints: tuple[Path, ...],
    processes: int,
    rejects: Path | None,
    chosen: str,
    *,
    layers: bool,
) -> None:
    """Say of each measurement at PATHS whether it shows blocking, how, and by which rule.

    A path is a file, a folder, or `-` for stdin: a document a line, packed or not, as OONI
    publishes them. No observatory is needed. A measurement that has nothing to be compared with is
    unknown, never blocked; `down` is broken for everybody.

    \b
    Examples:
      overblock verdicts 2024030107_AM_webconnectivity.n1.0.jsonl.gz
      overblock verdicts raw/20240301 --format csv --fingerprints fingerprints_http.csv
      zcat *.jsonl.gz | overblock verdicts - --format json --layers
    """
    from overblock.reports.measured.verdicts import judge_files, load_fingerprints

    known, n_bad = load_fingerprints(fingerprints)
    if n_bad:
        click.echo(f"{counted(n_bad, 'row')} of the fingerprint files cannot be used", err=True)
    reasons: Counter[str] = Counter()
    with ExitStack() as stack:
        keep = _keeper(stack, rejects)

        def reject(line: "BadLine") -> None:
            reasons[line.reject.reason] += 1
            keep(line)

        frames = judge_files(
            paths, known=known, layers=layers, processes=processes, tell=_tell, reject=reject
        )
        WRITERS[chosen](frames)
    _tell_rejects(reasons)


def _tell_rejects(reasons: Counter[str]) -> None:
    if reasons:
        told = ", ".join(f"{reason} {number:,}" for reason, number in sorted(reasons.items()))
        hold = "holds" if reasons.total() == 1 else "hold"
        click.echo(f"{counted(reasons.total(), 'line')} {hold} no measurement: {told}", err=True)


def _tell(file: str, wrong: str) -> None:
    words = {"cut": "its end is missing; what is whole of it is judged"}
    click.echo(f"{plain(file)}: {words.get(wrong, wrong)}", err=True)


def _keeper(stack: ExitStack, path: Path | None) -> "Callable[[BadLine], object]":
    if path is None:
        return lambda _: None
    rows = csv.writer(stack.enter_context(path.open("w", encoding="utf-8", newline="")))
    rows.writerow(("file", "line", "reason", "value"))
    return lambda bad: rows.writerow((bad.file, bad.record, bad.reject.reason, bad.reject.value))


def _write_csv(frames: Frames) -> None:
    import polars as pl

    for number, frame in enumerate(frames):
        flat = frame.with_columns(pl.col("evidence").list.join(" | "))
        sys.stdout.write(flat.write_csv(include_header=number == 0))


def _write_json(frames: Frames) -> None:
    import msgspec

    between = "["
    for frame in frames:
        for row in frame.iter_rows(named=True):
            click.echo(between + "\n" + msgspec.json.encode(row).decode(), nl=False)
            between = ","
    click.echo("[]" if between == "[" else "\n]")


def _write_parquet(frames: Frames) -> None:
    import pyarrow.parquet as pq

    if sys.stdout.isatty():
        raise click.UsageError("parquet is no text: send it to a file, overblock … > rows.parquet")
    with ExitStack() as stack:
        writer: pq.ParquetWriter | None = None
        for frame in frames:
            table = frame.to_arrow(compat_level=_oldest())
            if writer is None:
                writer = stack.enter_context(pq.ParquetWriter(sys.stdout.buffer, table.schema))
            writer.write_table(table)


def _oldest() -> "pl.CompatLevel":
    """Plain Arrow strings, which every reader of Parquet knows."""
    import polars as pl

    return pl.CompatLevel.oldest()


def _write_table(frames: Frames) -> None:
    import polars as pl

    from overblock.cli._tables import console, table

    counts: Counter[tuple[str | None, str]] = Counter()
    shown: list[tuple[object, ...]] = []
    why: Counter[str] = Counter()
    n_more = 0
    for frame in frames:
        whole = frame.filter(pl.col("layer") == "all")
        for test, blocked in whole.select("test", "blocked").iter_rows():
            counts[test, blocked] += 1
        hit = frame.filter(pl.col("blocked").is_in(TOLD))
        room = MOST_ROWS - len(shown)
        how = pl.concat_str("mechanism", "detail", separator=" ", ignore_nulls=True)
        told = hit.head(room).with_columns(pl.coalesce("target", "test").alias("target"), how=how)
        shown += told.select(*SHOWN).iter_rows()
        why.update(starmap(_decider, told.select("rule_id", "evidence").iter_rows()))
        n_more += len(hit) - min(len(hit), room)
    tests = sorted({test for test, _ in counts}, key=str)
    answers = ("yes", "no", "down", "unknown")
    rows = [(test, *(counts[test, each] for each in answers)) for test in tests]
    out = console()
    out.print(table(("test", *(f"#{each}" for each in answers)), rows, "Blocked?"))
    if shown:
        out.print()
        out.print(table(HEADS, [[each or "" for each in row] for row in shown]))
    if n_more:
        out.print(f"… and {n_more:,} more (--format csv has every row)")
    _write_reasons(why)


def _decider(rule_id: str, evidence: list[str]) -> str:
    """The rule that a verdict follows: of the one layer that it names, else its own."""
    followed = [fact for name, _, fact in (each.partition("=") for each in evidence)
                if name.endswith("_rule")]  # fmt: skip
    return followed[0] if len(followed) == 1 else rule_id


def _write_reasons(why: Counter[str]) -> None:
    """What the rules behind the rows say, so that nobody has to look them up."""
    from overblock.cli._tables import console, table
    from overblock.reports.measured.rule_words import rule_words

    known = {rule: rule_words(rule) for rule in why}
    rows = [(rule, why[rule], words.because) for rule, words in sorted(known.items()) if words]
    if rows:
        out = console()
        out.print()
        out.print(table(("=rule", "#rows", "/because"), rows, "Why"))


SHOWN = ("target", "probe_cc", "blocked", "how", "feature", "rule_id")
HEADS = ("/target", "cc", "blocked", "/how", "/feature", "=rule_id")
WRITERS: dict[str, Callable[[Frames], None]] = {
    "table": _write_table,
    "json": _write_json,
    "csv": _write_csv,
    "parquet": _write_parquet,
}
