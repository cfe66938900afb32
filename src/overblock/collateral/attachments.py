"""Which site stood on which listed address, as the register itself says it: orders that miss.

An entry that names a site lists the addresses that the site had when somebody looked.  From these
pairs alone, without any resolutions, three signs can be read that an order hits others than it
names.  They are signs, not proof: the register says where a site was said to live, not where it
lived.

* *shared*: one address under entries that name different sites at the same time.
* *left behind*: a later entry against the same host gives other addresses only, and the old
  listing stands on.
* *corrected*: an entry's first addresses were all taken back within a day, and the entry stood on
  with others.

Sites are told apart by the label that somebody registered: ``shop.example.com`` and
``example.org`` are one site, as a mirror under another suffix is no bystander.  What people
registered below a shared suffix (``a.github.io``) is a site of its own.
"""

from datetime import datetime, timedelta
from functools import cache

import polars as pl
import tldextract

from overblock.instants import TICK, microseconds
from overblock.names.canonical import HOST_OF_PAGE
from overblock.registers.extent import counted_until

WITHIN = timedelta(days=1)  # by then a correction is a correction, later it is a move
PAIRS = pl.Schema({  # one host on one address, by one entry
    "entry_key": pl.String(),
    "host": pl.String(),
    "site": pl.String(),
    "resource": pl.String(),
    "begins": pl.Int64(),  # microseconds
    "ends": pl.Int64(),
})  # fmt: skip
SITES = pl.Schema({"host": pl.String(), "site": pl.String()})
SPANS = pl.Schema({  # maximal spans in which a sign holds, on one address
    "resource": pl.String(),
    "begins": pl.Int64(),
    "ends": pl.Int64(),
    "n_sites": pl.Int64(),  # at the most
})  # fmt: skip


def attachments(
    listings: pl.DataFrame, gaps: pl.DataFrame, begins: datetime, ends: datetime
) -> pl.DataFrame:
    """Which host stood on which address by which entry: rows of `PAIRS`, within two moments.

    ``listings`` and ``gaps`` are of one register, of the tables of these names.  A listing that
    was lost in a silence counts no further than to the end of that silence.
    """
    first, last = (microseconds(moment) for moment in (begins, ends))
    names = listings.filter(pl.col("resource_kind").is_in(["domain", "domain_mask", "url"]))
    page = pl.col("resource_kind") == "url"
    hosts = names.select(
        "entry_key",
        host=pl.when(page)
        .then(pl.col("resource").str.extract(HOST_OF_PAGE))
        .otherwise(pl.col("resource").str.strip_prefix("*.")),
    ).drop_nulls()
    single = listings.filter(
        (pl.col("resource_kind") == "address") & (pl.col("kind") == "attached")
    )
    dated = single.select(
        "entry_key",
        "resource",
        begins=pl.col("listed_from").dt.timestamp("us").clip(lower_bound=first),
        ends=counted_until(single, gaps).clip(upper_bound=last),
    ).filter(pl.col("begins") < pl.col("ends"))
    hosts = hosts.unique(maintain_order=True)
    return (
        dated.join(hosts, on="entry_key")
        .join(sites_of(hosts["host"]), on="host")
        .select(*PAIRS)
        .sort(*PAIRS.names())
    )


def sites_of(hosts: pl.Series) -> pl.DataFrame:
    """The ``site`` of each different ``host``: the label that was registered.

    >>> sites_of(pl.Series(["shop.example.co.uk", "example.org", "192.0.2.1"]))["site"].to_list()
    ['example', 'example', '192.0.2.1']
    """
    known = hosts.unique(maintain_order=True)
    labels = [_label(host) for host in known]
    return pl.DataFrame({"host": known, "site": labels}, schema=SITES)


def shared(pairs: pl.DataFrame) -> pl.DataFrame:
    """When an address was attached under entries that name different sites: `SPANS`."""
    by_site = _united(pairs, ["resource", "site"])
    counted = _counted([by_site.with_columns(sites=1, bad=0)])
    return _spans(counted, pl.col("sites") > 1)


def left_behind(pairs: pl.DataFrame) -> pl.DataFrame:
    """Which hosts the register itself says live elsewhere while an older listing stands on.

    A host has left an address at the first entry against it that begins after the host was last
    put on that address; such an entry gives other addresses only.  An entry that adds an address
    to its own says nothing of the sort: names have several.

    Returns:
        ``host``, ``site``, ``resource``, ``left`` and ``ends`` (microseconds), ``later_entry``.
    """
    put = pairs.group_by("host", "site", "resource").agg(
        put=pl.col("begins").max(), ends=pl.col("ends").max()
    )
    words = (
        pairs.group_by("host", "entry_key")
        .agg(left=pl.col("begins").min())
        .sort("left", "entry_key")
        .unique(["host", "left"], keep="first", maintain_order=True)
    )
    return (
        put.sort("put", "host", "resource")
        .join_asof(
            words,
            left_on="put",
            right_on="left",
            by="host",
            strategy="forward",
            allow_exact_matches=False,
            check_sortedness=False,
            coalesce=False,
        )
        .filter(pl.col("left") < pl.col("ends"))
        .select("host", "site", "resource", "left", "ends", later_entry="entry_key")
        .sort("resource", "host")
    )


