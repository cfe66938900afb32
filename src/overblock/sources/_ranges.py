"""What the sources of address ranges share: lines, addresses from text, rows and rejects.

A reader of ranges makes a frame with ``record`` (1-based), ``value`` (what to show of a bad
record) and ``reason`` (null while nothing is wrong), adds the address columns of
`overblock.tables.HOLDER_RANGES` with a function of this module, and hands it to `reading`.
A prefix with host bits is refused: in these files it is a slip of the publisher, and either
mending of it would be a guess.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeAlias, TypeVar

import msgspec
import polars as pl

from overblock.addresses.codec import parse_addresses
from overblock.errors import SourceDrift
from overblock.sources import Reading, first_reason
from overblock.sources._lines import BLANKS
from overblock.tables import HOLDER_RANGES, REJECTS

MOST_BYTES = 1 << 28  # ten times the largest of these feeds; more is no feed but an attack
VALUE_SIGNS = 200  # as much of a bad record as its reject shows

Struct = TypeVar("Struct", bound=msgspec.Struct)
Row: TypeAlias = tuple[str | None, str | None, str | None]  # prefix, service, region


def bounded(raw: bytes, feed: str) -> bytes:
    """Return ``raw`` if it can be the feed: not empty, not a web page, not too large.

    Raises:
        SourceDrift: it cannot.
    """
    if len(raw) > MOST_BYTES:
        raise SourceDrift(f"{feed}: {len(raw)} bytes, more than the {MOST_BYTES} that are read")
    start = raw[:200].lstrip()
    if not start:
        raise SourceDrift(f"{feed}: the file is empty or begins with nothing but blanks")
    if start.startswith(b"<"):
        raise SourceDrift(f"{feed}: a web page, not a list: {raw[:80]!r}")
    return raw


def decoded(raw: bytes, form: type[Struct], feed: str) -> Struct:
    """Decode ``raw`` into ``form``.

    Raises:
        SourceDrift: it is not JSON, or not of that form.
    """
    try:
        return msgspec.json.decode(bounded(raw, feed), type=form)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SourceDrift(f"{feed}: {error}: {raw[:80]!r}") from error


def json_records(
    raws: Iterable[msgspec.Raw], form: type[Struct], row: Callable[[Struct], Row]
) -> pl.DataFrame:
    """Decode each record by itself, so that a bad one is a reject and not the end of the file.

    ``row`` gives the prefix, service and region of a record.
    """
    rows: list[tuple[str | None, ...]] = []
    for raw in raws:
        text = bytes(raw).decode(errors="replace")
        try:
            rows.append((text, None, *row(msgspec.json.decode(raw, type=form))))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            rows.append((text, "bad_record", None, None, None))
    columns = ("value", "reason", "prefix", "service", "region")
    schema = pl.Schema(dict.fromkeys(columns, pl.String))
    return pl.DataFrame(rows, schema=schema, orient="row").with_row_index("record", offset=1)


def lines(raw: bytes, feed: str) -> pl.DataFrame:
    """The lines of a text with their numbers: ``record``, ``value`` and a null ``reason``.

    Blanks around a line are dropped, and so are empty lines and those that begin with ``#``.
    Bytes that are no UTF-8 become U+FFFD, which no address holds.
    """
    text = bounded(raw, feed).decode(errors="replace")
    return (
        pl.select(pl.lit(text).str.split("\n").explode().alias("value"))
        .with_row_index("record", offset=1)
        .with_columns(pl.col("value").str.strip_chars(BLANKS), reason=pl.lit(None, dtype=pl.String))
        .filter(pl.col("value") != "", ~pl.col("value").str.starts_with("#"))
    )


def fields(records: pl.DataFrame, separator: str, names: Iterable[str]) -> pl.DataFrame:
    """Cut each ``value`` at ``separator``; a line with fewer or more fields is a reject.

    The last name takes all that follows if it begins with ``*``.
    """
    wanted = list(names)
    rest = wanted[-1].startswith("*")
    wanted[-1] = wanted[-1].lstrip("*")
    cut = pl.col("value").str.splitn(separator, len(wanted) + (0 if rest else 1))
    held = [*wanted] if rest else [*wanted, "surplus"]
    apart = records.with_columns(cut.struct.rename_fields(held).alias("cut")).unnest("cut")
    too_many = pl.lit(value=False) if rest else pl.col("surplus").is_not_null()
    return refuse(
        apart,
        {"too_many_fields": too_many, "too_few_fields": pl.col(wanted[-1]).is_null()},
    )


def refuse(records: pl.DataFrame, rejects: dict[str, pl.Expr], *columns: str) -> pl.DataFrame:
    """Give each record that has no ``reason`` yet one: of ``columns``, else of ``rejects``.

    The first that is not null, or that holds, is taken.
    """
    reasons = [pl.col(column) for column in ("reason", *columns)]
    if rejects:
        reasons.append(first_reason(rejects))
    return records.with_columns(reason=pl.coalesce(reasons))


def with_prefix(records: pl.DataFrame) -> pl.DataFrame:
    """Add the address columns from the text in ``prefix``; what is none is refused."""
    parsed = parse_addresses(records["prefix"])
    return refuse(records.hstack(parsed), {}, "problem").drop("problem")


def with_range(records: pl.DataFrame) -> pl.DataFrame:
    """Add the address columns from the texts in ``first`` and ``last``, both inside.

    A network in the place of an address, two families, or a last before its first: no range.
    """
    first, last = (parse_addresses(records[name]) for name in ("first", "last"))
    ranged = records.hstack(first).with_columns(last["ipv4_until"], last["ipv6_last"])
    lone = (first["ipv4_until"] - first["ipv4_from"] == 1).fill_null(value=False)
    lone = lone & (last["ipv4_until"] - last["ipv4_from"] == 1).fill_null(value=False)
    lone6 = (first["ipv6_first"] == first["ipv6_last"]).fill_null(value=False)
    lone6 = lone6 & (last["ipv6_first"] == last["ipv6_last"]).fill_null(value=False)
    forward = (pl.col("ipv4_from") < pl.col("ipv4_until")) & lone
    forward6 = (pl.col("ipv6_first") <= pl.col("ipv6_last")) & lone6
    is_range = forward.fill_null(value=False) | forward6.fill_null(value=False)
    return refuse(ranged, {"bad_range": ~is_range}, "problem").drop("problem")


def reading(records: pl.DataFrame, published_at: datetime | None) -> Reading:
    """Rows of `holder_ranges` in file order, and the rejects.

    Columns that ``records`` lacks are null.  A second row with the same key as one before it
    says nothing that could be kept beside it, and is a reject.
    """
    for column, kind in HOLDER_RANGES.schema().items():
        if column not in records.columns:
            records = records.with_columns(pl.lit(None, dtype=kind).alias(column))
    sound = pl.col("reason").is_null()
    again = sound & ~pl.struct(sound, *HOLDER_RANGES.key).is_first_distinct()
    judged = refuse(records, {"duplicate_range": again})
    rejects = judged.filter(~sound).select(
        pl.col("record").cast(pl.UInt32), "reason", pl.col("value").str.slice(0, VALUE_SIGNS)
    )
    rows = judged.filter(sound).select(
        pl.col(column).cast(kind) for column, kind in HOLDER_RANGES.schema().items()
    )
    return Reading(
        published_at=published_at, rows=HOLDER_RANGES.check(rows), rejects=REJECTS.check(rejects)
    )
