"""How a site is put together of its pages: all of them, or those of a worker with an engine."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from litestar import Litestar, Response, get
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.params import FromPath
from litestar.types import ASGIApp

from overblock.web.asking import Answers
from overblock.web.failing import answer_error
from overblock.web.pages import static_files
from overblock.web.serving.counting import Counter, Counts
from overblock.web.serving.guarding import add_headers
from overblock.web.serving.shelf import Shelf
from overblock.web.serving.site import Limit, Site
from overblock.web.serving.tally import WORDS, Tally

ASKED_A_MINUTE = 300  # by one client: a page with its picture and style is three
BODY_BYTES = 1 << 16  # of a form; that of many lines says its own
FOREVER = "public, max-age=31536000, immutable"
Work: TypeAlias = Callable[[Answers], Coroutine[Any, Any, None]]


@get("/static/{name:str}", include_in_schema=False)
async def static_file(name: FromPath[str]) -> Response[bytes]:
    """A file that pages load, under the name that says its content."""
    for file in static_files().values():
        if file.path == f"/static/{name}":
            headers = {"Cache-Control": FOREVER}
            return Response(file.content, media_type=file.media_type, headers=headers)
    raise NotFoundException("no such file here")


async def nothing(_: Answers) -> None:
    """Nothing is worked out before it is asked for."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a site is made of beside its pages."""

    asked_a_minute: int = ASKED_A_MINUTE  # by one client; 0: any number
    counts: Counts = field(default_factory=Counts)  # those that several workers share
    engine: ASGIApp | None = None  # answers what is not near; None: all is answered here
    described: OpenAPIConfig | None = None  # None: not by this one
    first: Work = nothing  # worked out from the start on


def build(store: Path, pages: Sequence[HTTPRouteHandler], plan: Plan) -> Site:
    """The site over the observatory at ``store``, which need not be there yet."""
    answers = Answers(store.absolute())
    tally = Tally(WORDS, plan.counts.tallied)

    @asynccontextmanager
    async def open_for_questions(_: Litestar) -> AsyncIterator[None]:
        """While the site runs: its threads end with it."""
        answers.begin()
        first = asyncio.create_task(plan.first(answers))
        yield
        first.cancel()
        answers.close()

    async def provided() -> Answers:
        """The one place where pages ask."""
        return answers

    return Site(
        [*pages, static_file],
        shelf=Shelf(answers.state),
        tally=tally,
        engine=plan.engine,
        is_busy=answers.is_busy,
        limit=Limit(plan.asked_a_minute, Counter(plan.counts)) if plan.asked_a_minute else None,
        before_send=[add_headers],
        dependencies={"answers": Provide(provided)},
        exception_handlers={Exception: answer_error},
        lifespan=[open_for_questions],
        logging_config=None,
        openapi_config=plan.described,
        request_max_body_size=BODY_BYTES,
        state=State({"answers": answers, "tally": tally}),
    )
