"""Names in the observatory, a stretch of the alphabet at a time.

A partition may hold more rows than memory does.  Each of its parts is in the order of names, so
that of the names from one to another only a few row groups of each part are read, in whatever
order the names once came.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from overblock.errors import PartGone, StoreDamaged
from overblock.store import View
from overblock.tables import NAME_SIGNS, RESOLUTIONS

if TYPE_CHECKING:
    import polars as pl  # a third of a second, which `check` must not pay


class Step(NamedTuple):
    """A row group of a part, as the end of the file tells of it."""

    name: str  # with which it begins
    n_rows: int
    has_address: bool  # in any of its rows


@dataclass(frozen=True, slots=True)
class StoredNames:
    """The rows of one partition of `overblock.tables.RESOLUTIONS`, and the signs beside them."""

    view: View
    partition: str

    def n_rows(self) -> int:
        """How many rows there are, of which none is read."""
        import polars as pl  # noqa: PLC0415  (a third of a second, which `check` must not pay)

        counted = self.view.choose(RESOLUTIONS, self.partition, lambda rows: rows.select(pl.len()))
        return int(counted.item())

    def steps(self) -> list[Step]:
        """All row groups, in no order.

        Raises:
            PartGone: a part is not there.
            StoreDamaged: a part is broken.
        """
        import pyarrow as pa  # noqa: PLC0415  (25 megabytes, for those alone who have many names)
        import pyarrow.parquet as pq  # noqa: PLC0415  (the same)

        found: list[Step] = []
        for path in self.view.paths(RESOLUTIONS, self.partition):
            try:
                footer = pq.ParquetFile(path).metadata
                groups = [footer.row_group(place) for place in range(footer.num_row_groups)]
                found += [_step(group) for group in groups if group.num_rows]
            except FileNotFoundError as error:
                raise PartGone(f"{path} is not there") from error
            except (pa.ArrowException, OSError, AttributeError, KeyError) as error:
                raise StoreDamaged(f"{path} is no Parquet file with figures: {error}") from error
        return found

    def rows(self, wanted: "pl.Expr", columns: tuple[str, ...]) -> "pl.DataFrame":
        """Some columns of the rows of some names."""
        return self.view.choose(
            RESOLUTIONS, self.partition, lambda rows: rows.filter(wanted).select(columns)
        )

    def signs(self, wanted: "pl.Expr") -> "pl.DataFrame":
        """What is known of some names besides their addresses: NAME_SIGNS."""
        return self.view.choose(NAME_SIGNS, self.partition, lambda signs: signs.filter(wanted))


def _step(group: Any) -> Step:  # noqa: ANN401  (of a library without types)
    said = {
        column.path_in_schema: column.statistics
        for column in map(group.column, range(group.num_columns))
    }
    n_nulls = min(said[name].null_count for name in ("ipv4", "ipv6"))
    return Step(said["name"].min, group.num_rows, n_nulls < group.num_rows)
