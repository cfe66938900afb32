"""The envelope of measurements as columns: who measured what, when, from where, and what is odd.

One row a measurement, in the order in which they were added, so that what else is drawn from the
same measurements can be laid beside it.
"""

import polars as pl

from overblock.measurements.batches import Line, digest_of
from overblock.measurements.documents import Measurement
from overblock.measurements.flags import AHEAD, BEHIND, FIRST, LAST, LATE
from overblock.measurements.targets import target_of

DIGEST = "digest:"  # what stands before the digest of a line, where it is the key
MOST_SIGNS = 2048  # of a target: the longest that browsers take
SHORT_SIGNS = 256  # of a name, a version, an id
SCRUBBED = "[scrubbed]"
MOST_UID = 128  # signs of a key
UID_MOMENT = 21  # signs of the moment with which most keys begin

_SCHEMA: dict[str, pl.DataType] = {
    "measurement_uid": pl.String(),
    "artefact": pl.String(),
    "file": pl.String(),
    "record": pl.UInt32(),
    "test": pl.String(),
    "test_version": pl.String(),
    "start": pl.String(),
    "uid_given": pl.Boolean(),
    "filed_at": pl.Datetime("us", "UTC"),
    "filed_cc": pl.String(),
    "cc": pl.String(),
    "asn": pl.String(),
    "resolver": pl.String(),
    "resolver_ip": pl.String(),
    "target": pl.String(),
    "report_id": pl.String(),
    "software_name": pl.String(),
    "software_version": pl.String(),
    "bad": pl.Boolean(),
}
_PLAIN_URL = r"^https?://[a-z0-9_-]+(\.[a-z0-9_-]+)*(:[0-9]+)?(/[!-~]*)?$"


class Envelopes:
    """Gathers measurements in ``rows``; `frame` makes the columns of them."""

    def __init__(self) -> None:
        self.rows: list[tuple[object, ...]] = []

    def __len__(self) -> int:
        """How many were added."""
        return len(self.rows)

    def add(self, line: Line, measurement: Measurement) -> None:
        """Take what the envelope of a measurement says."""
        file, uid = line.file, measurement.measurement_uid or line.file.uid
        given = uid is not None and _is_key(uid)
        self.rows.append(
            (
                uid if given else DIGEST + digest_of(line.raw),
                file.artefact,
                file.name,
                line.record,
                measurement.test_name,
                measurement.test_version,
                measurement.measurement_start_time or measurement.test_start_time,
                given,
                file.received_at,
                file.country,
                measurement.probe_cc,
                measurement.probe_asn,
                measurement.resolver_asn,
                measurement.resolver_ip,
                _joined(measurement.input),
                measurement.report_id,
                measurement.software_name,
                measurement.software_version,
                bool(measurement.bad_fields),
            )
        )

    def join(self, later: "Envelopes") -> None:
        """Take what another one gathered, after what was added here."""
        self.rows += later.rows

    def frame(self) -> pl.DataFrame:
        """One row a measurement, in order: `overblock.tables.MEASUREMENTS` but for ``digest``.

        ``artefact`` is empty where no files are kept.
        """
        columns = zip(*self.rows, strict=True) if self.rows else ([] for _ in _SCHEMA)
        raw = pl.DataFrame(
            [
                pl.Series(name, column, kind)
                for (name, kind), column in zip(_SCHEMA.items(), columns, strict=True)
            ]
        )
        return (
            raw.with_columns(
                started_at=_moments(raw["start"]),
                received_at=pl.when("uid_given").then(_uid_moment()).fill_null(pl.col("filed_at")),
                probe_cc=_country("cc"),
                probe_asn=_network("asn"),
                resolver_asn=_network("resolver"),
                long=pl.col("target").str.len_bytes() > MOST_SIGNS,
            )
            .with_columns(
                target=_targets(raw["target"].str.slice(0, MOST_SIGNS)),
                flags=_flags(),
                software=_short(_software()),
            )
            .select(
                *("measurement_uid", "artefact", "file", "record", _short(pl.col("test"))),
                *(_short(pl.col("test_version")), "started_at", "received_at"),
                *("probe_cc", "probe_asn", "resolver_asn", "target"),
                *(_short(pl.col("report_id")), "software", "flags"),
            )
        )


