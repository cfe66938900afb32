"""``/badge/<register>``: one line for the banners of other sites, as a picture or as JSON.

Only these two may be loaded by other sites (CORS, CORP): they say the same to everybody, and
nothing about who loads them is kept.
"""

from base64 import b64encode
from hashlib import sha256
from html import escape
from typing import Annotated, Any, TypeAlias

from litestar import MediaType, Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, QueryParameter

from overblock.reports.registers.badge import DAY, BadgeAnswer, badge_of
from overblock.web.asking import Asking
from overblock.web.inputs import moment_of
from overblock.web.now import now_of
from overblock.web.pages import Reader, fill, reader_of, render
from overblock.web.validators import tagged

Asked = Request[Any, Any, Any]
SVG = "image/svg+xml"
HOUR = 3_600
Theme: TypeAlias = Annotated[
    str, QueryParameter(description="auto (as the reader's screen), light or dark.")
]
THEMES = ("auto", "light", "dark")
NARROW, WIDE = frozenset("ijl.,:;|!'· \N{NO-BREAK SPACE}"), frozenset("mwMWШЩЮЖФшщюжмф")
EDGE = 8  # pixels beside a text
LIGHT = ".l{fill:#f4f4f1}.k{fill:#1a1a1a}.v{fill:#00539b}.d{fill:#8a3b00}.w{fill:#fff}"
DARK = ".l{fill:#232323}.k{fill:#ececec}.v{fill:#8ec5ff}.d{fill:#ffb27d}.w{fill:#111}"
STYLES = {
    "light": LIGHT,
    "dark": DARK,
    "auto": f"{LIGHT}@media(prefers-color-scheme:dark){{{DARK}}}",
}
OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cache-Control": "public, max-age=300",
}


@get(
    "/badge/{name:str}",
    responses={
        200: ResponseSpec(
            BadgeAnswer,
            media_type=MediaType.JSON,
            description="For a name that ends in .json; .svg gives the picture",
        )
    },
)
async def badge(
    request: Asked, answers: Asking, name: FromPath[str], theme: Theme = "auto"
) -> Response[Any]:
    """One register in one line: ``<register>.json``, or ``<register>.svg`` as a picture."""
    register, _, form = name.rpartition(".")
    if form not in {"json", "svg"}:
        raise NotFoundException("a badge is called as its register, and ends in .svg or .json")
    told = badge_of(await now_of(answers, moment_of(""), keep=True), register)
    if form == "json":
        answer: Response[Any] = Response(told, media_type=MediaType.JSON, headers=OPEN)
        return tagged(answer, told)
    if theme not in THEMES:
        raise NotFoundException(f"the themes of a badge are {', '.join(THEMES)}")
    reader = reader_of(request)
    style = STYLES[theme]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    headers = {
        **OPEN,
        "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{digest}'",
        "Content-Language": reader.language,
        "Vary": "Accept-Language",
    }
    picture = Response(_drawn(reader, told, style), media_type=SVG, headers=headers)
    return tagged(picture, told, reader.language, theme)


@get("/badge", include_in_schema=False)
async def badges_page(request: Asked, answers: Asking) -> Response[str]:
    """How to put a badge on a site of one's own."""
    reader, found = reader_of(request), await now_of(answers, moment_of(""), keep=True)
    told = [badge_of(found, one.register) for one in found.registers]
    sentences = {one.register: badge_sentence(reader, one) for one in told}
    snippets = {one.register: _snippet(reader, one) for one in told}
    return render(reader, "badges.html.j2", badges=told, sentences=sentences, snippets=snippets)


def _snippet(reader: Reader, told: BadgeAnswer) -> str:
    """What to put into a page: a picture that leads to the register."""
    image = f"{reader.base}/badge/{told.register}.svg?lang={reader.language}"
    register = f"{reader.base}/registers/{told.register}?lang={reader.language}"
    picture = f'<img src="{escape(image)}" alt="{escape(reader.say(told.title))}" height="26">'
    return f'<a href="{escape(register)}">{picture}</a>'


def badge_sentence(reader: Reader, told: BadgeAnswer) -> str:
    """What a badge says, whole: for those who do not see it."""
    say = reader.say
    if told.state == "broken":
        return say("{title}: cannot be read.", title=say(told.title))
    if told.published_at is None or told.age is None or told.ipv4 is None:
        return say("{title}: no snapshot.", title=say(told.title))
    listed = say(
        "{title}: {n} IPv4 addresses listed, by its snapshot of {at}.",
        title=say(told.title),
        n=told.ipv4,
        at=told.published_at,
    )
    return f"{listed} {_doubt(reader, told)}".strip()


def _doubt(reader: Reader, told: BadgeAnswer) -> str:
    if told.state == "silent":
        days = int((told.age or 0) // DAY)
        words = reader.say("silent for {days} days: no change is not no block", days=days)
        return f"{words[:1].upper()}{words[1:]}."
    if told.state == "flagged":
        return reader.say("Its newest snapshot is in doubt: {flags}.", flags=", ".join(told.flags))
    return ""


def _drawn(reader: Reader, told: BadgeAnswer, style: str) -> str:
    left, right = told.country or told.register, _short(reader, told)
    widths = [_width(text) for text in (left, right)]
    return fill(
        reader,
        "badge.svg.j2",
        left=left,
        right=right,
        widths=widths,
        edge=EDGE,
        style=style,
        fresh=told.state == "fresh",
        sentence=badge_sentence(reader, told),
    )


def _short(reader: Reader, told: BadgeAnswer) -> str:
    say = reader.say
    if told.state == "broken":
        return say("cannot be read")
    if told.age is None or told.ipv4 is None:
        return say("no snapshot by then")
    listed = say("{n} IPv4 listed", n=told.ipv4)
    days = told.age / DAY
    if told.state == "silent":
        old = say("silent for {days} days", days=int(days))
    elif days < 3:  # noqa: PLR2004  (from there on hours say less than days)
        hours = round(told.age / HOUR)
        old = say("1 hour old") if hours == 1 else say("{hours} hours old", hours=hours)
    else:
        old = say("{days} days old", days=round(days))
    mark = " ?" if told.state == "flagged" else ""
    return f"{listed} · {old}{mark}"


def _width(text: str) -> int:
    """About how wide a text of 12 pixels is; the picture sets it to exactly that."""
    return round(sum(_sign_width(sign) for sign in text))


def _sign_width(sign: str) -> float:
    if sign in NARROW:
        return 4.2
    if sign in WIDE:
        return 10.5
    return 9.2 if sign.isupper() else 7.3
