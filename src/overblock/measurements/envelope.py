"""The envelope of measurements as columns: who measured what, when, from where, and what is odd.

One row a measurement, in the order in which they were added, so that what else is drawn from the
same measurements can be laid beside it.
"""

from collections.abc import Mapping, Sequence

import polars as pl

from overblock.measurements.envelope_rows import EnvelopeRows
from overblock.measurements.flags import AHEAD, BEHIND, FIRST, LAST, LATE
from overblock.measurements.targets import target_of

MOST_SIGNS = 2048  # of a target: the longest that browsers take
SHORT_SIGNS = 256  # of a name, a version, an id
SCRUBBED = "[scrubbed]"
UID_MOMENT = 21  # signs of the moment with which most keys begin

_SCHEMA: dict[str, pl.DataType] = {
    "measurement_uid": pl.String(),
    "record": pl.UInt32(),
    "test": pl.String(),
    "test_version": pl.String(),
    "start": pl.String(),
    "uid_given": pl.Boolean(),
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
_FILE_SCHEMA: dict[str, pl.DataType] = {
    "artefact": pl.String(),
    "file": pl.String(),
    "filed_at": pl.Datetime("us", "UTC"),
    "filed_cc": pl.String(),
}
_PLAIN_URL = r"^https?://[a-z0-9_-]+(\.[a-z0-9_-]+)*(:[0-9]+)?(/[!-~]*)?$"


class Envelopes(EnvelopeRows):
    """Gathers measurements; `frame` makes the columns of them."""

    def frame(self) -> pl.DataFrame:
        """One row a measurement, in order: `overblock.tables.MEASUREMENTS` but for ``digest``.

        ``artefact`` is empty where no files are kept.
        """
        raw = _columns(self.rows, _SCHEMA)
        files = [(each.artefact, each.name, each.received_at, each.country) for each in self.files]
        places = pl.Series(self.of_file, dtype=pl.UInt32)
        raw = raw.hstack(_columns(files, _FILE_SCHEMA).select(pl.all().gather(places)))
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


def _columns(rows: Sequence[tuple[object, ...]], schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    columns = zip(*rows, strict=True) if rows else ([] for _ in schema)
    return pl.DataFrame(
        [
            pl.Series(name, column, kind)
            for (name, kind), column in zip(schema.items(), columns, strict=True)
        ]
    )


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
