"""The matrix as its page shows it: words and links made once for a state, a row and a column.

A page has more than a thousand cells.  What a cell says is a state, two numbers and a link; each
of them is worked out once and put together, which takes a tenth of saying every cell anew.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from overblock.instants import TICK
from overblock.reports.document.parts import phrase
from overblock.reports.measured.matrix import (
    DAY,
    MatrixAnswer,
    MatrixCell,
    MatrixColumn,
    MatrixRow,
)
from overblock.web.measured.words import MeasuredWords

SERIES = "/measurements/series?"
PART = phrase("{part} of {whole}", part="\t", whole="\n")
NONE = phrase("of {whole} none", whole="\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCell:
    """One cell: its state's sign and word, its counts, its place, and where it leads."""

    state: str
    few: bool
    sign: str
    word: str
    counts: str
    place: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRow:
    """One row, its cells made as they are asked for."""

    row: MatrixRow
    link: str
    cells: Iterator[ShownCell | None]


class Table:
    """A matrix in the words of a reader."""

    def __init__(self, answer: MatrixAnswer, words: MeasuredWords) -> None:
        """Work out what all cells of a column share."""
        self.answer, self._words = answer, words
        self.first, self.last = answer.since.date(), (answer.until - TICK).date()
        language = words.reader.language if words.reader.chosen else None
        self._rest = words.query(lang=language)
        self._columns = [(self._place(one), self._asked(one)) for one in answer.columns]
        self._states: dict[str, tuple[str, str]] = {}
        self._part, self._none = words.said(PART), words.said(NONE)

    def rows(self) -> Iterator[ShownRow]:
        """Every row, in order."""
        span = self._words.query(cc=self.answer.probe_cc, since=self.first, until=self.last)
        for row in self.answer.rows:
            asked = self._words.query(test=row.test, target=row.target, feature=row.feature)
            link = f"{SERIES}{asked}&{span}{self._and}"
            yield ShownRow(row=row, link=link, cells=self._cells(row, f"{SERIES}{asked}&"))

    def beside(self, way: int) -> dict[str, date] | None:
        """As many days before (-1) or after (1) those that are shown; None where time ends."""
        days = (self.last - self.first + DAY) * way
        try:
            return {"since": self.first + days, "until": self.last + days}
        except OverflowError:
            return None

    @property
    def _and(self) -> str:
        return f"&{self._rest}" if self._rest else ""

    def _cells(self, row: MatrixRow, link: str) -> Iterator[ShownCell | None]:
        for cell, (place, asked) in zip(row.cells, self._columns, strict=True):
            if cell is None:
                yield None
                continue
            sign, word = self._state(cell.state)
            yield ShownCell(
                state=cell.state,
                few=cell.few,
                sign=sign,
                word=word,
                counts=self._counts(cell),
                place=place,
                link=f"{link}{asked}{self._and}",
            )

    def _counts(self, cell: MatrixCell) -> str:
        number = self._words.number
        if cell.n_judged == 0:
            return self._none.replace("\n", number(cell.n_aside))
        part = self._part.replace("\t", number(cell.n_failing))
        return part.replace("\n", number(cell.n_judged))

    def _state(self, state: str) -> tuple[str, str]:
        if state not in self._states:
            shown = self._words.state(state)
            self._states[state] = shown.sign, self._words.said(shown.word)
        return self._states[state]

    def _place(self, column: MatrixColumn) -> str:
        if column.day:
            return column.day.isoformat()
        number = f"AS{column.probe_asn}" if column.probe_asn else "?"
        return " ".join(filter(None, (column.probe_cc or "?", number, column.as_name)))

    def _asked(self, column: MatrixColumn) -> str:
        first: date = column.day or self.first
        last: date = column.day or self.last
        return self._words.query(
            cc=column.probe_cc or self.answer.probe_cc,
            asn=column.probe_asn,
            since=first,
            until=last,
        )
