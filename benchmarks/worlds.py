"""Worlds of names whose truth is known because they were made from it.

For each name it is first drawn how far it is hit, in which group and sector it is and how popular;
then its addresses are drawn so that this comes true: from the listed set, from beyond it, or none.
Names share addresses as hosts do: most sites stand on few addresses.  The same seed and register
give the same world.

Names are made in order, a fixed number of letters counting up, so that no world need be sorted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from made_holders import FREE_SIX, LISTED_SIX, ranges, whose
from overblock.addresses.codec import parse_addresses
from overblock.addresses.formats import format_ipv4
from overblock.addresses.intervals import IntervalSet
from overblock.addresses.sixteen import from_words, to_series
from overblock.artefacts.limits import LIMITS
from overblock.artefacts.unpacking import unpack
from overblock.collateral.parked import parked_rules
from overblock.collateral.suffixes import registrable
from overblock.collateral.targets import named_hosts
from overblock.registers.extent import ipv4_set
from overblock.registers.resources import resources_of
from overblock.reports.registers.states import guess_source
from overblock.tables import NAME_CATEGORIES, NAME_RANKS, NAME_SIGNS, RESOLUTIONS
from timing import SHARED

Integers: TypeAlias = NDArray[np.int64]  # (n,)
Marks: TypeAlias = NDArray[np.bool_]  # (n,)

REGISTER = SHARED / "data" / "ru-rkn-2018-05-05.csv.xz"
SEEN_AT = datetime(2018, 5, 5, 12, tzinfo=UTC)
LETTERS = 22  # a to v, so that "www." comes after all others
N_LETTERS = 6
SUFFIXES = ("ru", "com", "org", "net", "info", "spb.ru", "co.uk", "com.ua", "xn--p1ai")
WORDS = ("shop", "bank", "school", "forum", "game", "news", "travel", "doctor", "auto", "books")
SECTORS = ("retail", "finance", "education", "messaging", "games", "news", "travel", "other")
BUCKETS = (1_000, 10_000, 100_000, 1_000_000)
REACHES = ("fully", "partly", "not", "unknown")
HOWS = {  # how the group of a name that nobody named shows, and how often
    "bystander": 0.90, "name_server": 0.03, "alias": 0.03, "title": 0.02, "address": 0.01,
    "dead": 0.01,
}  # fmt: skip
ALPHABET = pl.Series([chr(ord("a") + place) for place in range(LETTERS)])
SHARES = (0.12, 0.05, 0.80, 0.03)  # of the reaches
FAILURES = ("timeout", "servfail", "bogon")
MANY = 100_000  # names: from here on one block in seven is a customer's, not one in 97
ROWS = 4_000_000  # of a batch


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeWorld:
    """What is seen of the world (tables), and what is so (``truth``, a row a name, in order)."""

    resolutions: list[pl.DataFrame]  # of RESOLUTIONS, sorted by name through all
    signs: pl.DataFrame  # of NAME_SIGNS
    categories: pl.DataFrame  # of NAME_CATEGORIES
    ranks: pl.DataFrame  # of NAME_RANKS
    ranges: pl.DataFrame  # of HOLDER_RANGES
    truth: pl.DataFrame  # name, reach, group, holder, country, sector, popularity


def register_of_2018(path: Path = REGISTER) -> pl.DataFrame:
    """All that the register of 2018-05-05 names, and a listed IPv6 network, which it has not."""
    content, _ = unpack(path.read_bytes(), "register", LIMITS)
    entries = guess_source(content).read(content).rows
    return with_ipv6(resources_of(entries, ["record"]).rows)


def small_register(seed: int, n_entries: int = 2_000) -> pl.DataFrame:
    """The same of a made-up register, one in fifty of whose entries is a network."""
    rng = np.random.default_rng(seed)
    wide = rng.random(n_entries) < 0.02
    first = rng.integers(1 << 24, 224 << 24, n_entries) >> np.where(wide, 12, 0)
    first = first << np.where(wide, 12, 0)
    ordered = wide | (rng.random(n_entries) < 0.3)
    addresses = pl.DataFrame({
        "record": np.arange(n_entries, dtype=np.uint32),
        "kind": np.where(ordered, "ordered", "attached"),
        "resource_kind": np.where(wide, "prefix", "address"),
        "resource": format_ipv4(first),
        "ipv4_from": first.astype(np.uint64),
        "ipv4_until": (first + np.where(wide, 1 << 12, 1)).astype(np.uint64),
    })  # fmt: skip
    named = addresses.filter(pl.col("kind") == "attached").select(
        "record",
        "kind",
        resource_kind=pl.lit("domain"),
        resource=pl.format("casinomax{}.{}", "record", pl.lit("com")),
    )
    return with_ipv6(pl.concat([addresses, named], how="diagonal"))


def with_ipv6(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with one more: a listed IPv6 /48."""
    ones = np.uint64(2**64 - 1)
    first = from_words(np.array([LISTED_SIX], np.uint64), np.zeros(1, np.uint64))
    last = from_words(np.array([LISTED_SIX | 0xFFFF], np.uint64), np.array([ones], np.uint64))
    network = pl.DataFrame({
        "kind": "ordered", "resource_kind": "prefix", "resource": "2001:db8:1::/48",
        "ipv6_first": to_series(first), "ipv6_last": to_series(last),
    })  # fmt: skip
    return pl.concat([rows, network], how="diagonal")


