"""A report as one HTML file that asks nothing of anybody: no script, no font, no outside request.

Texts come from cases that anybody may have written: all are escaped, and the page's own policy
allows no script, no style but its own and no picture but those inside it.
"""

from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from html import escape
from importlib.resources import files

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from overblock import __version__
from overblock.reports.document.parts import Document, Figure, Phrase, Picture, Value, phrase
from overblock.reports.document.words import CONTROLS, REPLACED, Language, Words, words_of


def render_html(document: Document, language: Language) -> str:
    """The page in one language."""
    folder = files("overblock.reports.document")
    style = (folder / "page.css").read_text("utf-8").strip()
    figures = document.figures()
    anchors = {name: f"f{number}" for number, name in enumerate(figures, start=1)}
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    template = environment.from_string((folder / "page.html.j2").read_text("utf-8"))
    words = words_of(language)
    return template.render(
        document=document,
        figures=figures,
        anchors=anchors,
        words=words,
        dressed=_dresser(words, anchors),
        picture=_picture,
        kind=lambda block: type(block).__name__,
        p=phrase,
        named=Phrase,
        language=language,
        version=__version__,
        style=style,
        style_digest=b64encode(sha256(style.encode()).digest()).decode(),
    )


def _dresser(words: Words, anchors: dict[str, str]) -> Callable[[Value], Markup]:
    """Values as HTML: each figure leads to its query, and shows it when pointed at."""

    def show(figure: Figure, text: str) -> str:
        query = CONTROLS.sub(REPLACED, figure.query)
        return f"\0{anchors[figure.name]}\1{query}\1{figure.text}\1{text}\0"

    def dress(value: Value) -> Markup:
        if isinstance(value, str) and value.startswith(("https://", "http://")):
            link = escape(value)
            return Markup(f'<a href="{link}" rel="noreferrer nofollow">{link}</a>')  # noqa: S704  (escaped above)
        said = words(value, show).split("\0")
        parts = (
            _figure(part) if place % 2 else escape(part) for place, part in enumerate(said)
        )  # odd parts stand between two marks
        return Markup("".join(parts))  # noqa: S704  (each part was escaped)

    return dress


def _figure(told: str) -> str:
    anchor, query, value, text = told.split("\1")
    return (
        f'<a class="figure" href="#{escape(anchor)}" title="{escape(query)}">'
        f'<data value="{escape(value)}">{escape(text)}</data></a>'
    )


def _picture(picture: Picture) -> str:
    """A picture as a data address: SVG inside an image runs no script and loads nothing."""
    if picture.svg:
        return f"data:image/svg+xml;base64,{b64encode(picture.svg.encode()).decode()}"
    return f"data:image/png;base64,{b64encode(picture.png).decode()}"
