"""Small worlds of names for tests: resolutions in an observatory, as an ingest leaves them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

import polars as pl

from overblock.store import Store
from overblock.tables import RESOLUTIONS

SEEN = datetime(2015, 1, 2, tzinfo=UTC)


def resolution(
    number: int,
    name: str,
    answer: str | None,
    *,
    outcome: str = "address",
    chain: tuple[str, ...] = (),
) -> dict[str, Any]:
    """One answer about a name; no address where ``answer`` is none."""
    address = ip_address(answer) if answer and outcome == "address" else None
    return {
        "record": number,
        "name": name,
        "ipv4": int(address) if address and address.version == 4 else None,
        "ipv6": address.packed if address and address.version == 6 else None,
        "outcome": outcome if answer or outcome != "address" else "nxdomain",
        "answer": answer if outcome == "bogon" else None,
        "seen_at": SEEN,
        "vantage": None,
        "chain": list(chain),
    }


def resolutions(pairs: Iterable[tuple[str, str | None]]) -> pl.DataFrame:
    """Names and their addresses, as the table `resolutions`."""
    rows = [resolution(number, *pair) for number, pair in enumerate(pairs, start=1)]
    return pl.DataFrame(rows, schema=RESOLUTIONS.schema()).sort("name")


def keep(store: Store, pairs: Iterable[tuple[str, str | None]], partition: str) -> None:
    """Put resolutions into an observatory; ``partition`` is a source and a day."""
    with store.writing(partition) as writer:
        writer.replace(RESOLUTIONS, partition, resolutions(pairs))
        writer.publish()