def _is_key(uid: str) -> bool:
    """Whether a collector may have given it: a few signs of ASCII that can be seen."""
    plain = uid.isascii() and uid.isprintable() and " " not in uid
    return plain and 0 < len(uid) <= MOST_UID and not uid.startswith(DIGEST)


def _joined(given: str | list[str] | None) -> str | None:
    return " ".join(given) if isinstance(given, list) else given


def _short(text: pl.Expr) -> pl.Expr:
    """Text that is not empty, and no longer than such texts are."""
    return pl.when(text != "").then(text.str.slice(0, SHORT_SIGNS))


def _software() -> pl.Expr:
    return pl.concat_str("software_name", "software_version", separator=" ", ignore_nulls=True)


def _country(name: str) -> pl.Expr:
    code = pl.col(name).str.to_uppercase()
    return pl.when(code.str.contains("^[A-Z]{2}$") & (code != "ZZ")).then(code)


def _network(name: str) -> pl.Expr:
    number = pl.col(name).str.strip_prefix("AS").cast(pl.UInt32, strict=False)
    return pl.when(number > 0).then(number)


def _moments(written: pl.Series) -> pl.Series:
    """``2015-12-23 10:11:12``, as OONI writes it in UTC; old documents have other forms."""
    text = written.str.slice(0, SHORT_SIGNS)
    plain = text.str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False)
    if plain.null_count() > written.null_count():
        plain = text.to_frame("text").select(_other_moment(pl.col("text"))).to_series()
    return plain.dt.replace_time_zone("UTC")


def _other_moment(text: pl.Expr) -> pl.Expr:
    plain = text.str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False)
    other = text.str.replace("T", " ").str.replace(r"(\.\d+)?Z?$", "")
    plain = plain.fill_null(
        other.str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False)
    )
    seconds = text.cast(pl.Float64, strict=False)
    usual = seconds.is_between(0, LAST.timestamp())  # an epoch, in the oldest
    return plain.fill_null(
        pl.from_epoch(pl.when(usual).then(seconds * 1e6).cast(pl.Int64), time_unit="us")
    )


def _uid_moment() -> pl.Expr:
    """When the collector took it in, as its key says."""
    uid = pl.col("measurement_uid")
    found = pl.when(uid.str.contains(r"^\d{14}\.\d{6}_")).then(uid.str.slice(0, UID_MOMENT))
    at = found.str.to_datetime("%Y%m%d%H%M%S%.6f", time_unit="us", strict=False)
    at = at.dt.replace_time_zone("UTC")
    return pl.when(at.is_between(FIRST, LAST)).then(at)


def _flags() -> pl.Expr:
    started, received = pl.col("started_at"), pl.col("received_at")
    behind = (started < FIRST) | (received - started > BEHIND)
    holds = {
        "bad_field": pl.col("bad") | pl.col("long"),
        "foreign_resolver": pl.col("resolver_asn") != pl.col("probe_asn"),
        "future_clock": started - received > AHEAD,
        "late": (received - started > LATE) & ~behind,
        "no_clock": started.is_null(),
        "no_country": pl.col("probe_cc").is_null(),
        "no_network": pl.col("probe_asn").is_null(),
        "no_uid": ~pl.col("uid_given"),
        "old_clock": behind,
        "scrubbed": pl.col("resolver_ip") == SCRUBBED,
        "wrong_country": pl.col("filed_cc") != pl.col("probe_cc"),
    }
    flags = [pl.when(condition).then(pl.lit(flag)) for flag, condition in holds.items()]
    return pl.concat_list(flags).list.drop_nulls()


def _targets(written: pl.Series) -> pl.Series:
    """Inputs in the canonical form; nearly all are in it already."""
    text = written.str.strip_chars()
    odd = text.filter(~text.str.contains(_PLAIN_URL)).unique()
    if odd.is_empty():
        return text
    known = {each: target_of(each) for each in odd}
    return text.replace(known).replace("", None)
