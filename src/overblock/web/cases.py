"""``/cases``: the documented cases that ship, each with its report in place."""

import re
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from litestar import MediaType, Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from overblock.cases.loading import bundled_cases, load_case
from overblock.reports.document.words import Language
from overblock.web.asking import Asking
from overblock.web.pages import Reader, reader_of, render
from overblock.web.serving.guarding import POLICY

Asked = Request[Any, Any, Any]
STYLE = re.compile(r"style-src ('sha256-[A-Za-z0-9+/=]+')")


class CaseFact(msgspec.Struct, frozen=True, kw_only=True):
    """One case that ships."""

    name: str
    title: str
    place: str
    networks: int  # that it tells of: without any it has no map
    titles: dict[str, str] = {}  # by language, those that the case gives


@get("/cases", include_in_schema=False)
async def cases_page(request: Asked, answers: Asking) -> Response[str]:
    """The list of cases."""
    return render(reader_of(request), "cases.html.j2", cases=await known_cases(answers))


@get("/cases.json")
async def cases_json(answers: Asking) -> list[CaseFact]:
    """The cases that ship."""
    return await known_cases(answers)


@get("/cases/{name:str}", include_in_schema=False)
async def case_page(request: Asked, answers: Asking, name: FromPath[str]) -> Response[str]:
    """The report on a case: the very page that ``overblock report`` writes."""
    reader = reader_of(request)
    if name not in bundled_cases():
        raise NotFoundException(f"no case here is called {name[:80]!r}")
    page = await answers.make(
        ("case", name, reader.language), lambda: _report(name, reader.language)
    )
    return Response(
        page.replace("<body>", f"<body>\n{_way_back(reader)}", 1),
        media_type=MediaType.HTML,
        headers={
            "Content-Security-Policy": _policy(page),
            "Content-Language": reader.language,
            "Vary": "Accept-Language",
        },
    )


def _way_back(reader: Reader) -> str:
    """From the report, which is a page of its own, to the site that it stands in."""
    places = {"/": "overblock", "/cases": reader.say("Cases"), "/map": reader.say("Map")}
    links = " · ".join(
        f'<a href="{escape(reader.link(path))}">{escape(name)}</a>' for path, name in places.items()
    )
    return f'<nav aria-label="{escape(reader.say("Pages"))}"><p>{links}</p></nav>'


async def known_cases(answers: Asking) -> list[CaseFact]:
    """The cases that ship, read once."""
    return await answers.make(("cases",), _facts)


def _facts() -> list[CaseFact]:
    cases = (load_case(name) for name in bundled_cases())
    return [
        CaseFact(
            name=one.name,
            title=one.title,
            place=one.place,
            networks=len(case.networks),
            titles=one.titles(),
        )
        for case in cases
        for one in [case.facts]
    ]


def _report(name: str, language: Language) -> str:
    from overblock.reports.document.bundle import bundle_inputs  # noqa: PLC0415  (fifty megabytes)
    from overblock.reports.document.html import render_html  # noqa: PLC0415  (with it)
    from overblock.reports.document.subjects import subject_named  # noqa: PLC0415  (with it)

    subject = subject_named(name)
    with TemporaryDirectory(prefix="overblock-") as folder:
        subject.lay(Path(folder))
        document = subject.document(bundle_inputs(Path(folder)), drawn=True, language=language)
    return render_html(document, language)


def _policy(page: str) -> str:
    """The site's policy, and the one style and the pictures that stand in the report itself."""
    found = STYLE.search(page)
    style = found[1] if found else "'none'"
    return POLICY.replace("style-src 'self'", f"style-src {style}").replace(
        "img-src 'self'", "img-src data:"
    )
