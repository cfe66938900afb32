"""Measurements to verdicts: signs are gathered as documents pass, and judged in one go.

A `Judge` is fed one measurement after the other, so that no document is kept, and then asked for
the verdicts of all.  Which signs a test gives is a table in `taking`; which rules judge them stands
in `rules_web`, `rules_page` and `rules_services`.
"""

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

from overblock.measurements import rules_page, rules_services, rules_web
from overblock.measurements.rules import LAYERS, Layer, Rule, Rulebook
from overblock.measurements.sign_frames import frame_of
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
HIT = ("blocked", "partly", "throttled")
MESSENGERS = (
    "telegram",
    "whatsapp",
    "signal",
    "facebook_messenger",
    "tor",
    "vanilla_tor",
    "psiphon",
)
MECHANISMS: Mapping[str, str] = MappingProxyType({"throughput": "throttle"})


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
        taken, self.taken = self.taken, Taken()
        parts: list[pl.DataFrame] = []
        if taken.pages or not taken.features:  # to judge nothing takes as long as to judge much
            pages = frame_of(taken.pages, WebSigns)
            parts.append(_judged_pages(pages, taken.page_rows, layers=layers))
        if taken.features:
            features = frame_of(taken.features, FeatureSigns)
            parts.append(_judged_features(features, taken.feature_rows))
        judged = pl.concat(parts)
        facts = envelopes.with_row_index("row")
        found = judged.sort("row", maintain_order=True).join(
            facts, on="row", how="left", maintain_order="left"
        )
        target = pl.coalesce("target", pl.when(pl.col("test").is_in(MESSENGERS)).then("test"))
        ordered = found.with_columns(target=target)
        return VERDICTS.check(ordered.select(column.name for column in VERDICTS.columns))


_JUDGED = ("row", "feature", "layer", "mechanism", *("state", "blocked", "rule_id"), "confidence",
           "detail", "evidence")  # fmt: skip


def _judged_pages(signs: pl.DataFrame, rows: list[int], *, layers: bool) -> pl.DataFrame:
    """Verdicts on pages: with ``layers`` a row a layer that was tried, then one for the whole."""
    numbers = pl.Series(rows, dtype=pl.UInt32)
    parts: list[pl.DataFrame] = []
    seen: dict[str, pl.Series] = {}
    for layer in LAYERS:
        found = BOOKS[layer].judge(signs, evidence=layers)
        seen |= {
            layer: found["state"],
            f"{layer}_rule": found["rule_id"],
            f"{layer}_detail": found["detail"],
        }
        if layers:
            mechanism = pl.when(_is_hit()).then(pl.lit(MECHANISMS.get(layer, layer)))
            parts.append(_laid_out(found.with_columns(mechanism=mechanism), numbers, layer))
    whole = signs.with_columns(**seen)
    hit = whole.select(
        pl.concat_str(
            *(
                pl.when(pl.col(layer).is_in(["blocked", "throttled"])).then(
                    pl.lit(MECHANISMS.get(layer, layer))
                )
                for layer in LAYERS
            ),
            separator="+",
            ignore_nulls=True,
        ).alias("mechanism")
    ).to_series()
    found = BOOKS["all"].judge(whole).with_columns(mechanism=hit)
    mechanism = pl.when(_is_hit()).then("mechanism")
    parts.append(_laid_out(found.with_columns(mechanism=mechanism), numbers, ALL))
    return pl.concat(parts).filter(pl.col("rule_id").is_not_null())


def _is_hit() -> pl.Expr:
    return pl.col("state").is_in(HIT)


def _laid_out(found: pl.DataFrame, rows: pl.Series, layer: str) -> pl.DataFrame:
    return found.with_columns(row=rows, feature=pl.lit(ALL), layer=pl.lit(layer)).select(_JUDGED)


def _judged_features(signs: pl.DataFrame, rows: list[int]) -> pl.DataFrame:
    """Verdicts on features, then one for each service as a whole."""
    judged = FEATURE_BOOK.judge(signs)
    hit = _is_hit()
    features = judged.hstack(signs.select("feature", "layer", "service")).with_columns(
        row=pl.Series(rows, dtype=pl.UInt32),
        mechanism=pl.when(hit).then("layer"),
        layer=pl.lit(ALL),
    )
    several = features.filter((pl.col("feature") != ALL).or_(pl.col("service").is_null()))
    single = features.filter(pl.col("feature") == ALL)
    return pl.concat([each.select(_JUDGED) for each in (several, single, _wholes(several))])


def _wholes(features: pl.DataFrame) -> pl.DataFrame:
    """One verdict a service, from what its features came to."""
    yes, uncertain = (
        pl.col("blocked") == "yes",
        pl.col("state").is_in(HIT) & (pl.col("blocked") != "yes"),
    )
    state = pl.col("state")
    counted = features.group_by("row", maintain_order=True).agg(
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
    )  # fmt: skip
    judged = SERVICE_BOOK.judge(counted.with_columns(failure="detail"))
    hit = _is_hit()
    return (
        judged.hstack(counted.select("row", "mechanism"))
        .with_columns(
            mechanism=pl.when(hit).then("mechanism"), feature=pl.lit(ALL), layer=pl.lit(ALL)
        )
        .select(_JUDGED)
    )


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
