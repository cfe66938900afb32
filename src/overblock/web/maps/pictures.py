"""Pictures of the map: tiles for the page, and one large picture for print."""

from base64 import b64encode
from typing import Any

from litestar import Request, Response, get
from litestar.openapi import ResponseSpec
from litestar.params import FromPath

from overblock.errors import BadAddress
from overblock.reports.maps.tiles import (
    PICTURE_ORDER,
    TILE_ORDER,
    draw_square,
    print_picture,
    square_at,
)
from overblock.web.asking import Answers, Asking
from overblock.web.inputs import At
from overblock.web.maps.asking import (
    CaseName,
    Register,
    Viewed,
    scene,
    square_viewed,
    subject_of,
    timeline_named,
    told_of,
)
from overblock.web.pages import Reader, fill, reader_of
from overblock.web.serving.guarding import POLICY

Asked = Request[Any, Any, Any]
FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
PNG, SVG = "image/png", "image/svg+xml"
DOUBLE = "@2x"
OWN_PICTURE = {"Content-Security-Policy": POLICY.replace("img-src 'self'", "img-src data:")}


@get(
    "/map/tiles/{name:str}/{pin:str}/{level:int}/{x:int}/{file:str}",
    responses={200: ResponseSpec(bytes, media_type=PNG, description="512 pixels a side, or 1,024")},
)
async def map_tile(  # noqa: PLR0913, PLR0917  (parts of its address)
    answers: Asking,
    name: FromPath[str],
    pin: FromPath[str],
    level: FromPath[int],
    x: FromPath[int],
    file: FromPath[str],
) -> Response[bytes]:
    """A square of the map as maps on the web have them: ``<row>.png`` or ``<row>@2x.png``.

    ``pin`` is the ``state`` that ``/map.json`` tells of a moment; a picture of it never changes.
    """
    row, _, form = file.partition(".")
    double = row.endswith(DOUBLE)
    number = row.removesuffix(DOUBLE)
    if form != "png" or not number.isdecimal() or len(number) > len("4096"):
        raise BadAddress(f"{file[:80]!r} is no picture: write <row>.png or <row>@2x.png")
    square = square_at(level, x, int(number))
    timeline = await timeline_named(answers, name)
    change = timeline.change_pinned(pin)
    order = PICTURE_ORDER if double else TILE_ORDER
    picture = await answers.make(
        ("tile", timeline.digest, change, square, order),
        lambda: draw_square(timeline, change, square, order),
        keep=False,  # whoever has it keeps it
    )
    return Response(picture, media_type=PNG, headers=FOREVER)


@get("/map.svg", include_in_schema=False)
async def map_svg(  # noqa: PLR0913, PLR0917  (a parameter for each part of the question)
    request: Asked,
    answers: Asking,
    register: Register = "",
    case: CaseName = "",
    at: At = "",
    network: Viewed = "",
) -> Response[str]:
    """One network on the map with its legend, as a drawing that scales."""
    reader = reader_of(request)
    drawn = await _drawn(reader, answers, (register, case, at, network))
    return Response(drawn, media_type=SVG, headers=_headers(reader))


@get("/map.png", include_in_schema=False)
async def map_png(  # noqa: PLR0913, PLR0917  (the same)
    request: Asked,
    answers: Asking,
    register: Register = "",
    case: CaseName = "",
    at: At = "",
    network: Viewed = "",
) -> Response[bytes]:
    """The same as a picture of 2,048 by 1,840 pixels, for print."""
    reader = reader_of(request)
    drawn = await _drawn(reader, answers, (register, case, at, network))
    picture = await answers.make(("print", drawn), lambda: print_picture(drawn), keep=False)
    return Response(picture, media_type=PNG, headers=_headers(reader))


async def _drawn(reader: Reader, answers: Answers, asked: tuple[str, str, str, str]) -> str:
    register, case, at, network = asked
    subject = await subject_of(answers, register, case, at)
    told = await told_of(answers, subject, network)
    timeline, square = subject.timeline, square_viewed(told.answer)
    change = timeline.change_before(subject.at)
    tile = await answers.make(
        ("picture", timeline.digest, change, square),
        lambda: draw_square(timeline, change, square, PICTURE_ORDER),
        keep=False,
    )
    where = f"/map?{told.answer.subject}={told.answer.name}&network={told.answer.network}"
    return fill(
        reader,
        "map.svg.j2",
        picture=b64encode(tile).decode(),
        where=where,
        **scene(reader, subject, told),
    )


def _headers(reader: Reader) -> dict[str, str]:
    return {**OWN_PICTURE, "Content-Language": reader.language, "Vary": "Accept-Language"}
