"""Files of measurements to verdicts, as they stream by: no observatory is needed, and nothing kept.

Each batch of measurements is judged and given out before the next is read, so that the memory does
not grow with the input.  A line that is no measurement becomes a row too: nobody can say.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TypeAlias

import msgspec
import polars as pl

from overblock.artefacts.measurements import find_files
from overblock.errors import FetchFailed, SourceDrift
from overblock.measurements.batches import BadLine
from overblock.measurements.envelope import Envelopes
from overblock.measurements.fingerprints import Fingerprint, Fingerprints, read_fingerprints
from overblock.measurements.verdicts import Judge, with_features_hit
from overblock.pipeline.ahead import beside
from overblock.pipeline.spreading import spread_files
from overblock.pipeline.taking import Signs, Taker

BATCH = 5000  # measurements that are judged in one go: enough to make the judging cheap
MOST_FINGERPRINT_BYTES = 64 << 20
NO_MEASUREMENT = "reject."  # what the rule of a line that is no measurement begins with


class VerdictAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What one measurement means, or one layer or feature of it."""

    file: str  # as it was given, or below the folder that was
    line: int  # 1-based
    measurement_uid: str | None  # null where the line is no measurement
    test: str | None
    started_at: str | None  # by the probe's clock
    probe_cc: str | None
    probe_asn: int | None
    target: str | None  # page, or service
    blocked: str  # yes, no, down (for everybody) or unknown
    state: str  # ok, down, blocked, partly, throttled, refused, challenged or insufficient
    mechanism: str | None  # dns, tcp, tls, http or throttle, + between several
    feature: str | None  # of a service: those that are hit, + between several
    layer: str  # all: the whole
    detail: str | None  # how, within the mechanism
    rule_id: str  # the rule that decided, or reject. and why the line is no measurement
    confidence: float | None  # 0 to 1: how far the rule is to be trusted
    evidence: list[str]  # the signs that the rule rests on


Gathered: TypeAlias = tuple[Judge, Envelopes, list[BadLine]]
Judged: TypeAlias = tuple[pl.DataFrame, list[BadLine]]
COLUMNS: tuple[str, ...] = VerdictAnswer.__struct_fields__


def judge_files(  # noqa: PLR0913  (the options of one command)
    paths: Sequence[str],
    *,
    known: Fingerprints | None = None,
    layers: bool = False,
    processes: int = 1,
    tell: Callable[[str, str], object] = lambda _file, _wrong: None,
    reject: Callable[[BadLine], object] = lambda _line: None,
) -> Iterator[pl.DataFrame]:
    """Verdicts on the measurements at ``paths``, in order, in frames with the fields of an answer.

    With ``layers``, every layer and feature has its row before the whole.  ``tell`` is told what
    is wrong with a file, ``reject`` of every line that is no measurement.

    Raises:
        FetchFailed: nothing is there, or it cannot be read.
        UnsafeArchive: an archive that is a bomb, or whose names leave their folder.
    """
    taken = spread_files(Taker(known), find_files(paths), tell, processes)
    judging = partial(_judged, layers=layers)
    with closing(taken):
        if processes == 1:
            given: Iterator[Judged] = (judging(each) for each in _gathered(taken) if each)
        else:  # the others must not wait for what is to be read because of what was
            given = beside(judging, _gathered(taken))
        for frame, bad in given:
            yield frame
            for each in bad:
                reject(each)


def _gathered(taken: Iterable[Signs]) -> Iterator[Gathered | None]:
    """Answers to enough measurements to be judged in one go; None after each but the last.

    Of nothing there is one, so that there is a frame without rows.
    """
    judge, envelopes, bad = Judge(), Envelopes(), list[BadLine]()
    n_given = 0
    for signs, rows, none in taken:
        judge.join(signs)
        envelopes.join(rows)
        bad += none
        yield None
        if len(judge) + len(bad) >= BATCH:
            yield judge, envelopes, bad
            judge, envelopes, bad = Judge(), Envelopes(), []
            n_given += 1
    if len(judge) or bad or not n_given:
        yield judge, envelopes, bad


def _judged(gathered: Gathered, *, layers: bool) -> Judged:
    judge, envelopes, bad = gathered
    verdicts = judge.verdicts(envelopes.frame(), layers=layers)
    rows = verdicts if layers else with_features_hit(verdicts)
    started = pl.col("started_at").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    found = rows.with_columns(started_at=started, line=pl.col("record")).select(COLUMNS)
    if not bad:
        return found, bad
    lines = pl.DataFrame(
        {
            "file": [each.file for each in bad],
            "line": pl.Series([each.record for each in bad], dtype=pl.UInt32),
            "blocked": "unknown",
            "state": "insufficient",
            "layer": "all",
            "rule_id": [NO_MEASUREMENT + each.reject.reason for each in bad],
            "evidence": pl.Series([[]] * len(bad), dtype=pl.List(pl.String)),
        }
    )
    return pl.concat([found, lines], how="diagonal").select(COLUMNS), bad


def load_fingerprints(paths: Sequence[Path]) -> tuple[Fingerprints | None, int]:
    """The block pages of fingerprint files, and how many of their rows are none; None without file.

    Raises:
        FetchFailed: a file cannot be read, or is far longer than such files are.
        SourceDrift: it has not the columns of one.
    """
    found: list[Fingerprint] = []
    n_bad = 0
    for path in paths:
        try:
            if path.stat().st_size > MOST_FINGERPRINT_BYTES:
                raise FetchFailed(f"{path}: longer than any file of fingerprints")
            read, bad = read_fingerprints(path.read_text("utf-8"))
        except OSError as error:
            raise FetchFailed(f"{path}: {error.strerror}") from error
        except ValueError as error:
            raise SourceDrift(f"{path}: {error}") from error
        found += read
        n_bad += bad
    return (Fingerprints(found) if paths else None), n_bad
