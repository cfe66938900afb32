"""Moments as files of names write them, a whole column at once."""

import polars as pl

INSTANT = pl.Datetime("us", "UTC")
USUAL = "%Y-%m-%dT%H:%M:%SZ"
DIGITS = r"^[0-9]{9,19}$"  # seconds since 1970, or thousandths, millionths, billionths of them
DECIMALS = r"^[0-9]{9,11}\.[0-9]+$"
ZONED = r"(?i)(Z|[+-]\d\d:?\d\d)$"
FIRST_YEAR, LAST_YEAR = 1985, 2199  # of names in DNS; beyond, a moment is a slip


def moments(written: pl.Series) -> pl.Series:
    """Moments as instants: ISO 8601 (UTC where no zone is said) or seconds since 1970.

    Numbers of thousandths, millionths and billionths of a second are told by their length.  Null
    for what is none, and for what lies before 1985 or after 2199.
    """
    text = written.cast(pl.String).str.strip_chars()
    found = text.str.to_datetime(USUAL, time_unit="us", strict=False).dt.replace_time_zone("UTC")
    rest = (found.is_null() & text.is_not_null()).arg_true()
    if len(rest):
        found = found.scatter(rest, _in_any_form(text.gather(rest)))
    sound = found.dt.year().is_between(FIRST_YEAR, LAST_YEAR)
    frame = pl.DataFrame({"seen_at": found}).select(pl.when(sound).then("seen_at").alias("seen_at"))
    return frame.to_series()


def _in_any_form(written: pl.Series) -> pl.Series:
    text = pl.col("text")
    number, length = text.cast(pl.Int64, strict=False), text.str.len_bytes()
    micros = (
        pl.when(length <= 11).then(number * 1_000_000)  # noqa: PLR2004  (digits of seconds)
        .when(length <= 14).then(number * 1_000)  # noqa: PLR2004  (of thousandths)
        .when(length <= 17).then(number)  # noqa: PLR2004  (of millionths)
        .otherwise(number // 1_000)
    )  # fmt: skip
    fraction = (text.cast(pl.Float64, strict=False) * 1e6).cast(pl.Int64, strict=False)
    is_number, is_decimal = text.str.contains(DIGITS), text.str.contains(DECIMALS)
    counted = pl.when(is_number).then(micros).when(is_decimal).then(fraction)
    iso = text.str.replace(" ", "T", literal=True)
    iso = pl.when(length == len("2018-04-16")).then(iso + "T00:00:00").otherwise(iso)
    iso = pl.when(iso.str.contains(ZONED)).then(iso).otherwise(iso + "Z")
    instant = iso.str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False)
    found = pl.DataFrame({"text": written}).select(pl.coalesce(counted.cast(INSTANT), instant))
    return found.to_series()
