"""How much memory an answer takes, about: so that what is kept is bounded by bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from sys import getsizeof

import msgspec
import numpy as np
import polars as pl

LOOKED_AT = 50  # elements of a long list: the others are taken to be like them
DEEP = 8


def weight_of(value: object, deep: int = DEEP) -> int:
    """The bytes of a value with all that it holds, about; what is held twice counts twice.

    >>> weight_of("a" * 1_000_000) > 1_000_000
    True
    """
    if isinstance(value, pl.DataFrame | pl.Series):
        return int(value.estimated_size())
    if isinstance(value, np.ndarray):
        return int(value.nbytes)
    own = getsizeof(value)
    if not deep or isinstance(value, str | bytes | int | float | None):
        return own
    if isinstance(value, Mapping):
        return own + _of_many([*value.items()], deep)
    if isinstance(value, Sequence | set | frozenset):
        return own + _of_many([*value], deep)
    names: Sequence[str] = ()
    if isinstance(value, msgspec.Struct):
        names = value.__struct_fields__
    elif is_dataclass(value):
        names = [field.name for field in fields(value)]
    return own + sum(weight_of(getattr(value, name), deep - 1) for name in names)


def _of_many(held: list[object], deep: int) -> int:
    step = max(1, len(held) // LOOKED_AT)
    looked_at = held[::step]
    weight = sum(weight_of(one, deep - 1) for one in looked_at)
    return weight * len(held) // len(looked_at) if looked_at else 0
