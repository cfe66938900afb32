"""Who else is hit where measurements show addresses to be blocked, listed or not.

The addresses are those of the rule in `overblock.events.addresses`: they fail in a network and
work at the control.  Names are counted as `overblock.reports.collateral.collateral` counts them on
listed addresses; here nothing is ordered and nothing is attached, and nobody is named.  All counts
are bounds from below: an address that nobody tried is not seen to be blocked, whether it is or not.
"""

import io
from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec
import polars as pl

from overblock.addresses.codec import parse_addresses
from overblock.errors import SourceDrift
from overblock.registers.extent import ipv4_set
from overblock.reports.answers import SnapshotFacts
from overblock.reports.collateral.answer import Figure, NamesFacts, Totals
from overblock.reports.collateral.collateral import Question, Wanted, collateral, names_hit
from overblock.reports.measured.blocked_addresses import BlockedAddressesAnswer
from overblock.reports.registers.states import State
from overblock.tables import ADDRESS_COLUMNS

OBSERVED: Final = "observed"
NEEDED = ("probe_cc", "probe_asn", "address", "blocked_from", "blocked_until")
MOMENT = pl.Datetime("us", "UTC")
ROWS = pl.Schema({
    "probe_cc": pl.String(), "probe_asn": pl.Int64(), "address": pl.String(),
    "blocked_from": MOMENT, "blocked_until": MOMENT,
})  # fmt: skip


class ObservedFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The observed addresses that figures rest on."""

    ipv4: int  # addresses, each once
    ipv6: int
    networks: int  # in which they are blocked, one or several of them
    countries: list[str]
    blocked_from: datetime | None  # the first hour in which one was blocked
    blocked_until: datetime | None  # the end of the last; half-open
    tried: int | None  # addresses that any network tried, blocked or not; null: a file does not say
    rejects: int  # rows without an address


class ObservedCollateral(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``overblock collateral observed``."""

    observed: ObservedFacts
    at: datetime  # the moment for which names were chosen
    level: str  # of the evidence: the addresses were measured, the names on them were not
    targets_given: list[str]  # counted as targets because who asked said so
    names: NamesFacts
    totals: Totals  # hit: at least; not_hit: not seen to be, tried or not
    groups: list[Figure]  # each group and reach, also where the count is 0
    by: str
    split: list[Figure]
    split_from: str | None


def rows_of_answer(answer: BlockedAddressesAnswer) -> pl.DataFrame:
    """What ``overblock events --addresses`` answers, as rows."""
    rows = [tuple(getattr(row, name) for name in ROWS) for row in answer.rows]
    return pl.DataFrame(rows, ROWS, orient="row")


def rows_of_file(content: bytes) -> pl.DataFrame:
    """The same from the CSV that it writes.

    Raises:
        SourceDrift: it is no such table, or a moment or network in it is none.
    """
    try:
        table = pl.read_csv(io.BytesIO(content), infer_schema=False)
        if missing := set(NEEDED) - set(table.columns):
            raise SourceDrift(
                f"no table of observed addresses: no column {', '.join(sorted(missing))}; "
                "overblock events --addresses --format csv writes one"
            )
        moments = [
            pl.col(name).str.to_datetime(time_unit="us", time_zone="UTC", strict=True)
            for name in ("blocked_from", "blocked_until")
        ]
        return table.select(NEEDED).with_columns(*moments).cast(ROWS)
    except pl.exceptions.PolarsError as error:
        raise SourceDrift(f"no table of observed addresses: {str(error)[:200]}") from error


def observed_state(rows: pl.DataFrame, tried: int | None = None) -> tuple[State, ObservedFacts]:
    """What stands for a register's state, and the facts to tell of it.

    Args:
        rows: of `ROWS`, an address and network each.
        tried: how many addresses any network tried.
    """
    parsed = parse_addresses(rows["address"].fill_null(""))
    sound = parsed["problem"].is_null()
    addresses = parsed.filter(sound).select(ADDRESS_COLUMNS).with_columns(kind=pl.lit("ordered"))
    kept = rows.filter(sound)
    begins, ends = kept["blocked_from"].min(), kept["blocked_until"].max()
    facts = ObservedFacts(
        ipv4=ipv4_set(addresses).size,
        ipv6=addresses["ipv6_first"].drop_nulls().n_unique(),
        networks=kept["probe_asn"].drop_nulls().n_unique(),
        countries=kept["probe_cc"].drop_nulls().unique().sort().to_list(),
        blocked_from=begins if isinstance(begins, datetime) else None,
        blocked_until=ends if isinstance(ends, datetime) else None,
        tried=tried,
        rejects=len(rows) - len(kept),
    )
    named = pl.DataFrame(schema={"resource_kind": pl.String, "resource": pl.String})
    state = State(
        register=OBSERVED,
        at=facts.blocked_until,
        snapshot=SnapshotFacts(
            published_at=None, digest=None, records=len(rows), rejects=facts.rejects, flags=[]
        ),
        addresses=addresses,
        unconfirmed=addresses.clear(),
        naming=lambda: named,
    )
    return state, facts


def observed_collateral(question: Question, facts: ObservedFacts) -> ObservedCollateral:
    """Count the names of a question whose state is that of observed addresses.

    Raises:
        MissingNames: they have no addresses, or nothing says the key asked for.
    """
    answer = collateral(question)
    return ObservedCollateral(
        observed=facts,
        at=answer.at,
        level=OBSERVED,
        targets_given=answer.targets_given,
        names=answer.names,
        totals=answer.totals,
        groups=[_unlisted(figure) for figure in answer.groups],
        by=answer.by,
        split=[_unlisted(figure) for figure in answer.split],
        split_from=answer.split_from,
    )


def names_observed(question: Question, wanted: Wanted = "hit") -> Iterator[pl.DataFrame]:
    """The names themselves; ``n_observed`` are those of their addresses that are blocked."""
    for frame in names_hit(question, wanted):
        yield frame.rename({"n_listed": "n_observed"}).drop("n_ordered", "n_attached", "hit_since")


def _unlisted(figure: Figure) -> Figure:
    """Nobody ordered an address that is merely observed."""
    return msgspec.structs.replace(figure, count_ordered=0, count_attached=0)
