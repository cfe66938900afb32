"""The part of the reference pages that says by which rules a name counts as a target or parked."""

import polars as pl

from _generate import _grid
from overblock.collateral.parked import DEAD, parked_rules
from overblock.collateral.targets import BELOW, EXACT, GENERIC, mirror_rules

NAMED = {
    "domain": "a domain that an entry names",
    "mask": "a mask that an entry names, such as `*.site.example`",
    "page": "the host of a page that an entry names",
}


def named() -> str:
    """The rules of what entries name, and what lies below."""
    rows = [(f"`{rule}`", f"the name is {NAMED[how]}") for how, rule in EXACT.items()]
    rows += [(f"`{rule}`", f"the name lies below {NAMED[how]}") for how, rule in BELOW.items()]
    return _grid(("rule", "a name is a target because"), rows)


def mirrors() -> str:
    """The rules by which two names are one site, and the words that tell nothing."""
    rules = [rule for rule in mirror_rules() if rule.how != GENERIC]
    rows = [(f"`{rule.rule}`", str(rule.least), rule.because) for rule in rules]
    [generic] = [rule for rule in mirror_rules() if rule.how == GENERIC]
    words = ", ".join(generic.words)
    grid = _grid(("rule", "least letters", "because"), rows)
    return f"{grid}\n{generic.because}\n\n{words}.\n"


def parked() -> str:
    """The rules of `parked.csv`, those of one rule and sign in one row; and the dead."""
    table = parked_rules().group_by("rule", "sign", "because", "source", maintain_order=True)
    rows = [
        (f"`{rule}`", sign.replace("_", " "), ", ".join(f"`{one}`" for one in values),
         because, source)
        for rule, sign, because, source, values in table.agg(pl.col("value")).iter_rows()
    ]  # fmt: skip
    words = ("every answer was that there is no such name", "the name exists and has no address")
    rows += [
        (f"`{rule}`", "answer", "", why, "RFC 1035, RFC 2308")
        for rule, why in zip(DEAD, words, strict=True)
    ]
    return _grid(("rule", "sign", "value", "because", "source"), rows)
