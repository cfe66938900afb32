"""Whether a name was meant or merely hit: targets, parked names and bystanders.

Every name has exactly one group, and the rule that put it there.  A name that an entry names is a
*target*, even where it is parked; else one that is parked or dead is *parked*; all others are
*bystanders*: services that nobody named.  Nothing is ever dropped.
"""

from functools import cache

import numpy as np
import polars as pl

from overblock.collateral.listed import Listed
from overblock.collateral.parked import Signs, parked, parked_rule_names
from overblock.collateral.reach import reach
from overblock.collateral.targets import Named, target_rules, targets
from overblock.collateral.worlds import World

GROUPS = ("bystander", "target", "parked")
GROUP = pl.Enum(GROUPS)


@cache
def rule_names() -> tuple[str, ...]:
    """The ids of all rules, that of bystanders first."""
    return (GROUPS[0], *target_rules(), *parked_rule_names())


def grouped(world: World, named: Named, signs: pl.DataFrame | Signs | None = None) -> pl.DataFrame:
    """The group of each name, and by which rule.

    ``named`` is what the entries alive at that moment name; ``signs`` is of `name_signs`, laid out
    once by who asks of many worlds.

    Returns:
        A row a name, in the world's order: ``group``, ``rule``.
    """
    names = rule_names()
    place = pl.DataFrame({"rule": names, "code": np.arange(len(names), dtype=np.uint16)})
    group = np.zeros(world.n_names, np.uint8)
    rule = np.zeros(world.n_names, np.uint16)
    for code, found in ((2, parked(world, signs)), (1, targets(world.names, named))):
        ids = found["id"].to_numpy()
        group[ids] = code
        rule[ids] = found.join(place, on="rule", how="left", maintain_order="left")["code"]
    return pl.DataFrame({
        "group": pl.Series(group).cat.to(GROUP),
        "rule": pl.Series(rule).cat.to(pl.Enum(names)),
    })  # fmt: skip


def classify(
    world: World, listed: Listed, named: Named, signs: pl.DataFrame | Signs | None = None
) -> pl.DataFrame:
    """How far each name is hit, and whether it was meant: `reach` and `grouped` side by side."""
    return pl.concat([reach(world, listed), grouped(world, named, signs)], how="horizontal")
