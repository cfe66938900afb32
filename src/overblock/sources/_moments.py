"""Moments as files of names write them, a whole column at once."""

import polars as pl

INSTANT = pl.Datetime("us", "UTC")
DIGITS = r"^[0-9]{9,19}$"  # seconds since 1970, or thousandths, millionths, billionths of them
DECIMALS = r"^[0-9]{9,11}\.[0-9]+$"
ZONED = r"(?i)(Z|[+-]\d\d:?\d\d)$"
FIRST_YEAR, LAST_YEAR = 1985, 2199  # of names in DNS; beyond, a moment is a slip


def moments(written: pl.Series) -> pl.Series:
    """Moments as instants: ISO 8601 (UTC where no zone is said) or seconds since 1970.

    Numbers of thousandths, millionths and billionths of a second are told by their length.  Null
    for what is none, and for what lies before 1985 or after 2199.
    """
    text = pl.col("text").str.strip_chars()
    number = pl.col("text").str.strip_chars().cast(pl.Int64, strict=False)
    length = text.str.len_bytes()
    micros = (
        pl.when(length <= 11).then(number * 1_000_000)  # noqa: PLR2004  (digits of seconds)
        .when(length <= 14).then(number * 1_000)  # noqa: PLR2004  (of thousandths)
        .when(length <= 17).then(number)  # noqa: PLR2004  (of millionths)
        .otherwise(number // 1_000)
    )  # fmt: skip
    iso = text.str.replace(" ", "T", literal=True)
    iso = pl.when(length == len("2018-04-16")).then(iso + "T00:00:00").otherwise(iso)
    iso = pl.when(iso.str.contains(ZONED)).then(iso).otherwise(iso + "Z")
    fraction = (text.cast(pl.Float64, strict=False) * 1e6).cast(pl.Int64, strict=False)
    counted = (
        pl.when(text.str.contains(DIGITS))
        .then(micros)
        .when(text.str.contains(DECIMALS))
        .then(fraction)
    )
    frame = pl.DataFrame({"text": written.cast(pl.String)})
    if not len(frame) or written.null_count() == len(written):
        return pl.Series("seen_at", [None], dtype=INSTANT).new_from_index(0, len(written))
    found = frame.select(
        seen_at=pl.coalesce(
            counted.cast(INSTANT),
            iso.str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False),
        )
    )
    sound = pl.col("seen_at").dt.year().is_between(FIRST_YEAR, LAST_YEAR)
    return found.select(pl.when(sound).then("seen_at").alias("seen_at")).to_series()