def make_world(register: pl.DataFrame, n_names: int, seed: int, *, begin: int = 0) -> MadeWorld:
    """A world of so many names, on what a register lists and names.

    ``begin`` numbers the first name, so that pieces of a larger world have different ones.
    """
    rng = np.random.default_rng([seed, begin])
    truth = _truth(rng, register, n_names, begin)
    rows = _rows(rng, truth, ipv4_set(register))
    every = 7 if n_names > MANY else 97
    facts = truth.select("name", "reach", "group", "sector", "popularity")
    return MadeWorld(
        resolutions=[_resolutions(part) for part in rows.frame.iter_slices(ROWS)],
        signs=_signs(truth),
        categories=_categories(truth),
        ranks=_ranks(rng, truth),
        ranges=ranges(every),
        truth=facts.hstack(whose(rows.witness, rows.witness6, every)),
    )


def stream_of_resolutions(
    register: pl.DataFrame, n_pairs: int, seed: int, piece: int = 1_000_000
) -> Iterator[pl.DataFrame]:
    """Resolutions of a world of any size, made as they are read; names of pieces differ."""
    listed, made, begin = ipv4_set(register), 0, 0
    bare = register.filter(~pl.col("resource_kind").is_in(["domain", "domain_mask", "url"]))
    while made < n_pairs:
        rng = np.random.default_rng([seed, begin])
        rows = _rows(rng, _truth(rng, bare, piece, begin), listed).frame
        made, begin = made + len(rows), begin + piece
        yield _resolutions(rows)


