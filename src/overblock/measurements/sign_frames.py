"""Signs as columns.  Who only takes signs, as another process does, needs no array library."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from functools import cache
from itertools import count
from typing import TypeVar, get_args, get_type_hints

import polars as pl
from msgspec import Struct

Some = TypeVar("Some", bound=Hashable)


@cache
def schema_of(struct: type[Struct]) -> dict[str, pl.DataType]:
    """The Polars types of a struct of signs."""
    kinds: dict[type, pl.DataType] = {
        str: pl.String(),
        bool: pl.Boolean(),
        int: pl.Int64(),
        float: pl.Float64(),
    }
    return {name: kinds[_plain(hint)] for name, hint in get_type_hints(struct).items()}


def _plain(hint: object) -> type:
    """The type that a hint allows beside None."""
    allowed = get_args(hint) or (hint,)
    return next(each for each in allowed if isinstance(each, type) and each is not type(None))


def frame_of(rows: Sequence[tuple[object, ...]], struct: type[Struct]) -> pl.DataFrame:
    """Rows of signs as a frame, a column a sign; each row is ``msgspec.structs.astuple`` of one."""
    schema = schema_of(struct)
    columns = zip(*rows, strict=True) if rows else ([] for _ in schema)
    return pl.DataFrame(
        [
            pl.Series(name, column, kind)
            for (name, kind), column in zip(schema.items(), columns, strict=True)
        ]
    )


def alike(found: Iterable[Some]) -> tuple[list[Some], pl.Series]:
    """What differs among what was found, and the place of each there.

    Signs are coarse, so that many measurements show the same; to look a row of them up takes no
    longer than to lay out its columns.

    >>> alike("abba")[0], alike("abba")[1].to_list()
    (['a', 'b'], [0, 1, 1, 0])
    """
    places = defaultdict[Some, int](count().__next__)
    at = list(map(places.__getitem__, found))
    return list(places), pl.Series("alike", at, pl.UInt32)
