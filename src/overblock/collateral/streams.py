"""Worlds too large for memory, some names at a time.

Every question about one name needs all its rows and no other's, so a world may be cut by names.
Rows sorted by name are cut where one name ends; what is counted of the pieces adds up by
`overblock.collateral.profile.merge`.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import polars as pl

from overblock.collateral.worlds import World
from overblock.errors import SourceDrift

ROWS = 1 << 18  # of a piece, more or less: some hundred megabytes of work
Piece = TypeVar("Piece")
Answer = TypeVar("Answer")


def whole_names(batches: Iterable[pl.DataFrame], n_rows: int = ROWS) -> Iterator[pl.DataFrame]:
    """Batches of `resolutions`, sorted by name through all of them, so that no name is cut.

    Yields:
        Pieces of about ``n_rows`` rows, more where one name has more.

    Raises:
        SourceDrift: a name comes before one that was already given out.
    """
    held: list[pl.DataFrame] = []
    for batch in batches:
        for piece in batch.iter_slices(n_rows):
            _in_order(held[-1]["name"][-1] if held else None, piece["name"])
            held.append(piece)
            if sum(map(len, held)) < n_rows:
                continue
            rows = _known_in_order(held)
            last = rows["name"].search_sorted(rows["name"][-1], side="left")
            if last:
                yield rows.head(last)
            held = [rows.slice(last)]
    if held:
        yield _known_in_order(held)


def with_rest(
    pieces: Iterable[pl.DataFrame], rest: pl.DataFrame
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Pieces that follow one another, each with what `rest_of` tells of its rows.

    ``rest`` is told of all rows of all pieces; in each piece, the first row has the number 0.
    """
    begin = 0
    for piece in pieces:
        end = begin + len(piece)
        first, last = (int(rest["row"].search_sorted(row)) for row in (begin, end))
        yield piece, rest.slice(first, last - first).with_columns(pl.col("row") - begin)
        begin = end


def worlds(pieces: Iterable[pl.DataFrame | list[pl.DataFrame]]) -> Iterator[World]:
    """The world of each piece."""
    for piece in pieces:
        yield World.of([piece] if isinstance(piece, pl.DataFrame) else piece)


def each(
    pieces: Iterable[Piece], work: Callable[[Piece], Answer], at_once: int = 2
) -> Iterator[Answer]:
    """The answers to all pieces, in their order, some worked on at once.

    NumPy and Polars let go of the interpreter while they work, so threads are enough.  No more
    pieces are held than are worked on, and one.
    """
    with ThreadPoolExecutor(at_once) as pool:
        begun: deque[Future[Answer]] = deque()
        for piece in pieces:
            begun.append(pool.submit(work, piece))
            if len(begun) > at_once:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()


def _known_in_order(held: list[pl.DataFrame]) -> pl.DataFrame:
    """Rows that nobody need look through again to know that their names are in order."""
    return pl.concat(held).with_columns(pl.col("name").set_sorted())


def _in_order(last: str | None, names: pl.Series) -> None:
    first = names[0] if len(names) else None
    if not names.is_sorted() or (last is not None and first is not None and first < last):
        raise SourceDrift(f"the names are not in order: {first!r} after {last!r}")
