"""The envelope of measurements as columns: who measured what, when, from where, and what is odd.

One row a measurement, in the order in which they were added, so that what else is drawn from the
same measurements can be laid beside it.
"""

import operator
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import chain, count, repeat

import polars as pl

from overblock.measurements.envelope_rows import EnvelopeRows
from overblock.measurements.flags import AHEAD, BEHIND, FIRST, LAST, LATE
from overblock.measurements.targets import target_of
from overblock.tables import MEASUREMENTS

MOST_SIGNS = 2048  # of a target: the longest that browsers take
SHORT_SIGNS = 256  # of a name, a version, an id
SCRUBBED = "[scrubbed]"
UID_SECOND, UID_PART = (
    14,
    6,
)  # signs of the moment that most keys begin with

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
_GIVEN = tuple(column.name for column in MEASUREMENTS.columns if column.name != "digest")
_PLAIN_URL = r"^https?://[a-z0-9_-]+(\.[a-z0-9_-]+)*(:[0-9]+)?(/[!-~]*)?$"


class Envelopes(EnvelopeRows):
    """Gathers measurements; `frame` makes the columns of them."""

    def frame(self) -> pl.DataFrame:
        """One row a measurement, in order: `overblock.tables.MEASUREMENTS` but for ``digest``.

        ``artefact`` is empty where no files are kept.
        """
        raw = _columns(self.rows, _SCHEMA).hstack(self._of_files())
        read = raw.with_columns(
            started_at=_moments(raw["start"]),
            received_at=_uid_moment(),
            probe_cc=pl.col("cc").str.to_uppercase(),
            probe_asn=_number("asn"),
            resolver_asn=_number("resolver"),
            software=_software(),
            long=pl.col("target").str.len_bytes() > MOST_SIGNS,
            target=_targets(raw["target"].str.slice(0, MOST_SIGNS)),
        )
        known = read.with_columns(
            received_at=_given_moment(),
            probe_cc=pl.when(_is_country("probe_cc")).then("probe_cc"),
            probe_asn=pl.when(pl.col("probe_asn") > 0).then("probe_asn"),
            resolver_asn=pl.when(pl.col("resolver_asn") > 0).then("resolver_asn"),
            **{name: _short(name) for name in ("test", "test_version", "report_id", "software")},
        )
        return known.with_columns(_flags(known))[list(_GIVEN)]

    def _of_files(self) -> pl.DataFrame:
        """What the names of files say, a row each measurement."""
        files = [(each.artefact, each.name, each.received_at, each.country) for each in self.files]
        ends = [*self.begins[1:], len(self.rows)]
        lengths = map(operator.sub, ends, self.begins)
        places = chain.from_iterable(map(repeat, range(len(files)), lengths))
        return _columns(files, _FILE_SCHEMA)[pl.Series(list(places), dtype=pl.UInt32)]


def _columns(rows: Sequence[tuple[object, ...]], schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    columns = zip(*rows, strict=True) if rows else ([] for _ in schema)
    return pl.DataFrame(
        [
            pl.Series(name, column, kind)
            for (name, kind), column in zip(schema.items(), columns, strict=True)
        ]
    )


def _short(name: str) -> pl.Expr:
    """Text that is not empty, and no longer than such texts are."""
    return pl.when(pl.col(name) != "").then(pl.col(name).str.slice(0, SHORT_SIGNS))


def _software() -> pl.Expr:
    return pl.concat_str("software_name", "software_version", separator=" ", ignore_nulls=True)


def _is_country(name: str) -> pl.Expr:
    return pl.col(name).str.contains("^[A-Z]{2}$") & (pl.col(name) != "ZZ")


def _number(name: str) -> pl.Expr:
    return pl.col(name).str.strip_prefix("AS").cast(pl.UInt32, strict=False)


def _moments(written: pl.Series) -> pl.Series:
    """``2015-12-23 10:11:12``, as OONI writes it in UTC; old documents have other forms."""
    text = written.str.slice(0, SHORT_SIGNS)
    plain = text.str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False, cache=False)
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
    begin = uid.str.slice(0, UID_SECOND)
    second = begin.str.to_datetime("%Y%m%d%H%M%S", time_unit="us", strict=False, cache=False)
    part = uid.str.slice(UID_SECOND + 1, UID_PART).cast(pl.Int64, strict=False)
    at = (second.dt.timestamp("us") + part).cast(pl.Datetime("us", "UTC"))
    return pl.when(uid.str.contains(r"^\d{14}\.\d{6}_") & pl.col("uid_given")).then(at)


def _given_moment() -> pl.Expr:
    """That moment, if a collector can have given it; else the hour of its file."""
    usual = pl.col("received_at").is_between(FIRST, LAST)
    return pl.when(usual).then("received_at").otherwise("filed_at")


def _flags(known: pl.DataFrame) -> pl.Series:
    """What is odd about each; few things are, so that each list is made once."""
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
    bits = (when.cast(pl.UInt16) * (1 << bit) for bit, when in enumerate(holds.values()))
    code = known.select(pl.sum_horizontal(*bits)).to_series()
    alike = defaultdict[int, int](count().__next__)
    places = pl.Series(list(map(alike.__getitem__, code.to_list())), dtype=pl.UInt32)
    lists = [[flag for bit, flag in enumerate(holds) if each >> bit & 1] for each in alike]
    flags = pl.Series("flags", lists, pl.List(pl.String)).to_frame()
    return flags[places]["flags"]


def _targets(written: pl.Series) -> pl.Series:
    """Inputs in the canonical form; nearly all are in it already."""
    text = written.str.strip_chars()
    odd = text.filter(~text.str.contains(_PLAIN_URL)).unique()
    if odd.is_empty():
        return text
    known = {each: target_of(each) for each in odd}
    return text.replace(known).replace("", None)
