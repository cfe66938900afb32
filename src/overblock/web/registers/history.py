"""``/registers/<name>/history``: the chart's data, its picture, and its specification."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Self, TypeAlias

from litestar import Request, Response, get
from litestar.params import FromPath, QueryParameter

from overblock.errors import UsageError
from overblock.reports.flat import csv_text
from overblock.reports.registers.chart import (
    Scale,
    Spec,
    Theme,
    lines_spec,
    on_screen,
    svg_of,
    usual_scale,
)
from overblock.reports.registers.lines import (
    LineGrouping,
    LinesAnswer,
    known_grouping,
    register_lines,
)
from overblock.web.asking import Asking
from overblock.web.pages import Reader, as_csv, reader_of
from overblock.web.registers.asking import By, Year, year_of
from overblock.web.registers.chart_words import chart_words

Asked = Request[Any, Any, Any]
SVG = "image/svg+xml"
VEGA_LITE = "application/vnd.vegalite.v6+json"
Scaled: TypeAlias = Annotated[
    str, QueryParameter(description="linear or log; what suits the figures if left out.")
]
Themed: TypeAlias = Annotated[str, QueryParameter(description="light or dark.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartAsked:
    """Which chart is asked for."""

    register: str
    by: LineGrouping
    year: int | None
    scale: Scale | None  # None: what suits the figures
    theme: Theme

    @classmethod
    def read(cls, register: str, by: str, year: str, scale: str, theme: str) -> Self:
        """What a visitor wrote, held to what there is.

        Raises:
            UsageError: there is no such chart.
        """
        known: dict[str, Scale | None] = {"": None, "linear": "linear", "log": "log"}
        themes: dict[str, Theme] = {"": "light", "light": "light", "dark": "dark"}
        if scale not in known or theme not in themes:
            raise UsageError("a chart's scale is linear or log, its theme is light or dark")
        return cls(
            register=register,
            by=known_grouping(by or "all"),
            year=year_of(year),
            scale=known[scale],
            theme=themes[theme],
        )

    @property
    def query(self) -> dict[str, str]:
        """What a link to the same chart asks with, but for its theme."""
        told = {"by": self.by if self.by != "all" else "", "year": str(self.year or "")}
        told["scale"] = self.scale or ""
        return {name: value for name, value in told.items() if value}


@get("/registers/{name:str}/history.json")
async def history_json(
    answers: Asking, name: FromPath[str], by: By = "all", year: Year = ""
) -> LinesAnswer:
    """How much a register listed over its time, as lines with a point at every change."""
    return await lines_asked(answers, ChartAsked.read(name, by, year, "", ""))


@get("/registers/{name:str}/history.csv", include_in_schema=False)
async def history_csv(
    answers: Asking, name: FromPath[str], by: By = "all", year: Year = ""
) -> Response[str]:
    """A row a point."""
    answer = await lines_asked(answers, ChartAsked.read(name, by, year, "", ""))
    return as_csv(csv_text(_rows(answer)))


@get("/registers/{name:str}/history.svg", include_in_schema=False)
async def history_svg(  # noqa: PLR0913  (what a chart can be asked with)
    *,
    request: Asked,
    answers: Asking,
    name: FromPath[str],
    by: By = "all",
    year: Year = "",
    scale: Scaled = "",
    theme: Themed = "light",
) -> Response[str]:
    """The same drawn."""
    asked = ChartAsked.read(name, by, year, scale, theme)
    return Response(await drawn(answers, reader_of(request), asked), media_type=SVG)


@get("/registers/{name:str}/history.vl.json", include_in_schema=False)
async def history_spec(  # noqa: PLR0913  (the same)
    *,
    request: Asked,
    answers: Asking,
    name: FromPath[str],
    by: By = "all",
    year: Year = "",
    scale: Scaled = "",
    theme: Themed = "light",
) -> Response[Spec]:
    """The picture's specification in Vega-Lite, for a screen."""
    asked = ChartAsked.read(name, by, year, scale, theme)
    spec = _spec(await lines_asked(answers, asked), reader_of(request), asked)
    return Response(on_screen(spec), media_type=VEGA_LITE)


async def lines_asked(answers: Asking, asked: ChartAsked) -> LinesAnswer:
    """The lines of a chart."""
    register, by, year = asked.register, asked.by, asked.year
    return await answers.ask(
        ("lines", register, by, year), lambda view: register_lines(view, register, by, year)
    )


async def drawn(answers: Asking, reader: Reader, asked: ChartAsked) -> str:
    """The picture of a chart, drawn once for a state of the observatory."""
    lines = await lines_asked(answers, asked)
    key = ("drawn", answers.state(), asked, reader.language)
    return await answers.make(key, lambda: svg_of(_spec(lines, reader, asked)))


def _spec(lines: LinesAnswer, reader: Reader, asked: ChartAsked) -> Spec:
    scale = asked.scale or usual_scale(lines)
    return lines_spec(lines, chart_words(reader, lines, scale), asked.theme, scale)


def _rows(answer: LinesAnswer) -> Iterator[dict[str, Any]]:
    for number, line in enumerate((answer.whole, *answer.lines)):
        for point in line.points:
            yield {
                "register": answer.register,
                "by": answer.by if number else "all",
                "key": line.key,
                "authority": line.authority,
                "decision_date": line.decision_date,
                "at": point.at,
                "ipv4": point.ipv4,
            }
