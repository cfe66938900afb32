"""Replay a case: its tables in, the figures that can be defended out, each a frame.

Nothing here reads a file or a clock.  Addresses are united before they are counted, so no address
counts twice, however many networks or decisions hold it; groups may therefore overlap, and the
total is never their sum.
"""

from datetime import datetime
from typing import Literal, TypeAlias

import polars as pl

from overblock.addresses.intervals import IntervalSet
from overblock.cases.checks import Bound, CountCheck
from overblock.cases.listings import Listings
from overblock.cases.loading import Case
from overblock.cases.quantities import Measured, measure, target_addresses
from overblock.cases.times import Moment
from overblock.cases.verdicts import judge

Grouping: TypeAlias = Literal["holder", "decision"]
COLUMNS: dict[Grouping, str] = {"holder": "holder", "decision": "decision_number"}
SERIES = pl.Schema(
    {
        "at": pl.Datetime("us", "UTC"),
        "low": pl.Int64(),
        "high": pl.Int64(),
        "target_low": pl.Int64(),
        "target_high": pl.Int64(),
    }
)
GROUPS = pl.Schema(
    {
        "key": pl.String(),  # null: not established
        "ipv4": pl.Int64(),
        "share": pl.Float64(),  # of all listed
        "networks": pl.Int64(),
        "since": pl.Datetime("us", "UTC"),  # when its first network may have been listed
        "since_date": pl.Date(),  # the same, as a day of the place
        "witness": pl.String(),  # its largest network
    }
)
DECISIONS = pl.Schema(
    {
        **GROUPS,
        "authority": pl.String(),
        "decision_date": pl.Date(),
        "days_before_listing": pl.Int64(),
    }
)
SECTORS = pl.Schema(
    {
        "sector": pl.String(),
        "services": pl.Int64(),
        "dated": pl.Int64(),
        "with_domain": pl.Int64(),
        "with_host": pl.Int64(),
        "first_reported_date": pl.Date(),  # a day of the place
        "share": pl.Float64(),  # of all services reported
    }
)
JUDGED = pl.Schema(
    {
        "quantity": pl.String(),  # what was measured; null: nothing
        "evidence": pl.String(),  # listed: the networks say so; reported: press and users do
        "during_from": pl.Datetime("us", "UTC"),
        "during_until": pl.Datetime("us", "UTC"),
        "low": pl.Float64(),
        "high": pl.Float64(),
        "measured_unit": pl.String(),  # of low and high, where it is not the claim's
        "said": pl.String(),
        "verdict": pl.String(),
        "off_by": pl.Float64(),  # measured less said, where they are nearest
        "off_share": pl.Float64(),
        "why": pl.String(),  # why it cannot be tested, or what to know of the verdict
        "source_url": pl.String(),
    }
)
CLAIMS = pl.Schema(
    {
        "claim_id": pl.String(),
        "said_by": pl.String(),
        "said_date": pl.Date(),  # a day of the place
        "about": pl.String(),
        "figure": pl.String(),
        "unit": pl.String(),
        "statement": pl.String(),
        **JUDGED,
    }
)
COUNTS = pl.Schema(
    {
        "moment": pl.String(),
        "reported": pl.String(),
        "count_at": pl.String(),
        "metric": pl.String(),
        "value": pl.Int64(),
        **JUDGED,
    }
)


def standing_at(case: Case, at: datetime) -> pl.DataFrame:
    """The rows of ``networks.csv`` that stand listed at ``at``, in the low reading."""
    return case.networks.filter(pl.Series(Listings.of(case.networks).standing(at, "low")))


def united(networks: pl.DataFrame) -> IntervalSet:
    """The addresses of some rows of ``networks.csv``, each once."""
    return IntervalSet.of(networks["ipv4_from"].to_numpy(), networks["ipv4_until"].to_numpy())


def extent_series(case: Case) -> pl.DataFrame:
    """How much stood listed, at the first moment documented and at each change until the last.

    Columns ``at``, ``low`` and ``high`` (all that was blocked, with what had been before),
    ``target_low`` and ``target_high`` (of them, the target's own).  Each row holds until the next.

    A day's last instant is a row of its own where networks are known to have been put on the list
    in that day, as then, and not before, they all stand: it is what *late that day* is read from.
    Where others were released with the next day it lasts a microsecond, which is how two dates
    meet; a drawing may leave it out, a figure of the end of that day rests on it.
    """
    listings, own = Listings.of(case.networks), target_addresses(case)
    window = Moment(first=case.documented_from.first, last=case.documented_until.last)
    rows = []
    for at in listings.changes(window):
        low = listings.addresses(listings.standing(at, "low"))
        high = listings.addresses(listings.standing(at, "high"))
        extra = case.facts.background
        rows.append((at, low.size + extra, high.size + extra, (low & own).size, (high & own).size))
    return pl.DataFrame(rows, schema=SERIES, orient="row")


