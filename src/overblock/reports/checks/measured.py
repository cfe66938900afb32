"""What was measured of a target before a moment: verdicts counted by network.

A name or page is asked for by its host, over all pages of it; an address by the measurements in
which it was seen.  Only the days before the moment are looked through, and how many is said.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from overblock.addresses.single import Network
from overblock.reports.checks.connections import connected
from overblock.reports.checks.lookup import Desk
from overblock.reports.collateral.neighbours import host_of, network_text
from overblock.reports.measured.network_names import network_names
from overblock.reports.targets import Target, read_target
from overblock.store import View
from overblock.tables import OBSERVATIONS, VERDICTS
from overblock.tables.measurements import UNDATED

DAYS = 92  # looked through, up to the moment
MOST_NETWORKS = 30
COUNTED = """
SELECT probe_cc, probe_asn, count(*) AS measurements,
    count(*) FILTER (state = 'ok') AS ok,
    count(*) FILTER (state IN ('blocked', 'partly', 'throttled')) AS blocked,
    count(*) FILTER (state = 'down') AS down,
    count(*) FILTER (state IN ('refused', 'challenged')) AS refused,
    count(*) FILTER (state = 'insufficient') AS insufficient,
    max(epoch_us(started_at)) AS seen_at
FROM verdicts WHERE feature = 'all' AND layer = 'all' AND """
OF_HOST = """(target = $host OR (
    starts_with(target, 'http') AND regexp_extract(target, '^https?://([^/?#:]*)', 1) = $host))"""
OF_ADDRESS = """measurement_uid IN (
    SELECT measurement_uid FROM observations WHERE address = $address)"""
ORDERED = " GROUP BY ALL ORDER BY blocked DESC, measurements DESC, probe_cc, probe_asn"


class NetworkVerdicts(msgspec.Struct, frozen=True, kw_only=True):
    """Verdicts on the target in one network."""

    probe_cc: str | None
    probe_asn: int | None
    measurements: int
    ok: int
    blocked: int  # also partly, and throttled
    down: int  # for everybody
    refused: int  # by the site itself, or by a captcha
    insufficient: int
    seen_at: datetime | None  # the last, by the probe's clock
    as_name: str | None = None  # by the tables of holders at hand; null: none knows the number


class MeasuredAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the measurements at hand say of a target."""

    asked_as: str  # the host or address that was looked for
    since: str | None  # the first and last day looked through; null: there are none at hand
    until: str | None
    measurements: int
    networks_in_all: int
    networks: list[NetworkVerdicts]  # those with most blocks first


def measured(view: View, written: str, at: datetime) -> MeasuredAnswer | None:
    """Verdicts on a target in the days before a moment; None for a network, which has none.

    Raises:
        BadAddress: it is no address, network, name or page.
    """
    asked = _asked(read_target(written))
    if asked is None:
        return None
    days = _days(view, at)
    condition, values = asked
    rows = _counted(view, days, condition, values) if days else []
    shown = rows[:MOST_NETWORKS]
    names = network_names(view, [row["probe_asn"] for row in shown], at)
    networks = [NetworkVerdicts(**row, as_name=names.get(row["probe_asn"])) for row in shown]
    return MeasuredAnswer(
        asked_as=next(iter(values.values())),
        since=min(days, default=None),
        until=max(days, default=None),
        measurements=sum(row["measurements"] for row in rows),
        networks_in_all=len(rows),
        networks=networks,
    )


def _asked(target: Target) -> tuple[str, dict[str, str]] | None:
    """The condition and what goes into it."""
    network = target.network
    if network is None:
        host = host_of(target)
        return (OF_HOST, {"host": host}) if host else None
    return (OF_ADDRESS, {"address": network_text(network)}) if _is_one(network) else None


def _is_one(network: Network) -> bool:
    return network.first == network.last


def _days(view: View, at: datetime) -> list[str]:
    """The days of measurements that are looked through."""
    first = f"{at - timedelta(days=DAYS):%Y-%m-%d}" if at.year > 1 else ""
    last = f"{at:%Y-%m-%d}"
    return [day for day in view.partitions(VERDICTS) if first <= day <= last and day != UNDATED]


def _counted(
    view: View, days: list[str], condition: str, values: dict[str, str]
) -> list[dict[str, Any]]:
    tables = (VERDICTS, OBSERVATIONS) if condition is OF_ADDRESS else (VERDICTS,)
    with connected() as connection:
        desk = Desk(connection, view)
        for table in tables:
            held = [day for day in days if view.paths(table, day)]
            if not held:
                return []
            desk.open(table, *held)
        return desk.ask(COUNTED + condition + ORDERED, values)
