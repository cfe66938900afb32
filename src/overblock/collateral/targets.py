"""Which names an order means: those that its entries name, what lies below them, their mirrors.

Entries name a domain, a mask (``*.site.example``: the name and all below) or a page, by which its
host is named.  What lies below a named host is the target's too, unless the host is a public
suffix: a page on ``blogspot.com`` does not name everybody's blog, though a mask would.

A *mirror* is the same site under another name.  That cannot be known from names alone, so the rules
in ``mirrors.csv`` are narrow, each with its reason, and every name says by which rule it counts.
They apply to sites that are named whole, by a domain or mask, never for the sake of a page.
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Self

import numpy as np
import polars as pl

from overblock.collateral.hashed import Hashed
from overblock.collateral.suffixes import bare, registrable, walk_up, without_www
from overblock.names.canonical import HOST_OF_PAGE

ADDRESS = r"^[0-9.]+$"
HOW = {"domain": "domain", "domain_mask": "mask", "url": "page"}
STRENGTH = pl.Enum(["domain", "mask", "page"])  # of several entries the first of these speaks
DIGITS = "0123456789"
ENDS = DIGITS + "-"
MIRRORS = "mirrors.csv"
GENERIC = "generic"

EXACT = {how: f"named_{how}" for how in HOW.values()}
BELOW = {how: f"below_{how}" for how in HOW.values()}
NOBODY = pl.DataFrame(schema={"id": pl.UInt32, "rule": pl.String})


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorRule:
    """One rule: what is left out of the registrant's word before two words are compared."""

    rule: str
    how: str  # same, digits or words
    least: int  # letters and digits that the compared word must have
    words: tuple[str, ...]
    because: str


@cache
def mirror_rules() -> tuple[MirrorRule, ...]:
    """The rules in the order in which they are tried; the words of nobody come last."""
    text = resources.files("overblock.collateral").joinpath(MIRRORS).read_text("utf-8")
    return tuple(
        MirrorRule(
            rule=row["rule"],
            how=row["how"],
            least=int(row["least"]),
            words=tuple(row["words"].split()),
            because=row["because"],
        )
        for row in csv.DictReader(text.splitlines())
    )


@cache
def target_rules() -> tuple[str, ...]:
    """The ids of all rules by which a name is a target."""
    mirrors = (each.rule for each in mirror_rules() if each.how != GENERIC)
    return (*EXACT.values(), *BELOW.values(), *mirrors)


