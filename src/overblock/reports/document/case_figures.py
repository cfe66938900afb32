"""The figures of a case: each with the query that gives it, asked of the case's own tables."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from overblock.cases.facts import CaseFacts
from overblock.instants import to_the_second
from overblock.reports.cases.answer import CaseReport, Group
from overblock.reports.document.parts import Block, Figure, Form, Level, Picture


@dataclass(frozen=True, slots=True)
class CaseFigures:
    """A replayed case, and the pictures that were drawn of it."""

    report: CaseReport
    facts: CaseFacts
    pictures: Mapping[str, Picture]

    def extent(self, kind: str, value: int | None) -> Figure:
        """Addresses that stood listed at the moment of the figures."""
        at = to_the_second(self.report.at)
        name = f"extent.ipv4.{kind}"
        return Figure(name=name, query=f"{name} of {self._of} at {at}", value=value,
                      unit="addresses")  # fmt: skip

    def number(  # noqa: PLR0913  (a figure is as much)
        self,
        name: str,
        value: float | None,
        unit: str = "",
        *,
        form: Form = "count",
        level: Level = "listed",
        query: str | None = None,
    ) -> Figure:
        """Any figure of the case, by its name."""
        asked = query or f"{name} of {self._of}"
        return Figure(name=name, query=asked, value=value, unit=unit, form=form, level=level)

    def share_of(self, by: str, group: Group) -> Figure:
        """What share of all that stood listed a group is."""
        return self.number(f"{by}[{group.key}].share", group.share, "share", form="share")

    def picture(self, name: str) -> Iterator[Block]:
        """A picture where there is one of that name."""
        if name in self.pictures:
            yield self.pictures[name]

    @property
    def _of(self) -> str:
        return f"case {self.report.name}"