def group_listed(case: Case, at: datetime, by: Grouping) -> pl.DataFrame:
    """What stood listed at ``at`` by holder or by decision, the largest group first.

    By decision two columns more say when it was made and how many days later its first network
    was listed: an old order put to a new use stands out by itself.
    """
    listed = standing_at(case, at)
    total, offset = united(listed).size, case.zone.utcoffset(None)
    rows = [
        (
            key,
            (size := united(group).size),
            size / total,
            group.height,
            since,
            (since + offset).date(),
            _largest(group),
        )
        for (key,), group in listed.sort("listed_from_first").group_by(
            [COLUMNS[by]], maintain_order=True
        )
        for since in group["listed_from_first"].head(1)
    ]
    grouped = pl.DataFrame(rows, schema=GROUPS, orient="row").sort(
        ["ipv4", "key"], descending=[True, False]
    )
    return _with_decisions(case, grouped) if by == "decision" else grouped


def _largest(networks: pl.DataFrame) -> str:
    size = pl.col("ipv4_until") - pl.col("ipv4_from")
    largest: str = networks.sort(size, "ipv4_from", descending=[True, False])["network"][0]
    return largest


def _with_decisions(case: Case, grouped: pl.DataFrame) -> pl.DataFrame:
    decisions = pl.DataFrame(
        [(decision.number, decision.authority, decision.date) for decision in case.facts.decisions],
        schema={"key": pl.String, "authority": pl.String, "decision_date": pl.Date},
        orient="row",
    )
    return grouped.join(decisions, on="key", how="left", maintain_order="left").with_columns(
        days_before_listing=(pl.col("since_date") - pl.col("decision_date")).dt.total_days()
    )


def services_hit(case: Case) -> pl.DataFrame:
    """Services reported hit: ``service``, ``sector``, ``domain``, ``hosted_on``, ``reported_at_*``.

    A case tells of them in `affected.csv`, or with how each is known in `services_hit.csv`.
    """
    if not case.affected.is_empty():
        return case.affected
    hit = case.table("services_hit")
    return hit.select(
        "service",
        sector=pl.col("kind"),
        domain=pl.col("host"),
        hosted_on=pl.lit(None, pl.String()),
        reported_at_first=pl.col("first_reported_first"),
        reported_at_last=pl.col("first_reported_last"),
    )


def sectors_hit(case: Case) -> pl.DataFrame:
    """Services reported hit by sector, with how many of each say what could be checked."""
    return (
        services_hit(case)
        .group_by("sector")
        .agg(
            services=pl.len().cast(pl.Int64),
            dated=pl.col("reported_at_first").count().cast(pl.Int64),
            with_domain=pl.col("domain").count().cast(pl.Int64),
            with_host=pl.col("hosted_on").count().cast(pl.Int64),
            first_reported_date=_local_date(case, pl.col("reported_at_first").min()),
        )
        .with_columns(share=pl.col("services") / pl.col("services").sum())
        .select(SECTORS.names())
        .sort(["services", "sector"], descending=[True, False])
    )


def judged_counts(case: Case) -> pl.DataFrame:
    """Every reported count against the networks: its reading, and how far off it is."""
    rows = []
    for bound in case.count_checks:
        check = bound.check
        counted = check if isinstance(check, CountCheck) else CountCheck()
        rows.append(
            {
                "moment": counted.moment or None,
                "reported": counted.reported or None,
                "count_at": counted.count_at or None,
                "metric": counted.metric or None,
                "value": counted.value,
                **_judged(case, bound),
            }
        )
    return pl.DataFrame(rows, schema=COUNTS)


def judged_claims(case: Case) -> pl.DataFrame:
    """Every claim with its verdict, in the order of ``claims.csv``."""
    rows = [_judged(case, bound) for bound in case.claim_checks]
    told = case.claims.select(
        "claim_id",
        "said_by",
        said_date=_local_date(case, pl.col("said_at_first")),
        about=pl.col("about"),
        figure=pl.col("figure"),
        unit=pl.col("unit"),
        statement=pl.col("statement"),
    )
    return told.hstack(pl.DataFrame(rows, schema=JUDGED))


def _judged(case: Case, bound: Bound) -> dict[str, object]:
    check, during = bound.check, bound.during
    measured: Measured | None = measure(case, bound)
    verdict = judge(check, measured, bound.figure_low, bound.figure_high)
    if during is not None and check.reading == "end":
        during = Moment(first=during.last, last=during.last)
    return {
        "quantity": check.measured,
        "evidence": check.evidence if measured else None,
        "during_from": during.first if during else None,
        "during_until": during.last if during else None,
        "low": measured.low if measured else None,
        "high": measured.high if measured else None,
        "measured_unit": check.unit or None,
        "said": check.said,
        "verdict": verdict.state,
        "off_by": verdict.off_by,
        "off_share": verdict.off_share,
        "why": check.cannot or check.note or None,
        "source_url": bound.source_url or None,
    }


def _local_date(case: Case, at: pl.Expr) -> pl.Expr:
    """The day that people of the place call it: decisions and statements are dated so."""
    return (at + case.zone.utcoffset(None)).dt.date()
