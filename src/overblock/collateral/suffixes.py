"""Names above names: the walk from a host up to its top-level domain, and what a registrant owns.

A name is *below* another when it ends in a dot and that name.  ``www.shop.example`` and
``shop.example`` are one site here: the first label ``www`` says nothing.

Where a registrant's name begins is told by the public suffix list that comes with tldextract, its
private part too (``blogspot.com`` is no site but a place for sites); nothing is fetched.
"""

from collections.abc import Iterator
from functools import cache

import polars as pl
from tldextract import TLDExtract

WWW_EDGES = ("www.", "www/")  # all names that begin with the first stand before the second
AT_ONCE = 1 << 20  # names: some hundred megabytes of work


@cache
def extractor() -> TLDExtract:
    """The bundled list, private part included."""
    return TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


def without_www(names: pl.Expr) -> pl.Expr:
    """Names without their first label where it is ``www``, unless a top-level domain is left.

    >>> names = pl.DataFrame({"name": ["www.shop.example", "www.example"]})
    >>> names.select(without_www(pl.col("name")))["name"].to_list()
    ['shop.example', 'www.example']
    """
    bare = names.str.strip_prefix("www.")
    return pl.when(bare.str.contains(".", literal=True)).then(bare).otherwise(names)


def bare(names: pl.Series) -> pl.Series:
    """The same for millions of names; of those known to be in order few are looked at."""
    parts = bare_parts(names)
    return parts[0] if len(parts) == 1 else pl.concat(parts, rechunk=True)


def bare_parts(names: pl.Series) -> list[pl.Series]:
    """The same, cut where names in order are in order no more once ``www`` is left out.

    >>> [part.to_list() for part in bare_parts(pl.Series(["a.b", "www.a.b", "x.y"]).set_sorted())]
    [['a.b'], ['a.b'], ['x.y']]
    """
    if not names.flags["SORTED_ASC"]:
        begins = names.str.starts_with("www.")
        return [_cut(names).zip_with(begins, names) if begins.any() else names]
    if not len(names) or names[-1] < WWW_EDGES[0] or names[0] >= WWW_EDGES[1]:
        return [names]
    before, some, after = _about_www(names)
    return [part for part in (before, _cut(some), after) if len(part)]


def bare_apart(names: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The same where the order does not matter: names, and the places that they stood at.

    Of names in order those without ``www`` stay in order, and so do those that had it.

    >>> sites, places = bare_apart(pl.Series(["bank.example", "www.a.example", "x.example"]))
    >>> sites.to_list(), places.to_list()
    (['bank.example', 'x.example', 'a.example'], [0, 2, 1])
    """
    places = pl.int_range(len(names), dtype=pl.UInt32, eager=True)
    if names.is_sorted():
        before, some, after = _about_www(names)
        parts = [before, after, _cut(some)]
        order = [places.slice(0, len(before)), places.slice(len(before) + len(some)),
                 places.slice(len(before), len(some))]  # fmt: skip
        return pl.concat(parts), pl.concat(order)
    begins = names.str.starts_with("www.")
    if not begins.any():
        return names, places
    sites = [names.filter(~begins), _cut(names.filter(begins))]
    return pl.concat(sites), pl.concat([places.filter(~begins), places.filter(begins)])


def _about_www(names: pl.Series) -> tuple[pl.Series, pl.Series, pl.Series]:
    """Names in order: those before ``www.``, those that begin with it, and those after them."""
    begin, end = (int(names.search_sorted(edge)) for edge in WWW_EDGES)
    return names.slice(0, begin), names.slice(begin, end - begin), names.slice(end)


def _cut(names: pl.Series) -> pl.Series:
    """Names that begin with ``www.`` without it, unless a top-level domain is left."""
    rest = names.str.tail(-len("www."))
    dotted = rest.str.contains(".", literal=True)
    if not dotted.all():
        return rest.zip_with(dotted, names)
    return rest.set_sorted() if names.flags["SORTED_ASC"] else rest


def walk_up(names: pl.Series) -> Iterator[pl.DataFrame]:
    """Each name, then each of its parents, as far up as the top-level domain.

    Yields:
        ``id`` (place of the name), ``depth`` (labels left out), ``suffix``, ``label`` (the first
        of the suffix); a frame a depth, a million names at a time.
    """
    for begin in range(0, len(names), AT_ONCE):
        part = pl.DataFrame({"suffix": names.slice(begin, AT_ONCE)})
        part = part.with_row_index("id", offset=begin)
        depth = 0
        while len(part):
            cut = pl.col("suffix").str.splitn(".", 2).struct.rename_fields(["label", "rest"])
            part = part.with_columns(cut.alias("cut")).unnest("cut")
            yield part.select("id", pl.lit(depth, pl.UInt32).alias("depth"), "suffix", "label")
            part = part.select("id", suffix="rest").drop_nulls()
            depth += 1


def nearest_above(names: pl.Series, bases: pl.Series) -> pl.DataFrame:
    """For each name that is one of the bases or below one: the longest of them.

    Returns:
        ``id`` (place of the name), ``depth`` (0: the base itself), ``base``; by id.
    """
    wanted = bases.unique().implode()
    hits = [
        part.filter(pl.col("suffix").is_in(wanted)).select("id", "depth", base="suffix")
        for part in walk_up(names)
    ]
    schema = {"id": pl.UInt32, "depth": pl.UInt32, "base": pl.String}
    found = pl.concat([pl.DataFrame(schema=schema), *hits])
    return found.sort("id", "depth").unique("id", keep="first", maintain_order=True)


def registrable(hosts: pl.Series) -> pl.DataFrame:
    """What the list says of each host: one by one, so for thousands, not for millions.

    Returns:
        ``label`` (the registrant's own word; empty where the host is a public suffix itself) and
        ``public_suffix`` (empty for a name under no known top-level domain).
    """
    split = extractor()
    parts = [split(host) for host in hosts]
    return pl.DataFrame(
        {
            "label": [part.domain for part in parts],
            "public_suffix": [part.suffix for part in parts],
        },
        schema={"label": pl.String, "public_suffix": pl.String},
    )
