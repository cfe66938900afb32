"""Addresses that are observed to be blocked: which, in which network, from when to when.

The rule is OONI's (June 2026), for one address, network and hour: the control reaches it (more
than 5 measurements, fewer than 1 % failing) and the network does not (at least 2, more than 90 %
failing); or one measurement there was shown a forged certificate.  What is seen at an address is
taken from connections (tcp) and handshakes (tls) to it, of all tests and targets together.
"""

from datetime import timedelta

import polars as pl

from overblock.addresses.codec import parse_addresses
from overblock.addresses.intervals import IntervalSet

CONTROL_MORE_THAN = 5  # measurements
CONTROL_FAILS_BELOW = 0.01
INSIDE_AT_LEAST = 2  # measurements
INSIDE_FAILS_ABOVE = 0.9
FORGED = ("cert_name", "cert_authority")  # failure classes of a certificate that is another's
OWN_TROUBLE = ("unreachable", "probe_bug")  # and of a probe that never got out
HOUR = timedelta(hours=1)
PLACE = ["probe_cc", "probe_asn", "address"]


def blocked_hours(observations: pl.DataFrame) -> pl.DataFrame:
    """In which hours an address was blocked in a network, and on what evidence.

    Args:
        observations: rows of `OBSERVATIONS`.

    Returns:
        ``probe_cc``, ``probe_asn``, ``address`` (text), ``hour_at``, ``n_inside``, ``n_failed``,
        ``n_forged``, ``n_control``, ``n_control_failed`` and ``reason`` (``fails_inside`` or
        ``forged_certificate``), sorted.  A network that is not known is none.
    """
    return judge_hours(outcomes(observations))


def judge_hours(measured: pl.DataFrame) -> pl.DataFrame:
    """The same, of what `outcomes` returns: of several parts under one another, as it may be."""
    told = measured.lazy()
    control = (
        told.filter(pl.col("vantage") == "control")
        .group_by("address", "hour_at")
        .agg(
            n_control=pl.len(),
            n_control_failed=pl.col("failed").sum(),
            n_control_tls=pl.col("shown").sum(),
        )
    )
    inside = (
        told.filter((pl.col("vantage") == "probe") & pl.col("probe_asn").is_not_null())
        .group_by(*PLACE, "hour_at")
        .agg(
            n_inside=pl.len(),
            n_failed=pl.col("failed").sum(),
            n_forged=pl.col("forged").sum(),
        )
    )
    counts = ["n_inside", "n_failed", "n_forged", "n_control", "n_control_failed"]
    return (
        inside.join(control, on=["address", "hour_at"])
        .with_columns(reason=_reason())
        .filter(pl.col("reason").is_not_null())
        .select(*PLACE, "hour_at", *counts, "reason")
        .with_columns(pl.col(counts).cast(pl.UInt32))
        .sort(*PLACE, "hour_at", nulls_last=True)
        .collect()
    )


def _reason() -> pl.Expr:
    """Why an address counts as blocked in an hour; null where it does not."""
    works = (pl.col("n_control") > CONTROL_MORE_THAN) & (
        pl.col("n_control_failed") < CONTROL_FAILS_BELOW * pl.col("n_control")
    )
    fails = (pl.col("n_inside") >= INSIDE_AT_LEAST) & (
        pl.col("n_failed") > INSIDE_FAILS_ABOVE * pl.col("n_inside")
    )
    forged = (pl.col("n_forged") > 0) & (pl.col("n_control_tls") > 0)
    return (
        pl.when(works & fails)
        .then(pl.lit("fails_inside"))
        .when(forged)
        .then(pl.lit("forged_certificate"))
    )


def outcomes(observations: pl.DataFrame) -> pl.DataFrame:
    """How each measurement fared at each address: a row for each and its vantage point.

    A handshake outdoes the connections: it fails if all its handshakes with the address failed,
    or, where none was tried, all its connections.  What only shows a probe without a way out says
    nothing of the address.
    """
    tls, fails = pl.col("layer") == "tls", pl.col("failure").is_not_null()
    of_own = pl.col("failure_class").is_in(OWN_TROUBLE)
    return (
        observations.lazy()
        .filter(
            pl.col("layer").is_in(["tcp", "tls"])
            & pl.col("address").is_not_null()
            & pl.col("observed_at").is_not_null()
            & ~(fails & of_own.fill_null(value=False))
        )
        .group_by(
            "measurement_uid", "vantage", *PLACE, hour_at=pl.col("observed_at").dt.truncate("1h")
        )
        .agg(
            n_tls=tls.sum(),
            tls_failed=(tls & fails).sum(),
            n_tcp=(~tls).sum(),
            tcp_failed=(~tls & fails).sum(),
            forged=(tls & pl.col("failure_class").is_in(FORGED)).any(),
        )
        .with_columns(
            shown=pl.col("tls_failed") < pl.col("n_tls"),
            failed=pl.when(pl.col("n_tls") > 0)
            .then(pl.col("tls_failed") == pl.col("n_tls"))
            .otherwise(pl.col("tcp_failed") == pl.col("n_tcp")),
        )
        .select("vantage", *PLACE, "hour_at", "shown", "failed", "forged")
        .collect()
    )


def blocked_intervals(hours: pl.DataFrame) -> pl.DataFrame:
    """From when to when addresses were blocked: blocked hours that follow one another, as one.

    An hour without enough measurements ends an interval: nobody knows.

    Args:
        hours: what `blocked_hours` returns.

    Returns:
        ``probe_cc``, ``probe_asn``, ``address``, the four columns of an address, ``blocked_from``,
        ``blocked_until`` (half-open), and the counts summed, sorted.  What is no plain address
        is left out.
    """
    follows = (pl.col("hour_at").diff() == HOUR).over(PLACE).fill_null(value=False)
    runs = (
        hours.sort(*PLACE, "hour_at", nulls_last=True)
        .with_columns(run=(~follows).cum_sum())
        .group_by(*PLACE, "run", maintain_order=True)
        .agg(
            pl.col("n_inside", "n_failed", "n_forged", "n_control").sum(),
            blocked_from=pl.col("hour_at").first(),
            blocked_until=pl.col("hour_at").last() + HOUR,
            n_hours=pl.len(),
            reasons=pl.col("reason").unique().sort(),
        )
        .drop("run")
    )
    parsed = parse_addresses(runs["address"])
    joined = pl.concat([runs, parsed], how="horizontal").filter(pl.col("problem").is_null())
    return joined.select(*PLACE, *parsed.columns[:4], pl.exclude(*PLACE, *parsed.columns))


def blocked_set(intervals: pl.DataFrame) -> IntervalSet:
    """The IPv4 addresses of blocked intervals, to be set beside what a register lists."""
    ipv4 = intervals.drop_nulls("ipv4_from")
    return IntervalSet.of(ipv4["ipv4_from"].to_numpy(), ipv4["ipv4_until"].to_numpy())
