"""Daily answers of OpenINTEL, which asks for all names of the top lists: Parquet, a row an answer.

Its columns, of which only those that a row needs are filled::

    query_type, query_name, response_type, response_name, timestamp (thousandths of a second),
    status_code, ip4_address, ip6_address, cname_name, ns_address, …

An address belongs to the name that was asked for; where the answer bears another name, aliases
led there, and that name is the chain.  A question of A or AAAA without an answer tells why by its
status code (65535 is OpenINTEL's own, for a time-out).  The addresses of name servers' questions
are signs.  All else is silent.  OpenINTEL asks from the Netherlands: a name that answers by place
may live elsewhere for others.
"""

from collections.abc import Iterator
from typing import IO

import polars as pl

from overblock.errors import SourceDrift
from overblock.sources import Reading, Source
from overblock.sources._parquet import batches, columns_of
from overblock.sources._resolutions import SIGNS, as_answers, reading, whole
from overblock.tables import RESOLUTIONS

NEEDED = ("query_type", "query_name", "response_type", "timestamp")
TEXTS = (
    *("query_type", "query_name", "response_type", "response_name"),
    *("ip4_address", "ip6_address", "cname_name", "ns_address"),
)
COLUMNS = (*TEXTS, "timestamp", "status_code")
OUTCOMES = {0: "no_answer", 2: "servfail", 3: "nxdomain", 5: "refused", 65535: "timeout"}
VANTAGE = "OpenINTEL, Netherlands"


def is_of_openintel(columns: list[str]) -> bool:
    """Whether columns are called as in these files."""
    return set(NEEDED) <= set(columns)


def stream(opened: IO[bytes]) -> Iterator[Reading]:
    """Read the file, some rows at a time.

    Raises:
        SourceDrift: it is no whole Parquet file, or lacks a column that is needed.
    """
    columns = columns_of(opened, "openintel_parquet")
    if not is_of_openintel(columns):
        missing = ", ".join(sorted(set(NEEDED) - set(columns)))
        raise SourceDrift(f"openintel_parquet: no column {missing}")
    wanted = [column for column in COLUMNS if column in columns]
    for frame in batches(opened, "openintel_parquet", wanted):
        yield _read_batch(_in_form(frame))


def read(raw: bytes) -> Reading:
    """Read the file whole; see `stream`."""
    if not raw:
        raise SourceDrift("openintel_parquet: the file is empty")
    return whole(stream, raw)


def _in_form(frame: pl.DataFrame) -> pl.DataFrame:
    """All columns, as text but for the status; the moment in thousandths of a second."""
    nested = [name for name in frame.columns if frame.schema[name].is_nested()]
    if nested or any(frame.schema[name] == pl.Binary for name in frame.columns):
        raise SourceDrift(f"openintel_parquet: columns of another type: {frame.schema}")
    kind = frame.schema["timestamp"]
    moment = pl.col("timestamp")
    millis = moment.dt.epoch("ms") if kind.is_temporal() else moment.cast(pl.Int64, strict=False)
    present = {name: pl.col(name).cast(pl.String, strict=False) for name in frame.columns}
    columns = {name: present.get(name, pl.lit(None, pl.String)) for name in COLUMNS}
    columns["timestamp"] = millis.cast(pl.String)
    columns["status_code"] = columns["status_code"].cast(pl.Int64, strict=False)
    return frame.select("record", **columns)


def _read_batch(frame: pl.DataFrame) -> Reading:
    asks = pl.col("query_type").is_in(["A", "AAAA"])
    address = pl.coalesce("ip4_address", "ip6_address")
    silent = pl.col("response_type").is_null()
    led = pl.col("response_name").str.to_lowercase().str.strip_suffix(".") != pl.col(
        "query_name"
    ).str.to_lowercase().str.strip_suffix(".")
    nothing = pl.lit([], pl.List(pl.String))
    answers = frame.filter(asks & (address.is_not_null() | silent))
    why = pl.col("status_code").replace_strict(OUTCOMES, default="error", return_dtype=pl.String)
    servers = frame.filter(pl.col("query_type") == "NS", pl.col("ns_address").is_not_null()).select(
        "record",
        name="query_name",
        sign=pl.lit("name_server"),
        value="ns_address",
        moment="timestamp",
    )
    told = as_answers(
        answers,
        value=pl.col("query_name"),
        name=pl.col("query_name").fill_null(""),
        address=address,
        outcome=pl.when(silent).then(why.fill_null("error")),
        moment=pl.col("timestamp"),
        vantage=pl.lit(VANTAGE),
        chain=pl.when(led.fill_null(value=False) & address.is_not_null())
        .then(pl.concat_list("response_name"))
        .otherwise(nothing),
    )
    return reading(told, servers.cast(SIGNS))


SOURCE = Source(
    name="openintel_parquet",
    title="OpenINTEL, daily answers for the names of top lists",
    country=None,
    homepage="https://openintel.nl/",
    licence="CC BY-NC-SA 4.0, and the terms of OpenINTEL",
    fills=RESOLUTIONS,
    at_least=1,
    read=read,
    stream=stream,
    files=r".*\.parquet",
)
