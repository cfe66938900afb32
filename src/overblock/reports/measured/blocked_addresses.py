"""Which addresses are observed to be blocked, where and when: of an observatory or of files.

Nothing here is listed or ordered: it fails inside and works at the control.  What a register says
of the same addresses is another question, asked with the set that the rows make.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

import msgspec
import polars as pl

from overblock.artefacts.measurements import find_files, read_blocks
from overblock.errors import UsageError
from overblock.events.addresses import blocked_intervals, blocked_set, judge_hours, outcomes
from overblock.measurements.batches import BadLine, decoded
from overblock.measurements.envelope import Envelopes
from overblock.measurements.observations import Observations
from overblock.reports.measured.events import (
    BATCH,
    Selection,
    partitions_of,
    tell_rejects,
)
from overblock.reports.measured.given import Given, sort_out
from overblock.store import View
from overblock.tables import OBSERVATIONS


class BlockedAddress(msgspec.Struct, frozen=True, kw_only=True):
    """One address in one network, for as long as each hour had enough measurements."""

    probe_cc: str | None
    probe_asn: int
    address: str
    blocked_from: datetime
    blocked_until: datetime  # half-open
    n_hours: int
    n_inside: int  # measurements in the network
    n_failed: int  # of these
    n_forged: int  # of these: shown a forged certificate
    n_control: int  # measurements of the control
    reasons: list[str]  # fails_inside, forged_certificate


class BlockedAddressesAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``overblock events --addresses``."""

    selection: Selection
    n_ipv4: int  # addresses, each once
    n_ipv6: int
    n_networks: int
    n_tried: int  # addresses that any network tried, blocked or not
    rows: list[BlockedAddress]


def addresses_in_store(view: View, selection: Selection) -> BlockedAddressesAnswer:
    """Blocked addresses of the observations in an observatory."""
    days = partitions_of(view.partitions(OBSERVATIONS), selection, timedelta(days=1))
    wanted = pl.col("layer").is_in(["tcp", "tls"])
    parts = [outcomes(view.scan(OBSERVATIONS, day).filter(wanted).collect()) for day in days]
    return _answer(parts, selection)


def addresses_of_files(
    paths: Sequence[str],
    selection: Selection,
    tell: Callable[[str, str], object] = lambda _file, _wrong: None,
) -> BlockedAddressesAnswer:
    """Blocked addresses of files of measurements; what two files hold counts once.

    Raises:
        UsageError: a file is a table: verdicts and series do not say which addresses were tried.
        FetchFailed: nothing is there, or it cannot be read.
    """
    given = sort_out(paths)
    if given.tables:
        raise UsageError(
            f"{given.tables[0]}: a table says nothing of addresses; give the measurements"
        )
    seen: set[str] = set()
    parts = [
        _first_seen(envelopes, observations, seen)
        for envelopes, observations in _batches(given, tell)
    ]
    return _answer(parts, selection)


def _batches(
    given: Given, tell: Callable[[str, str], object]
) -> Iterator[tuple[Envelopes, Observations]]:
    """Some measurements at a time."""
    envelopes, observations, bad = Envelopes(), Observations(), list[BadLine]()
    for file in find_files(given.measurements):
        reasons = Counter[str]()
        for block in read_blocks(file, tell, stdin=given.stdin):
            for line, measurement in decoded(block, bad):
                observations.add(measurement)
                envelopes.add(line, measurement)
            reasons.update(one.reject.reason for one in bad)
            bad.clear()
            if len(envelopes) >= BATCH:
                yield envelopes, observations
                envelopes, observations = Envelopes(), Observations()
        tell_rejects(file.name, reasons, tell)
    yield envelopes, observations


def _first_seen(envelopes: Envelopes, observations: Observations, seen: set[str]) -> pl.DataFrame:
    """How the measurements that are not among those ``seen`` fared; they are put there."""
    frame = envelopes.frame()
    uid = frame["measurement_uid"]
    first = uid.is_first_distinct() & ~uid.is_in(list(seen))
    seen.update(uid)
    kept = frame.filter(first).select("measurement_uid")
    return outcomes(observations.frame(frame).join(kept, on="measurement_uid", how="semi"))


def _answer(parts: Sequence[pl.DataFrame], selection: Selection) -> BlockedAddressesAnswer:
    measured = pl.concat(parts) if parts else outcomes(OBSERVATIONS.empty())
    if selection.since:
        measured = measured.filter(pl.col("hour_at") >= selection.since)
    if selection.until:
        measured = measured.filter(pl.col("hour_at") < selection.until)
    inside = pl.col("vantage") == "probe"
    asked = pl.lit(value=True)
    if selection.probe_cc is not None:
        asked &= pl.col("probe_cc") == selection.probe_cc
    if selection.probe_asn is not None:
        asked &= pl.col("probe_asn") == selection.probe_asn
    held = measured.filter(~inside | asked)  # the control speaks for all, whoever asked it
    found = blocked_intervals(judge_hours(held))
    return BlockedAddressesAnswer(
        selection=selection,
        n_ipv4=blocked_set(found).size,
        n_ipv6=found["ipv6_first"].drop_nulls().n_unique(),
        n_networks=found["probe_asn"].n_unique(),
        n_tried=held.filter(inside)["address"].n_unique(),
        rows=[BlockedAddress(**row) for row in found.drop("^ipv[46]_.*$").iter_rows(named=True)],
    )
