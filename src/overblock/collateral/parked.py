"""Which names are parked or dead: nobody's service is hit when their address is listed.

A regulator once answered that nearly all of a quarter of a million blocked sites were empty.  So
live and parked names are always told apart, by rules that anyone can read (``parked.csv``): each
has an id, a sign, a value, why it tells, and who says so.  Signs of names besides their addresses
are rows of the table `name_signs`.

* ``name_server``, ``alias``, ``redirect``: a host that is the value or below it;
* ``address``: every known address of the name lies in the ranges of such rules (IPv4);
* ``title``: the page's title holds the pattern, whatever the case;
* ``status``: the number that the server answered with.

The first row of the file that fits gives the rule.  A name that was asked for, has no address, and
of which no answer is missing is *dead*; one of which an answer is missing is not.
"""

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Self

import numpy as np
import polars as pl

from overblock.addresses.codec import parse_addresses
from overblock.addresses.prefixes import LongestMatch
from overblock.collateral.reach import counted
from overblock.collateral.sites import Sites
from overblock.collateral.suffixes import nearest_above, without_www
from overblock.collateral.worlds import ABSENT, World

TABLE = "parked.csv"
DEAD = tuple(f"dead_{outcome}" for outcome in ABSENT)  # dead_nxdomain, dead_no_answer
HOST = r"^(?:[a-z][a-z0-9+.-]*:)?(?://)?(?:[^/?#@]*@)?([^/?#:]+)"
HOSTS = ("name_server", "redirect")
FOUND = pl.Schema({"id": pl.UInt32, "row": pl.UInt32})


@cache
def parked_rules() -> pl.DataFrame:
    """The reviewed table: its columns, and ``row``, which says what comes first."""
    names = ("rule", "sign", "value", "service", "because", "source")
    return pl.read_csv(
        resources.files("overblock.collateral").joinpath(TABLE).read_bytes(),
        schema=dict.fromkeys(names, pl.String),
    ).with_row_index("row")


@cache
def parked_rule_names() -> tuple[str, ...]:
    """The ids of all rules by which a name is parked or dead."""
    return (*parked_rules()["rule"].unique(maintain_order=True), *DEAD)


@dataclass(frozen=True, slots=True)
class Signs:
    """What was seen of sites besides their addresses, laid out once for all pieces of a world."""

    sites: Sites  # ``site`` and ``row``, the first rule that fits

    @classmethod
    def of(cls, signs: pl.DataFrame) -> Self:
        """Lay out a table `name_signs`."""
        told = pl.concat([
            *(_of(signs, sign, _below(_hosts(signs, sign), sign)) for sign in HOSTS),
            _of(signs, "title", _titled(_values(signs, "title"))),
            _of(signs, "status", _values(signs, "status").join(_rules("status"), on="value")),
        ])  # fmt: skip
        return cls(Sites.of(told.select(site=without_www(pl.col("name")), row="row")))

    def found(self, world: World) -> pl.DataFrame:
        """Names of which something was seen by which a rule knows them."""
        rows = self.sites.rows_of_world(world)
        ids = np.flatnonzero(rows >= 0)
        return pl.DataFrame({"id": ids, "row": self.sites.rows["row"].gather(rows[ids])}).cast(
            FOUND
        )


def parked(world: World, signs: "pl.DataFrame | Signs | None" = None) -> pl.DataFrame:
    """The names that are parked or dead: ``id`` (place of the name) and ``rule``; by id.

    ``signs`` is of the table `name_signs`; names it has that the world has not do not matter.
    """
    found = [_by_address(world), _by_alias(world)]
    if isinstance(signs, pl.DataFrame):
        signs = Signs.of(signs) if len(signs) else None
    if signs is not None:
        found.append(signs.found(world))
    first = pl.concat(found).group_by("id").agg(pl.col("row").min()).sort("id")
    told = first.join(parked_rules().select("row", "rule"), on="row").select("id", "rule")
    both = pl.concat([told, _dead(world)])
    return both.unique("id", keep="first", maintain_order=True).sort("id")


def _rules(sign: str) -> pl.DataFrame:
    return parked_rules().filter(pl.col("sign") == sign)


def _by_address(world: World) -> pl.DataFrame:
    """Names all of whose addresses are a parking service's."""
    rules = _rules("address")
    ranges = parse_addresses(rules["value"])
    parking = LongestMatch.of(ranges["ipv4_from"].to_numpy(), ranges["ipv4_until"].to_numpy())
    rows = parking.match(world.addresses)
    n_parked = counted(world.offsets, rows >= 0)
    n_all = np.diff(world.offsets) + np.diff(world.offsets6)
    ids = np.flatnonzero((n_parked == n_all) & (n_all > 0))
    first = rows[world.offsets[ids]]
    return pl.DataFrame({"id": ids, "row": rules["row"].gather(first)}).cast(FOUND)


def _by_alias(world: World) -> pl.DataFrame:
    """Names that any alias leads to a parking service."""
    aliases = pl.DataFrame({"value": world.aliases["alias"]}).unique("value", maintain_order=True)
    told = _below(aliases, "alias")
    return (
        world.aliases.join(told, left_on="alias", right_on="value").select("id", "row").cast(FOUND)
    )


def _of(signs: pl.DataFrame, sign: str, told: pl.DataFrame) -> pl.DataFrame:
    """Names and rules, of values and rules."""
    return (
        signs.filter(pl.col("sign") == sign)
        .join(told.select("value", "row"), on="value")
        .select("name", "row")
    )


def _values(signs: pl.DataFrame, sign: str) -> pl.DataFrame:
    return signs.filter(pl.col("sign") == sign).select(pl.col("value").unique())


def _hosts(signs: pl.DataFrame, sign: str) -> pl.DataFrame:
    host = pl.col("value").str.to_lowercase().str.extract(HOST).str.strip_suffix(".")
    return _values(signs, sign).with_columns(host=host).drop_nulls()


def _below(hosts: pl.DataFrame, sign: str) -> pl.DataFrame:
    """Values whose host (else they themselves) is a rule's or below it: ``value``, ``row``."""
    rules = _rules(sign)
    column = hosts["host"] if "host" in hosts.columns else hosts["value"]
    found = nearest_above(column, rules["value"])
    return (
        found.with_columns(value=hosts["value"].gather(found["id"]))
        .join(rules, left_on="base", right_on="value")
        .select("value", "row")
    )


def _titled(titles: pl.DataFrame) -> pl.DataFrame:
    """Titles that hold a rule's pattern."""
    found = [
        titles.filter(pl.col("value").str.contains(f"(?i){pattern}")).with_columns(
            row=pl.lit(row, pl.UInt32)
        )
        for row, pattern in _rules("title").select("row", "value").iter_rows()
    ]
    return pl.concat([titles.clear().with_columns(row=pl.lit(0, pl.UInt32)), *found])


def _dead(world: World) -> pl.DataFrame:
    """Names that were asked for, have no address, and of which no answer is missing."""
    n_all = np.diff(world.offsets) + np.diff(world.offsets6)
    ids = np.flatnonzero((n_all == 0) & (world.n_unknown == 0) & (world.absences > 0))
    gone = world.absences[ids] & 1 > 0
    rule = pl.when(pl.Series(gone)).then(pl.lit(DEAD[0])).otherwise(pl.lit(DEAD[1]))
    return pl.DataFrame({"id": ids}).select(pl.col("id").cast(pl.UInt32), rule=rule)
