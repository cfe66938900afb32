"""Measurements to verdicts: signs are gathered as documents pass, and judged in one go.

A `Judge` is fed one measurement after the other, so that no document is kept, and then asked for
the verdicts of all.  Which signs a test gives is a table in `taking`; which rules judge them stands
in `rules_web`, `rules_page` and `rules_services`.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from types import MappingProxyType
from typing import TypeAlias

import polars as pl

from overblock.measurements import rules_page, rules_services, rules_web
from overblock.measurements.rules import HIT, LAYERS, Layer, Rule, Rulebook, places_of
from overblock.measurements.sign_frames import alike, frame_of
from overblock.measurements.signs import FeatureSigns, WebSigns
from overblock.measurements.taking import ALL, Taken, Taking
from overblock.tables import VERDICTS

BOOKS: Mapping[Layer, Rulebook] = MappingProxyType({
    "dns": Rulebook(rules_web.NAMES),
    "tcp": Rulebook(rules_web.CONNECTS),
    "tls": Rulebook(rules_web.HANDSHAKES),
    "http": Rulebook(rules_page.PAGES),
    "throughput": Rulebook(rules_page.TRANSFERS),
    "all": Rulebook(rules_page.WHOLE),
})  # fmt: skip
FEATURE_BOOK = Rulebook(rules_services.FEATURES)
SERVICE_BOOK = Rulebook(rules_services.SERVICES)
MESSENGERS = (
    "telegram",
    "whatsapp",
    "signal",
    "facebook_messenger",
    "tor",
    "vanilla_tor",
    "psiphon",
)


def all_rules() -> tuple[Rule, ...]:
    """Every rule, in the order in which they are asked."""
    books = (*BOOKS.values(), FEATURE_BOOK, SERVICE_BOOK)
    return tuple(rule for book in books for rule in book.rules)


class Judge(Taking):
    """Gathers the signs of measurements, and says what they mean."""

    def join(self, later: Taken) -> None:
        """Take the signs that another judge took, after what was added here."""
        first = self.taken.n_taken
        self.taken.pages += later.pages
        self.taken.page_rows += [first + row for row in later.page_rows]
        self.taken.features += later.features
        self.taken.feature_rows += [first + row for row in later.feature_rows]
        self.taken.n_taken += later.n_taken

    def verdicts(self, envelopes: pl.DataFrame, *, layers: bool = True) -> pl.DataFrame:
        """`VERDICTS` of all that was added, in that order: layers and features before the whole.

        ``envelopes`` is `overblock.measurements.envelope.Envelopes.frame` of the same measurements
        in the same order; the judge is empty after.  Without ``layers``, those of pages are left
        out, which costs half as much.
        """
        return VERDICTS.check(self.numbered(envelopes, layers=layers).drop("row"))

    def numbered(self, envelopes: pl.DataFrame, *, layers: bool = True) -> pl.DataFrame:
        """The same, with the ``row`` of the measurement in ``envelopes``."""
        taken, self.taken = self.taken, Taken()
        judged = _judged(taken, layers=layers)
        found = judged.hstack(envelopes[list(_FACTS)][judged["row"]])
        target = pl.coalesce("target", pl.when(pl.col("test").is_in(MESSENGERS)).then("test"))
        return found.with_columns(target=target)[["row", *_COLUMNS]]


_JUDGED = ("feature", "layer", "mechanism", *("state", "blocked", "rule_id"), "confidence",
           "detail", "evidence")  # fmt: skip
Signs: TypeAlias = tuple[object, ...]
_SEEN = {"state": "", "rule_id": "_rule", "detail": "_detail", "mechanism": "_hit",
         "confidence": "_sure"}  # fmt: skip
_COLUMNS = tuple(column.name for column in VERDICTS.columns)
_FACTS = tuple(name for name in _COLUMNS if name not in _JUDGED)  # of the envelope


def _judged(taken: Taken, *, layers: bool) -> pl.DataFrame:
    """Verdicts on all that was taken, in the order of ``row``; what is alike is judged once."""
    pages, page_places = alike(taken.pages)
    service_rows, groups = _services(taken)
    services, service_places = alike(groups)
    parts: list[pl.DataFrame] = []
    if pages or not services:
        parts.append(_judged_pages(pages, layers=layers))
    if services:
        parts.append(_judged_services(services, len(pages)))
    judged = pl.concat([each[["alike", *_JUDGED]] for each in parts])
    places = pl.DataFrame(
        [
            pl.Series("row", [*taken.page_rows, *service_rows], pl.UInt32),
            page_places.append(service_places + len(pages)),
        ]
    )
    if services:  # else they are in order
        places = places.sort("row")
    if len(judged) == len(pages) + len(services):
        return places.hstack(judged[list(_JUDGED)][places["alike"]])
    return places.join(judged, on="alike", how="left", maintain_order="left_right")


def _services(taken: Taken) -> tuple[list[int], list[tuple[Signs, ...]]]:
    """The place of each measurement of a service, and the signs of all its features."""
    rows: list[int] = []
    groups: list[tuple[Signs, ...]] = []
    for row, found in groupby(zip(taken.feature_rows, taken.features, strict=True), itemgetter(0)):
        rows.append(row)
        groups.append(tuple(signs for _, signs in found))
    return rows, groups


def _judged_pages(pages: Sequence[Signs], *, layers: bool) -> pl.DataFrame:
    """Verdicts on pages: with ``layers`` a row a layer that was tried, then one for the whole."""
    signs = rules_web.TERMS.beside(frame_of(pages, WebSigns))
    numbers = pl.int_range(len(signs), dtype=pl.UInt32, eager=True).alias("alike")
    books = [BOOKS[layer] for layer in LAYERS]
    parts: list[pl.DataFrame] = []
    seen: list[pl.Series] = []
    for layer, book, place in zip(LAYERS, books, places_of(books, signs), strict=True):
        found = book.said(signs, place)
        seen += (found[column].alias(layer + name) for column, name in _SEEN.items())
        if layers:
            parts.append(found.hstack([book.evidence(signs, place), numbers]))
    whole = signs.hstack(seen)
    found = BOOKS["all"].judge(whole).hstack([*whole.select(every=_mechanisms()), numbers])
    found = found.with_columns(mechanism=pl.when(_is_hit()).then("every")).drop("every")
    if not layers:
        return found
    tried = pl.concat([*parts, found]).filter(pl.col("rule_id").is_not_null())
    return tried.sort("alike", maintain_order=True)


def _mechanisms() -> pl.Expr:
    """The layers that are hit, joined."""
    hit = (pl.when(pl.col(each) != "partly").then(pl.col(f"{each}_hit")) for each in LAYERS)
    return pl.concat_str(*hit, separator="+", ignore_nulls=True)


def _is_hit() -> pl.Expr:
    return pl.col("state").is_in(HIT)


def _judged_services(groups: Sequence[tuple[Signs, ...]], first: int) -> pl.DataFrame:
    """Verdicts on features, then one for each service as a whole."""
    numbers = [first + number for number, group in enumerate(groups) for _ in group]
    signs = frame_of([feature for group in groups for feature in group], FeatureSigns)
    found = FEATURE_BOOK.judge(signs).with_columns(
        pl.Series("alike", numbers, pl.UInt32),
        signs["feature"],
        signs["service"],
        mechanism=pl.when(_is_hit()).then(signs["layer"]),
    )
    several = found.filter((pl.col("feature") != ALL).or_(pl.col("service").is_null()))
    single = found.filter(pl.col("feature") == ALL)
    names = ["alike", *_JUDGED]
    judged = pl.concat([several[names], single[names], _wholes(several)])
    return judged.sort("alike", maintain_order=True)


def _wholes(features: pl.DataFrame) -> pl.DataFrame:
    """One verdict a service, from what its features came to."""
    yes, uncertain = (
        pl.col("blocked") == "yes",
        pl.col("state").is_in(HIT) & (pl.col("blocked") != "yes"),
    )
    state = pl.col("state")
    counted = features.group_by("alike", maintain_order=True).agg(
        pl.col("service").first(),
        n_ok=(state == "ok").sum(),
        n_insufficient=(state == "insufficient").sum(),
        n_blocked=(state == "blocked").sum(),
        n_partly=((state == "partly") & yes).sum(),
        n_uncertain=uncertain.sum(),
        features_hit=pl.col("feature").filter(state.is_in(HIT)).unique(maintain_order=True)
        .str.join("+"),
        mechanism=pl.col("mechanism").drop_nulls().unique(maintain_order=True).str.join("+"),
        detail=pl.col("detail").filter(state.is_in(HIT)).drop_nulls().first(),
        sure_blocked=pl.col("confidence").filter(state == "blocked").max(),
        sure_partly=pl.col("confidence").filter((state == "partly") & yes).max(),
        sure_ok=pl.col("confidence").filter(state == "ok").min(),
    )  # fmt: skip
    judged = SERVICE_BOOK.judge(counted.with_columns(failure="detail"))
    mechanism = pl.when(_is_hit()).then(counted["mechanism"])
    return judged.with_columns(counted["alike"], mechanism=mechanism)[["alike", *_JUDGED]]


def with_features_hit(verdicts: pl.DataFrame) -> pl.DataFrame:
    """The rows of the wholes; their feature is those that are hit, joined by ``+``, or null.

    The rows of a measurement stand together, its whole at their end, as `Judge.verdicts` gives it.
    """
    is_whole = (pl.col("feature") == ALL) & (pl.col("layer") == ALL)
    placed = verdicts.with_columns(nth=is_whole.cum_sum() - is_whole.cast(pl.UInt32))
    hit = (
        placed.filter(~is_whole & (pl.col("feature") != ALL) & pl.col("state").is_in(HIT))
        .group_by("nth", maintain_order=True)
        .agg(pl.col("feature").str.join("+"))
    )
    wholes = placed.filter(is_whole).drop("feature")
    return wholes.join(hit, on="nth", how="left", maintain_order="left").drop("nth")
