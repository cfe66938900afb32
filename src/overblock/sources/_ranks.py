"""What the lists of popular names share: a rank and a name a line, and the buckets of ranks.

A rank below the first hundred thousand is mostly noise, so answers go by bucket: the least power
of ten, from 1,000 on, that holds the rank.
"""

from io import BytesIO
from typing import Literal, TypeAlias

import polars as pl

from overblock.errors import SourceDrift
from overblock.names.columns import ADDRESS_LIKE, canonical_names
from overblock.sources import Reading, first_reason
from overblock.sources._lines import as_frame, blocks
from overblock.tables import NAME_RANKS, REJECTS

BUCKETS = tuple(10**power for power in range(3, 10))
VALUE_SIGNS = 200
Meaning: TypeAlias = Literal["rank", "bucket"]  # of the number in a line


def lines_of(raw: bytes, feed: str) -> pl.DataFrame:
    """All lines that are not empty: ``record``, ``value`` and ``reason``.

    Raises:
        SourceDrift: there is none, or it is a web page or in UTF-16.
    """
    frames = [as_frame(block) for block in blocks(BytesIO(raw), feed)]
    whole = pl.concat(frames).with_columns(pl.col("value").str.strip_chars())
    return whole.filter(pl.col("value") != "")


def ranks_reading(lines: pl.DataFrame, feed: str, meaning: Meaning = "rank") -> Reading:
    """Rows of `name_ranks` from lines with ``name`` and ``number`` as written.

    A name that stood in a record before is a reject; where the number is a bucket, names stand
    several times by the feed's own nature, and the best bucket is kept.

    Raises:
        SourceDrift: not one line holds a name and a number.
    """
    number = pl.col("number").str.strip_chars()
    counted = pl.when(number.str.contains(r"^[1-9][0-9]{0,8}$")).then(number)
    judged = lines.with_columns(
        canonical_names(lines["name"].fill_null("")).alias("canonical"),
        rank=counted.cast(pl.UInt32, strict=False),
    )
    nameless = pl.col("canonical").is_null()
    reasons = {
        "too_few_fields": pl.col("number").is_null() | pl.col("name").is_null(),
        "bad_rank": pl.col("rank").is_null(),
        "no_name_but_address": nameless & pl.col("name").str.contains(ADDRESS_LIKE),
        "bad_name": nameless,
    }
    judged = judged.with_columns(reason=pl.coalesce("reason", first_reason(reasons)))
    sound = judged.filter(pl.col("reason").is_null())
    if sound.is_empty():
        shown = lines["value"].head(1).to_list()
        raise SourceDrift(f"{feed}: not one line of a rank and a name; it begins with {shown}")
    if meaning == "bucket":
        sound = sound.sort("rank", "record")
    first = sound.unique("canonical", keep="first", maintain_order=True)
    again = sound.join(first.select("record"), on="record", how="anti")
    refused = [judged.filter(pl.col("reason").is_not_null())]
    if meaning == "rank":
        refused.append(again.with_columns(reason=pl.lit("repeated_name")))
    return Reading(
        published_at=None, rows=_rows(first, meaning), rejects=_rejects(pl.concat(refused))
    )


def _rows(sound: pl.DataFrame, meaning: Meaning) -> pl.DataFrame:
    bucket = pl.coalesce(
        *(pl.when(pl.col("rank") <= bucket).then(pl.lit(bucket, pl.UInt32)) for bucket in BUCKETS)
    )
    rank = pl.col("rank") if meaning == "rank" else pl.lit(None, pl.UInt32)
    rows = sound.select(
        pl.col("record").cast(pl.UInt32), name="canonical", rank=rank, bucket=bucket
    )
    return NAME_RANKS.check(rows.sort("record"))


def _rejects(refused: pl.DataFrame) -> pl.DataFrame:
    return REJECTS.check(
        refused.sort("record").select(
            pl.col("record").cast(pl.UInt32), "reason", pl.col("value").str.slice(0, VALUE_SIGNS)
        )
    )