@dataclass(frozen=True, slots=True)
class Few:
    """Some texts of which to find those that are among millions."""

    texts: Hashed

    @classmethod
    def of(cls, texts: pl.Series) -> Self:
        """Lay the texts out."""
        return cls(Hashed.of(texts))

    def within(self, rows: pl.DataFrame, column: str) -> pl.DataFrame:
        """The rows whose text in a column is one of them."""
        return rows[np.flatnonzero(self.texts.find(rows[column]) >= 0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What entries name: ``hosts`` as they stand, and the ``stems`` of whole sites.

    ``hosts``: ``host`` (without ``www``), ``how``, ``spreads`` (what lies below is meant too).
    ``stems``: ``rule``, ``stem``, ``public_suffix``, ``label``.
    """

    hosts: pl.DataFrame
    stems: pl.DataFrame
    few_hosts: Few  # to find them among millions of names
    few_stems: Few  # stems and labels without numbers and hyphens at their end

    @classmethod
    def of(cls, listings: pl.DataFrame) -> Self:
        """What rows with ``resource_kind`` and ``resource``, such as listings, name."""
        hosts = named_hosts(listings)
        parts = pl.concat([hosts, registrable(hosts["host"])], how="horizontal")
        is_suffix = pl.col("label") == ""
        spreads = ~is_suffix | (pl.col("how") == "mask")
        whole = pl.col("host") == pl.concat_str("label", "public_suffix", separator=".")
        sites = parts.filter((pl.col("how") != "page") & whole & ~is_suffix)
        stems = [
            sites.select(rule=pl.lit(each.rule), stem=_stem(each), label="label",
                         public_suffix="public_suffix")
            .filter(_tells(each))
            for each in mirror_rules()
            if each.how != GENERIC
        ]  # fmt: skip
        whole_stems = pl.concat(stems).unique().sort("rule", "stem", "public_suffix", "label")
        ends = pl.concat([whole_stems["label"], whole_stems["stem"]]).str.strip_chars_end(ENDS)
        return cls(
            hosts=parts.select("host", "how", spreads=spreads),
            stems=whole_stems,
            few_hosts=Few.of(parts["host"]),
            few_stems=Few.of(ends.unique()),
        )


def named_hosts(listings: pl.DataFrame) -> pl.DataFrame:
    """The hosts that rows name: ``host`` and ``how``; each once, in order."""
    return with_hosts(listings).group_by("host").agg(pl.col("how").min()).sort("host")


def with_hosts(listings: pl.DataFrame) -> pl.DataFrame:
    """Rows that name a host, with it as ``host`` (without ``www``) and ``how`` it is named."""
    named = listings.filter(pl.col("resource_kind").is_in(list(HOW)))
    page = pl.col("resource_kind") == "url"
    host = pl.when(page).then(pl.col("resource").str.extract(HOST_OF_PAGE)).otherwise("resource")
    return named.with_columns(
        host=without_www(host),
        how=pl.col("resource_kind").replace_strict(HOW, return_dtype=STRENGTH),
    ).filter(pl.col("host").is_not_null() & ~pl.col("host").str.contains(ADDRESS))


def targets(names: pl.Series, named: Named) -> pl.DataFrame:
    """The names that are targets: ``id`` (place of the name) and ``rule``; by id, each once."""
    sites = bare(names)
    above, alike = [], []
    for part in walk_up(sites):
        above.append(named.few_hosts.within(part, "suffix").select("id", "depth", "suffix"))
        if len(named.stems):
            below_top = part.filter(pl.col("label") != pl.col("suffix"))
            alike += _may_mirror(below_top, named.few_stems)
    by_host = _by_host(pl.concat(above), named) if above else NOBODY
    by_mirror = _by_mirror(sites, pl.concat(alike)["id"].unique(), named) if alike else NOBODY
    found = pl.concat([NOBODY, by_host, by_mirror])
    return found.unique("id", keep="first", maintain_order=True).sort("id")


def _by_host(above: pl.DataFrame, named: Named) -> pl.DataFrame:
    """Names that are a named host or lie below one; the nearest speaks."""
    exact = pl.col("depth") == 0
    how = pl.col("how").cast(pl.String)
    return (
        above.join(named.hosts, left_on="suffix", right_on="host")
        .filter(exact | pl.col("spreads"))
        .sort("id", "depth")
        .unique("id", keep="first", maintain_order=True)
        .select("id", rule=pl.when(exact).then(how.replace(EXACT)).otherwise(how.replace(BELOW)))
    )


def _may_mirror(part: pl.DataFrame, stems: Few) -> list[pl.DataFrame]:
    """The ``id`` of labels that a rule may find alike: few of millions, looked at closely then.

    Two labels that are alike but for a number, or alike to a stem, are so without the numbers and
    hyphens at their end.
    """
    words = [word for each in mirror_rules() if each.how == "words" for word in each.words]
    ends = part.select("id", stem=pl.col("label").str.strip_chars_end(ENDS))
    with_word = part.filter(pl.col("label").str.contains_any(words)) if words else part.clear()
    return [stems.within(ends, "stem").select("id"), with_word.select("id")]


def _by_mirror(names: pl.Series, ids: pl.Series, named: Named) -> pl.DataFrame:
    """Names whose registrant's word is alike to that of a named site; the first rule speaks."""
    parts = registrable(names.gather(ids)).with_columns(ids.alias("id"))
    parts = parts.filter(pl.col("public_suffix") != "")
    other = pl.struct("label", "public_suffix") != pl.struct("label_named", "suffix_named")
    sites = named.stems.rename({"label": "label_named", "public_suffix": "suffix_named"})
    found = [
        parts.with_columns(stem=_stem(each))
        .join(sites.filter(pl.col("rule") == each.rule), on="stem")
        .filter(other)
        .select("id", "rule")
        for each in mirror_rules()
        if each.how != GENERIC
    ]
    return pl.concat([NOBODY, *found])


def _stem(rule: MirrorRule) -> pl.Expr:
    """What a rule compares of the column ``label``."""
    stem = pl.col("label")
    if rule.how == "digits":
        return _without_digits(stem)
    for word in rule.words if rule.how == "words" else ():
        stem = stem.str.strip_prefix(f"{word}-").str.strip_suffix(f"-{word}")
        stem = stem.str.strip_prefix(word).str.strip_suffix(word)
    return stem


def _without_digits(label: pl.Expr) -> pl.Expr:
    return label.str.strip_chars_end(DIGITS).str.strip_suffix("-")


def _tells(rule: MirrorRule) -> pl.Expr:
    """Whether a stem is long enough, and a word that not everybody uses."""
    generic = [word for each in mirror_rules() if each.how == GENERIC for word in each.words]
    return (pl.col("stem").str.len_chars() >= rule.least) & ~pl.col("stem").is_in(generic)