def deserted(pairs: pl.DataFrame, gone: pl.DataFrame) -> pl.DataFrame:
    """When all hosts that an address was attached for had left it: `SPANS`.

    ``gone`` is what `left_behind` gives.  Whoever is on the address then is named by nobody.
    """
    left = gone.select("host", "resource", "left")
    by_host = _united(pairs, ["resource", "host"]).join(
        left, on=["resource", "host"], how="left", nulls_equal=False
    )
    there = by_host.with_columns(ends=pl.min_horizontal("ends", "left")).filter(
        pl.col("begins") < pl.col("ends")
    )
    away = by_host.with_columns(begins=pl.max_horizontal("begins", "left")).filter(
        pl.col("left").is_not_null() & (pl.col("begins") < pl.col("ends"))
    )
    counted = _counted(
        [there.with_columns(sites=1, bad=0), away.with_columns(sites=0, bad=1)],
    )
    return _spans(counted, (pl.col("sites") == 0) & (pl.col("bad") > 0), size="bad")


def corrected(pairs: pl.DataFrame, within: timedelta = WITHIN) -> pl.DataFrame:
    """Entries whose first addresses were all taken back soon, and which stood on with others.

    Returns:
        ``entry_key``, ``host``, ``site``, ``resource`` (a row a first address), ``begins``,
        ``ends`` (of that address under the entry) and ``entry_ends``; in order of time.
    """
    entry = pairs.group_by("entry_key").agg(
        entry_begins=pl.col("begins").min(), entry_ends=pl.col("ends").max()
    )
    first = (
        pairs.join(entry, on="entry_key")
        .with_columns(
            address_ends=pl.col("ends").max().over("entry_key", "resource"),
            is_first=pl.col("begins") == pl.col("entry_begins"),
        )
        .filter("is_first")
        .with_columns(gone=pl.col("address_ends").max().over("entry_key"))
    )
    soon = within // TICK
    return (
        first.filter(
            (pl.col("gone") - pl.col("entry_begins") <= soon)
            & (pl.col("gone") < pl.col("entry_ends"))
        )
        .select(
            "entry_key", "host", "site", "resource", "begins", "entry_ends", ends="address_ends"
        )
        .sort("begins", "host", "entry_key", "resource")
    )


def _united(pairs: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Spans of the same keys that overlap or touch, as one."""
    reached = pl.col("ends").cum_max().over(keys).shift().over(keys)
    return (
        pairs.sort(*keys, "begins")
        .with_columns(opens=reached.is_null() | (pl.col("begins") > reached))
        .group_by(*keys, pl.col("opens").cum_sum().alias("run"), maintain_order=True)
        .agg(pl.col("begins").min(), pl.col("ends").max())
        .drop("run")
    )


def _counted(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """How many there are on each address from each moment to the next: ``sites`` and ``bad``."""
    columns = ["resource", "sites", "bad"]
    edges = [part.select(*columns, at="begins") for part in parts]
    edges += [
        part.select("resource", -pl.col("sites"), -pl.col("bad"), at="ends") for part in parts
    ]
    moments = (
        pl.concat(edges)
        .group_by("resource", "at")
        .agg(pl.col("sites", "bad").cast(pl.Int64).sum())
        .sort("resource", "at")
    )
    return moments.with_columns(
        pl.col("sites", "bad").cum_sum().over("resource"),
        until=pl.col("at").shift(-1).over("resource"),
    )


def _spans(counted: pl.DataFrame, holds: pl.Expr, size: str = "sites") -> pl.DataFrame:
    """Maximal spans in which ``holds``; an address whose last count is nought has no open end."""
    changes = (
        counted.with_columns(holds=holds)
        .with_columns(
            run=(
                (pl.col("holds") != pl.col("holds").shift())
                | (pl.col("resource") != pl.col("resource").shift())
            )
            .fill_null(value=True)
            .cum_sum()
        )
        .filter("holds")
    )
    return (
        changes.group_by("resource", "run", maintain_order=True)
        .agg(begins=pl.col("at").min(), ends=pl.col("until").max(), n_sites=pl.col(size).max())
        .select(*SPANS)
        .cast(SPANS)
    )


def _label(host: str) -> str:
    """The registered label; below a suffix that no list knows, the last but one."""
    found = _suffixes()(host)
    if found.suffix or found.ipv4 or "." not in host:
        return found.domain or host
    return host.rsplit(".", 2)[-2]


@cache
def _suffixes() -> tldextract.TLDExtract:
    """The list of public suffixes that comes with the library: nothing is fetched or cached."""
    return tldextract.TLDExtract(
        suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True
    )
