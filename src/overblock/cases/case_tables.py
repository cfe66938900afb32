"""The tables that a case folder may hold: one CSV file each, its columns and what they mean.

Only the claims are asked of every case; a case has of the others what its story needs.
"""

import polars as pl

from overblock.cases.forms import (
    METRICS,
    Field,
    Form,
    count,
    link,
    number,
    read_address,
    read_figure,
    read_network,
    text,
    time,
    words,
)
from overblock.cases.private_tables import COMPLAINTS, MEASUREMENTS

CONFIDENCE = words("confidence", "high", "medium", "low")

NETWORKS = Form(
    file="networks.csv",
    key=(),  # a network may be listed, released and listed again
    fields=(
        Field(
            name="network",
            read=read_network,
            fills={
                "network": pl.String(),
                "ipv4_from": pl.UInt64(),
                "ipv4_until": pl.UInt64(),
            },
        ),
        text("holder", required=False),
        time("listed_from"),
        time("listed_until", required=False),
        text("order_no", fills="decision_number", required=False),
        link(),
        text("source_note"),
        CONFIDENCE,
    ),
)
COUNTS = Form(
    file="counts.csv",
    key=("at_first", "at_precision", "metric", "value"),
    fields=(time("at"), words("metric", *METRICS), count("value"), link(), text("note")),
)
AFFECTED = Form(
    file="affected.csv",
    key=("service",),
    fields=(
        text("service"),
        text("domain", required=False),
        text("sector"),
        text("effect"),
        time("reported_at", required=False),
        text("hosted_on", required=False),
        link(),
    ),
)
CLAIMS = Form(
    file="claims.csv",
    key=("claim_id",),
    fields=(
        text("claim_id"),
        text("said_by"),
        time("said_at", required=False),
        text("about"),
        Field(
            name="figure",
            read=read_figure,
            fills={
                "figure": pl.String(),
                "figure_low": pl.Float64(),
                "figure_high": pl.Float64(),
            },
            required=False,
        ),
        text("unit", required=False),
        text("statement_summary", fills="statement"),
        link(),
    ),
)
SNAPSHOTS = Form(
    file="snapshots.csv",
    key=("at_first", "at_precision"),
    fields=(
        time("at"),
        count("networks"),
        count("single_addresses"),
        count("unique_ipv4", required=False),
        count("unique_ipv4_without_28_april_releases", required=False),
        text("note", required=False),
        link(),
    ),
)
EVENTS = Form(
    file="events.csv",
    key=(),  # one restriction may be reported by several
    fields=(
        time("at"),
        text("service"),
        text("feature"),
        words("action", "throttle", "restrict", "block", "unblock"),
        text("region", required=False),
        text("networks_or_isps", required=False),
        text("technique"),
        link(),
        CONFIDENCE,
    ),
)
TIMELINE = Form(
    file="timeline.csv",
    key=(),
    fields=(time("at"), text("kind"), text("actor"), text("summary"), link(), CONFIDENCE),
)
SERIES = Form(
    file="series.csv",
    key=("at_first", "at_precision", "service", "metric", "region"),
    fields=(
        time("at"),
        text("service"),
        text("metric"),
        text("region"),
        number("value_low"),
        number("value_high", required=False),
        text("unit"),
        count("n", required=False),
        text("note", required=False),
        link(),
    ),
)
WINDOWS = Form(
    file="windows.csv",
    key=("window_id",),
    fields=(
        text("window_id"),
        time("start_at"),
        time("end_at", required=False),
        count("minutes", required=False),
        words("weekday", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
        count("max_blocked_in_window", required=False),
        count("snapshots_in_window"),
    ),
)
IPS = Form(
    file="ips.csv",
    key=("ip",),
    fields=(
        Field(name="ip", read=read_address, fills={"ip": pl.String()}),
        time("first_seen"),
        time("last_seen"),
        count("snapshots"),
        text("provider"),
        text("service", required=False),
        text("region", required=False),
    ),
)
IP_SNAPSHOTS = Form(
    file="ip_snapshots.csv",
    key=("at_first",),
    fields=(
        time("at"),
        *(
            count(name)
            for name in (
                "blocked",
                "added",
                "removed",
                "cloudflare",
                "amazon_s3",
                "amazon_cloudfront",
                "amazon_other",
                "other",
                "truncated_suspect",
            )
        ),
    ),
)
SERVICES_HIT = Form(
    file="services_hit.csv",
    key=("service", "host"),
    fields=(
        text("service"),
        text("kind"),
        text("host", required=False),
        time("first_reported"),
        text("how_known"),
        link(),
        CONFIDENCE,
    ),
)
ASN_IMPACT = Form(
    file="ooni_asn_impact.csv",
    key=("asn",),
    fields=(count("asn"), text("name"), count("domains"), count("ips")),
)
CLAIM_NOTES = Form(
    file="claim_checks.csv",
    key=("claim_id",),
    fields=(text("claim_id"), text("verdict"), text("note"), text("compared_with")),
)

FORMS = {
    form.file.removesuffix(".csv"): form
    for form in (
        CLAIMS,
        NETWORKS,
        COUNTS,
        AFFECTED,
        SNAPSHOTS,
        EVENTS,
        TIMELINE,
        SERIES,
        WINDOWS,
        IPS,
        IP_SNAPSHOTS,
        SERVICES_HIT,
        ASN_IMPACT,
        CLAIM_NOTES,
        COMPLAINTS,
        MEASUREMENTS,
    )
}
