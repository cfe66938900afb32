"""Who a network is: the name that the tables of holders at hand have for its number.

A number of a network says little to who reads it, and a measurement carries no name that can be
trusted.  A table with numbers and names (``iptoasn``) says it at once.  The table that ships has
names without numbers, and ``caida_pfx2as`` numbers without names: together they name a network by
the ranges that it announces.  What none knows stays a number.
"""

from collections.abc import Iterable
from datetime import datetime

from overblock.errors import StoreDamaged
from overblock.reports.checks.check import holder_tables
from overblock.reports.checks.connections import connected
from overblock.reports.checks.lookup import Desk
from overblock.store import View
from overblock.tables import HOLDER_RANGES

BOTH, NUMBERS, NAMES = "iptoasn", "caida_pfx2as", "geoip2fast_bundle"
# Of several names of a number that of most ranges answers, of equals the first in the alphabet.
SAID = """SELECT asn, as_name FROM holder_ranges
WHERE asn IN (SELECT unnest($numbers::UINTEGER[])) AND as_name <> ''
GROUP BY asn, as_name
QUALIFY row_number() OVER (PARTITION BY asn ORDER BY count(*) DESC, as_name) = 1"""
ANNOUNCED = r"""SELECT announced.asn, named.as_name
FROM (
    SELECT asn, ipv4_from FROM holder_ranges
    WHERE asn IN (SELECT unnest($numbers::UINTEGER[])) AND ipv4_from IS NOT NULL) AS announced
ASOF JOIN (
    SELECT ipv4_from, ipv4_until, as_name FROM holder_ranges
    WHERE asn IS NULL AND as_name <> '' AND ipv4_from IS NOT NULL
        AND NOT regexp_matches(as_name, '^\{?AS\d')) AS named
ON named.ipv4_from <= announced.ipv4_from
WHERE announced.ipv4_from < named.ipv4_until
GROUP BY announced.asn, named.as_name
QUALIFY row_number() OVER (PARTITION BY announced.asn ORDER BY count(*) DESC, as_name) = 1"""


def network_names(view: View, numbers: Iterable[int | None], at: datetime) -> dict[int, str]:
    """The names of those networks that tables at hand know, by their AS numbers.

    Of tables of one kind the one nearest in time to ``at`` answers; one that cannot be read names
    nobody, as what is asked about was measured without it.
    """
    wanted = {number for number in numbers if number}
    nearest = _nearest(view, at)
    named: dict[int, str] = {}
    for statement, kinds in ((SAID, (BOTH,)), (ANNOUNCED, (NUMBERS, NAMES))):
        left = sorted(wanted - named.keys())
        if left and all(kind in nearest for kind in kinds):
            named |= _named(view, statement, [nearest[kind] for kind in kinds], left)
    return named


def _named(view: View, statement: str, tables: list[str], numbers: list[int]) -> dict[int, str]:
    try:
        with connected() as connection:
            desk = Desk(connection, view)
            desk.open(HOLDER_RANGES, *tables)
            rows = desk.ask(statement, {"numbers": numbers})
    except StoreDamaged as error:
        view.told(error)  # raises where asking anew may help
        return {}
    return {row["asn"]: row["as_name"] for row in rows}


def _nearest(view: View, at: datetime) -> dict[str, str]:
    """Of each source of holders its table nearest in time."""
    found: dict[str, str] = {}
    for table in holder_tables(view, at):
        found.setdefault(table.partition("@")[0], table)
    return found
