"""Who shares an address, by resolutions from files: only the rows that matter are held."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from overblock.addresses.intervals import IntervalSet
from overblock.addresses.ipv6 import Ipv6Set
from overblock.addresses.sixteen import from_series
from overblock.reports.checks.lookup import IPV4, Desk
from overblock.reports.collateral.neighbours import Rolls, host_of
from overblock.reports.names.worlds import Names
from overblock.reports.targets import Target
from overblock.tables import RESOLUTIONS


def rolls_of(desk: Desk, names: Names, targets: Sequence[Target]) -> Rolls:
    """Lay out what files say of some targets and of all who share an address with them.

    The files are read twice: for the addresses of the targets, then for those who live on them.
    """
    hosts = pl.Series([host for target in targets if (host := host_of(target))], dtype=pl.String)
    own = [batch.filter(pl.col("name").is_in(hosts.implode())) for batch in names.batches()]
    homes = pl.concat([RESOLUTIONS.empty(), *own])
    four, six = _sets(homes, targets)
    met = [RESOLUTIONS.empty(), homes]
    for batch in names.batches():
        on4, on6 = (batch.drop_nulls(version) for version in ("ipv4", "ipv6"))
        met.append(on4.filter(pl.Series(four.covers(on4["ipv4"].to_numpy()))))
        met.append(on6.filter(pl.Series(six.covers(from_series(on6["ipv6"])))))
    together = pl.concat(met)
    found = together.select("name", "ipv4", "ipv6").unique()
    desk.connection.register(RESOLUTIONS.name, found.to_arrow())
    days = [table.dated_at for table in names.tables if table.dated_at]
    seen = pl.select(together["seen_at"].max()).item()  # the rows say it better than the file's day
    return Rolls(desk, names.source, seen or min(days, default=None))


def _sets(homes: pl.DataFrame, targets: Sequence[Target]) -> tuple[IntervalSet, Ipv6Set]:
    """All addresses of the targets: their own, and those that their names resolved to."""
    networks = [target.network for target in targets if target.network]
    fours = [network for network in networks if network.version == IPV4]
    first4 = homes["ipv4"].drop_nulls().cast(pl.UInt64).to_numpy()
    four = IntervalSet.of(first4, first4 + np.uint64(1)) | IntervalSet.of(
        [network.first for network in fours], [network.last + 1 for network in fours]
    )
    sixes = [network for network in networks if network.version != IPV4]
    edges = [
        np.frombuffer(b"".join(edge.to_bytes(16, "big") for edge in found), "S16")
        for found in ([each.first for each in sixes], [each.last for each in sixes])
    ]
    first6 = from_series(homes["ipv6"].drop_nulls())
    return four, Ipv6Set.of(*edges) | Ipv6Set.of(first6, first6)