def _truth(
    rng: np.random.Generator, register: pl.DataFrame, n_names: int, begin: int
) -> pl.DataFrame:
    """What is so: names in order, their reach, group and how it shows, sector and bucket."""
    targets = _targets(rng, register, n_names // 20)
    plain = _plain_names(rng, begin, n_names - len(targets))
    hows = rng.choice(np.array(list(HOWS)), len(plain), p=list(HOWS.values()))
    both = pl.DataFrame({"name": plain, "how": hows}).merge_sorted(targets, "name")
    reach = rng.choice(len(REACHES), len(both), p=SHARES)
    reach[(both["how"] == "dead").to_numpy()] = REACHES.index("unknown")
    reach[(both["how"] == "address").to_numpy()] = REACHES.index("not")
    meant = {"bystander": "bystander", "target": "target"}
    return both.with_columns(
        reach=pl.Series(REACHES).gather(reach),
        group=pl.col("how").replace_strict(meant, default="parked"),
        sector=_some(rng, len(both), SECTORS, 0.3),
        popularity=_some(rng, len(both), BUCKETS, 0.1),
    )


def _targets(rng: np.random.Generator, register: pl.DataFrame, n: int) -> pl.DataFrame:
    """Some of the hosts that entries name, and names below them."""
    hosts = named_hosts(register)["host"]
    few = hosts.sample(min(len(hosts), n), seed=int(rng.integers(2**31)))
    owned = (registrable(few)["label"] != "").to_numpy()  # else others' sites lie below
    prefix = pl.Series(["", "www.", "m."]).gather(rng.integers(0, 3, len(few)) * owned)
    return pl.DataFrame({"name": (prefix + few).unique().sort()}).with_columns(how=pl.lit("target"))


def _plain_names(rng: np.random.Generator, begin: int, n: int) -> pl.Series:
    """Names that nobody named, in order; two in five with ``www``."""
    code = np.arange(begin, begin + n)
    powers = [LETTERS**place for place in reversed(range(N_LETTERS))]
    letters = [ALPHABET.gather(code // power % LETTERS) for power in powers]
    word, suffix = (
        pl.Series(texts).gather(rng.integers(0, len(texts), n)) for texts in (WORDS, SUFFIXES)
    )
    names = pl.select(pl.concat_str(*letters, pl.lit("-"), word, pl.lit("."), suffix)).to_series()
    n_www = n * 2 // 5
    www = pl.select(pl.concat_str(pl.lit("www."), names.tail(n_www))).to_series()
    return pl.concat([names.head(n - n_www), www]).alias("name")


def _some(
    rng: np.random.Generator, n: int, values: tuple[str, ...] | tuple[int, ...], share: float
) -> pl.Series:
    """One of the values for a share of the names, null for the others."""
    place = rng.integers(0, len(values), n)
    known = pl.Series(rng.random(n) < share)
    frame = pl.DataFrame({"place": place})
    return pl.Series(values).gather(frame.select(pl.when(known).then("place")).to_series())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """Answers, a row each, by name; and the address that answers for each name."""

    frame: pl.DataFrame
    witness: Integers  # (names,), IPv4; -1: none
    witness6: Integers  # (names,), 0: none, 1: a free IPv6 address, 2: a listed one


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """How many addresses of each sort every name gets."""

    n_listed: Integers
    n_free: Integers
    parked: Marks  # lives on a parking service's address alone
    six: Marks  # has an IPv6 address, a listed one where the name is fully hit
    fully: Marks
    unknown: Marks  # has an answer that is no address


def _shape(rng: np.random.Generator, truth: pl.DataFrame) -> _Shape:
    n, reach = len(truth), truth["reach"].to_numpy()
    fully, partly, clear = (reach == each for each in REACHES[:3])
    most = rng.choice(np.array([1, 2, 3, 4]), n, p=[0.80, 0.13, 0.05, 0.02])
    lost = partly & (rng.random(n) < 0.3)  # partly, as one address is unknown
    parked = (truth["how"] == "address").to_numpy()
    only6 = (fully | clear) & (rng.random(n) < 0.01) & ~parked
    six = only6 | ((fully | partly | clear) & (rng.random(n) < 0.02) & ~parked)
    free = (partly & ~lost) | (clear & ~only6 & ~parked)
    return _Shape(
        n_listed=np.where(fully & ~only6, most, 0) + partly * np.maximum(most // 2, 1),
        n_free=np.where(free, most, 0),
        parked=parked,
        six=six,
        fully=fully,
        unknown=lost | (clear & (rng.random(n) < 0.03)) | (reach == "unknown"),
    )


def _rows(rng: np.random.Generator, truth: pl.DataFrame, listed: IntervalSet) -> _Rows:
    n, shape = len(truth), _shape(rng, truth)
    inside, outside, parking = _pools(rng, listed, n)
    shared = (rng.random(n) ** 3 * len(inside)).astype(np.int64)
    parts = [
        _drawn(shape.n_listed, shared, inside),
        _drawn(shape.n_free, shared, outside),
        _drawn(shape.parked.astype(np.int64), shared, parking),
    ]
    hit, free, parked = (_lowest(ids, addresses, n) for ids, addresses in parts)
    beside = np.where(shape.six & shape.fully, -1, np.maximum(free, parked))
    witness = np.where(hit >= 0, hit, beside)
    sixes, lost = np.flatnonzero(shape.six), np.flatnonzero(shape.unknown)
    owner, values = (np.concatenate(each) for each in zip(*parts, strict=True))
    kind6 = np.where(shape.fully, 2, 1)
    frame = pl.concat([
        pl.DataFrame({"id": owner, "ipv4": values, "how": "address"}),
        pl.DataFrame({"id": sixes, "six": kind6[sixes], "how": "address"}),
        pl.DataFrame({"id": lost, "how": _failures(rng, truth["how"].gather(lost))}),
    ], how="diagonal")  # fmt: skip
    frame = frame[np.argsort(frame["id"].to_numpy(), kind="stable")]
    alias = (truth["how"] == "alias").gather(frame["id"])
    return _Rows(
        frame=frame.with_columns(truth["name"].gather(frame["id"]), alias=alias).drop("id"),
        witness=witness,
        witness6=np.where(shape.six & (witness < 0), kind6, 0),
    )


def _pools(
    rng: np.random.Generator, listed: IntervalSet, n: int
) -> tuple[Integers, Integers, Integers]:
    """Hosts' addresses: listed, not listed, and of parking services; each in no order."""
    rules = parked_rules().filter(pl.col("sign") == "address")
    ranges = parse_addresses(rules["value"])
    parking = IntervalSet.of(ranges["ipv4_from"], ranges["ipv4_until"])
    every = IntervalSet.of([1 << 24], [224 << 24])
    sizes = max(n // 6, 50), max(n // 6, 50), 50
    drawn = []
    for held, size in zip((listed - parking, every - listed - parking, parking - listed), sizes,
                          strict=True):  # fmt: skip
        before = np.concatenate([[0], np.cumsum(held.ends - held.starts)]).astype(np.int64)
        offset = np.sort(rng.choice(before[-1], size, replace=False) if before[-1] < 10**6
                         else rng.integers(0, before[-1], size))  # fmt: skip
        place = np.searchsorted(before, offset, side="right") - 1
        found = held.starts[place].astype(np.int64) + offset - before[place]
        drawn.append(rng.permutation(found[np.diff(found, prepend=-1) > 0]))
    return drawn[0], drawn[1], drawn[2]


def _drawn(n_each: Integers, shared: Integers, pool: Integers) -> tuple[Integers, Integers]:
    """So many different addresses of the pool for each name: names and addresses."""
    ids = np.repeat(np.arange(len(n_each)), n_each)
    step = np.arange(len(ids)) - np.repeat(np.cumsum(n_each) - n_each, n_each)
    return ids, pool[(shared[ids] + step) % len(pool)]


def _lowest(ids: Integers, values: Integers, n: int) -> Integers:
    lowest = np.full(n, 2**40, np.int64)
    np.minimum.at(lowest, ids, values)
    return np.where(lowest < 2**40, lowest, -1)


def _failures(rng: np.random.Generator, hows: pl.Series) -> pl.Series:
    """Why no address came; of dead names, that there is none."""
    why = pl.Series(FAILURES).gather(rng.integers(0, len(FAILURES), len(hows)))
    frame = pl.DataFrame({"how": hows, "why": why})
    dead = pl.when(pl.col("how") == "dead").then(pl.lit("nxdomain")).otherwise("why")
    return frame.select(dead.alias("how")).to_series()


def _resolutions(rows: pl.DataFrame) -> pl.DataFrame:
    low = np.ones(2, np.uint64)
    two = to_series(from_words(np.array([FREE_SIX, LISTED_SIX], np.uint64), low))
    return rows.select(
        record=pl.int_range(1, pl.len() + 1, dtype=pl.UInt32),
        name="name",
        ipv4=pl.col("ipv4").cast(pl.UInt32),
        ipv6=two.gather(rows["six"] - 1),
        outcome="how",
        answer=pl.when(pl.col("how") == "bogon").then(pl.lit("10.10.34.35")),
        seen_at=pl.lit(SEEN_AT, pl.Datetime("us", "UTC")),
        vantage=pl.lit("made"),
        chain=pl.when(pl.col("alias"))
        .then(pl.lit(["a.parkingcrew.net"]))
        .otherwise(pl.lit([], pl.List(pl.String))),
    ).pipe(RESOLUTIONS.check)


def _signs(truth: pl.DataFrame) -> pl.DataFrame:
    values = {"name_server": "ns1.sedoparking.com", "title": "This domain is for sale"}
    told = truth.filter(pl.col("how").is_in(list(values)))
    return told.select(
        record=pl.int_range(1, pl.len() + 1, dtype=pl.UInt32),
        name="name",
        sign="how",
        value=pl.col("how").replace_strict(values),
        seen_at=pl.lit(SEEN_AT, pl.Datetime("us", "UTC")),
    ).pipe(NAME_SIGNS.check)


def _categories(truth: pl.DataFrame) -> pl.DataFrame:
    return truth.drop_nulls("sector").select(
        record=pl.int_range(1, pl.len() + 1, dtype=pl.UInt32),
        name="name",
        category=pl.col("sector").str.to_uppercase(),
        sector="sector",
    ).pipe(NAME_CATEGORIES.check)  # fmt: skip


def _ranks(rng: np.random.Generator, truth: pl.DataFrame) -> pl.DataFrame:
    told = truth.drop_nulls("popularity")
    rank = told["popularity"] - pl.Series(rng.integers(0, 500, len(told)))
    return told.select(
        record=pl.int_range(1, pl.len() + 1, dtype=pl.UInt32),
        name="name",
        rank=rank.cast(pl.UInt32),
        bucket=pl.col("popularity").cast(pl.UInt32),
    ).pipe(NAME_RANKS.check)
