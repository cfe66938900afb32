"""Aliases followed to where they lead, where a file gives them apart from the addresses.

Forward DNS as Rapid7 published it says in one line that ``www.shop.example`` is an alias of
``lb.cloud.example``, and anywhere else in tens of gigabytes where that one lives.  Most sites in
clouds are named so; without this step nobody could say of them whether they are hit.
"""

from collections.abc import Callable

import polars as pl

from overblock.tables import RESOLUTIONS

MOST_STEPS = 8  # as many as resolvers follow
ALIAS = "alias"
ANSWER = ("ipv4", "ipv6", "outcome", "answer")


def follow(aliases: pl.DataFrame, rows: Callable[[], pl.LazyFrame]) -> pl.DataFrame:
    """The answers that aliases lead to, each under the name that was asked for.

    ``aliases`` are rows of `overblock.tables.RESOLUTIONS` with that outcome; ``rows`` scans all
    rows of the file, aliases too.  The chain of a row grows by each step.  An alias of which
    nothing is said, that leads back to itself, or that goes on for more than eight steps stays
    what it is.
    """
    begun = aliases.with_columns(at=pl.col("chain").list.last())
    done = []
    for _ in range(MOST_STEPS):
        if begun.is_empty():
            break
        known = _said_of(begun["at"], rows)
        led = begun.drop(ANSWER).join(known, left_on="at", right_on="name", how="left")
        goes_on = (pl.col("outcome") == ALIAS).fill_null(value=False)
        loops = pl.col("chain").list.contains(pl.col("next")) | (pl.col("next") == pl.col("name"))
        again = goes_on & ~loops.fill_null(value=False)
        done.append(led.filter(~again).with_columns(pl.col("outcome").fill_null(ALIAS)))
        begun = (
            led.filter(again)
            .with_columns(chain=pl.concat_list("chain", "next"), at=pl.col("next"))
            .drop("next")  # else the next step would be judged by this one's
            .unique(["record", "name", "at"], keep="first", maintain_order=True)
        )
    done.append(begun)
    schema = RESOLUTIONS.schema()
    found = pl.concat([RESOLUTIONS.empty(), *(frame.select(*schema) for frame in done)])
    return found.unique(subset=RESOLUTIONS.key, keep="first", maintain_order=True)


def _said_of(names: pl.Series, rows: Callable[[], pl.LazyFrame]) -> pl.DataFrame:
    """What a file says of some names: answers, and for aliases the ``next`` name."""
    wanted = names.unique().alias("name").to_frame().lazy()
    return (
        rows()
        .select("name", *ANSWER, next=pl.col("chain").list.last())
        .join(wanted, on="name", how="semi")
        .unique()
        .collect(engine="streaming")
        .sort("name", *ANSWER, "next")
    )
