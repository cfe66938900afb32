"""Pages: a template, the words of a language, and links that keep it.

Every text is escaped by the templates, and signs that steer are replaced: names of registers and
measurements are hostile.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from hashlib import sha256
from importlib.resources import files
from types import NoneType
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import MediaType, Request, Response

from overblock import __version__
from overblock.reports.document.parts import Figure, Value, phrase
from overblock.reports.document.words import (
    CONTROLS,
    LANGUAGES,
    REPLACED,
    Language,
    Words,
    words_of,
)

STATIC = {
    "site.css": "text/css",
    "site.js": "text/javascript",
    "icon.svg": "image/svg+xml",
    "register.css": "text/css",
    "chart.js": "text/javascript",
    "check.css": "text/css",
    "check.js": "text/javascript",
    "measured.css": "text/css",
    "map.css": "text/css",
    "map.js": "text/javascript",
    "map-time.js": "text/javascript",
}
SAID_OFTEN = {int, date, datetime, NoneType}  # kinds of values whose words are kept
HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?")
DATED = re.compile(r" of (\d{4}-\d\d-\d\d)\b")
MOST_LANGUAGES = 20  # of those that a browser says it reads


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads: the language, and whether it was chosen rather than taken from the browser."""

    language: Language
    chosen: bool
    path: str
    query: tuple[tuple[str, str], ...]  # of this page, without its language
    base: str = ""  # scheme and host by which the site was asked; empty where it was none

    @property
    def words(self) -> Words:
        """How the language says things."""
        return words_of(self.language)

    def say(self, message: str, **values: "Value | int") -> str:
        """A message in the language, with numbers as people write them."""
        if SAID_OFTEN.issuperset(map(type, values.values())):
            return _said(self.language, message, tuple(values.items()))
        return _say(self.language, message, values)

    def dated(self, source: str) -> str:
        """Sources as reports name them, ``names_csv of 2018-04-26``, with the day in words."""

        def told(found: re.Match[str]) -> str:
            """One day; what is none stays as it is."""
            try:
                return f" {self.say('of {day}', day=date.fromisoformat(found[1]))}"
            except ValueError:
                return found[0]

        return DATED.sub(told, source)

    def link(self, path: str, **query: object) -> str:
        """The address of a page, in the language that was chosen."""
        wanted = {name: _written(value) for name, value in query.items() if value is not None}
        if self.chosen:
            wanted["lang"] = self.language
        return f"{path}?{urlencode(wanted)}" if wanted else path

    def same(self, language: Language) -> str:
        """The address of this page in another language."""
        return f"{self.path}?{urlencode([*self.query, ('lang', language)])}"


def _say(language: Language, message: str, values: "Mapping[str, Value | int]") -> str:
    return words_of(language)(
        phrase(message, **{name: _value(one) for name, one in values.items()})
    )


@lru_cache(8192)
def _said(language: Language, message: str, values: "tuple[tuple[str, Value | int], ...]") -> str:
    """The same, of numbers and days alone: half of a page is these, and never what was typed."""
    return _say(language, message, dict(values))


def reader_of(request: Request[Any, Any, Any]) -> Reader:
    """The reader of a request: ``?lang=`` first, then what the browser says, then English."""
    chosen = request.query_params.get("lang", "")
    asked = request.query_params.multi_items()  # in an order that differs from process to process
    query = sorted((name, value) for name, value in asked if name != "lang")
    wanted = [chosen, *accepted(request.headers.get("accept-language", ""))]
    language = next((name for told in wanted for name in LANGUAGES if told == name), LANGUAGES[0])
    return Reader(
        language=language,
        chosen=chosen == language,
        path=f"/{quote(request.scope['path'].lstrip('/'))}",  # two slashes would name a host
        query=tuple(query) if request.method == "GET" else (),
        base=_base(request),
    )


def render(reader: Reader, template: str, *, status: int = 200, **values: Any) -> Response[str]:  # noqa: ANN401  (a template takes anything)
    """A page of HTML."""
    page = fill(reader, template, **values)
    headers = {"Content-Language": reader.language, "Vary": "Accept-Language"}
    return Response(page, media_type=MediaType.HTML, status_code=status, headers=headers)


def fill(reader: Reader, template: str, **values: Any) -> str:  # noqa: ANN401  (a template takes anything)
    """A template with its places filled, every text escaped."""
    return (
        _templates()
        .get_template(template)
        .render(
            reader=reader,
            say=reader.say,
            link=reader.link,
            languages=LANGUAGES,
            static=static_files(),
            version=__version__,
            **values,
        )
    )


def as_csv(text: str) -> Response[str]:
    """Rows as a file of CSV."""
    return Response(text, media_type="text/csv")


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file that pages load: its address names its content, so that it can be kept for ever."""

    path: str
    media_type: str
    content: bytes


@cache
def static_files() -> dict[str, StaticFile]:
    """All of them, by their names."""
    return {name: _static(name, media_type) for name, media_type in STATIC.items()}


def _static(name: str, media_type: str) -> StaticFile:
    content = (files("overblock.web") / "static" / name).read_bytes()
    stem, _, ending = name.partition(".")
    digest = sha256(content).hexdigest()[:16]
    return StaticFile(f"/static/{stem}.{digest}.{ending}", media_type, content)


@cache
def _templates() -> Environment:
    made = Environment(
        loader=PackageLoader("overblock.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["plain"] = lambda text: CONTROLS.sub(REPLACED, str(text))
    made.filters["instant"] = instant
    return made


def instant(at: datetime) -> str:
    """A moment as addresses of pages write it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _written(value: object) -> str:
    return instant(value) if isinstance(value, datetime) else str(value)


def _value(value: "Value | int") -> Value:
    return Figure(name="", query="", value=value, unit="") if isinstance(value, int) else value


def _base(request: Request[Any, Any, Any]) -> str:
    """How the visitor came here; what is no host is left out."""
    host = request.headers.get("host", "")
    return f"{request.scope['scheme']}://{host}" if HOST.fullmatch(host) else ""


def accepted(header: str) -> list[str]:
    """The languages that a browser says it reads, the dearest first, without their countries."""
    weighed: list[tuple[float, str]] = []
    for part in header.split(",", MOST_LANGUAGES)[:MOST_LANGUAGES]:
        name, _, weight = part.partition(";q=")
        try:
            weighed.append((-float(weight or 1), name.strip().lower().partition("-")[0]))
        except ValueError:
            continue
    return [name for _, name in sorted(weighed, key=lambda pair: pair[0])]
