"""The application's outermost ring: it counts who asks, and gives what is kept before it works.

In a worker, what is neither kept nor near is asked of the engine (`overblock.web.serving.engine`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from litestar import Litestar, Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Send

from overblock.errors import AskedTooOften, OverblockError
from overblock.web.failing import answer_error
from overblock.web.serving.counting import Counter
from overblock.web.serving.far import is_near
from overblock.web.serving.guarding import add_headers
from overblock.web.serving.shelf import Shelf
from overblock.web.serving.tally import Tally


@dataclass(frozen=True, slots=True)
class Limit:
    """How many questions a minute a client may ask."""

    most: int
    counter: Counter

    def refuses(self, scope: HTTPScope) -> bool:
        """Count the client; whether this was one too many."""
        client = scope.get("client")
        return self.counter.count(client[0] if client else "") > self.most


class Site(Litestar):
    """Litestar behind a limit and a shelf.

    ``limit`` None refuses nobody; ``engine`` None answers all here.
    """

    def __init__(
        self,
        *handlers: Any,  # noqa: ANN401  (as Litestar takes them)
        limit: Limit | None,
        shelf: Shelf,
        tally: Tally,
        engine: ASGIApp | None,
        is_busy: Callable[[], bool],
        **named: Any,  # noqa: ANN401  (the same)
    ) -> None:
        super().__init__(*handlers, **named)
        self._limit, self._shelf, self._tally = limit, shelf, tally
        self._engine, self.is_busy = engine, is_busy

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401  (of a request, or of the start and end)
        """Answer one request, or live through the start and the end."""
        whole: ASGIApp = super().__call__
        if scope["type"] != ScopeType.HTTP:
            await whole(scope, receive, send)
            return
        counted = self._counted(scope["path"], send)
        if self._limit is not None and self._limit.refuses(scope):
            await self._refuse(scope, receive, counted)
        else:
            far = self._engine is not None and not is_near(scope["path"])
            await self._shelf.serve(scope, receive, counted, self._ask_engine if far else whole)

    async def behind(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401  (the same)
        """Answer a worker: who asks was counted there."""
        if scope["type"] == ScopeType.HTTP:
            await self._shelf.serve(scope, receive, send, super().__call__)
        else:
            await super().__call__(scope, receive, send)

    async def _ask_engine(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401  (the same)
        """What the engine says, or why it says nothing."""
        try:
            if self._engine is not None:
                await self._engine(scope, receive, send)
        except OverblockError as error:
            await self._tell(error, scope, receive, send)

    def _counted(self, path: str, send: Send) -> Send:
        """Sending that is noted: how an answer is, and after how long it was begun."""
        begun = perf_counter()

        async def noted(message: Message) -> None:
            """Note it, then send."""
            if message["type"] == "http.response.start":
                self._tally.note(path, message["status"], perf_counter() - begun)
            await send(message)

        return noted

    async def _refuse(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Say that it was one too many, in the form that was asked for."""
        most = self._limit.most if self._limit else 0
        told = AskedTooOften(f"more than {most} questions a minute: wait a minute")
        await self._tell(told, scope, receive, send)

    async def _tell(
        self, error: OverblockError, scope: HTTPScope, receive: Receive, send: Send
    ) -> None:
        """Say what is wrong, in the form that was asked for."""
        scope["litestar_app"] = self
        request = Request[Any, Any, Any](scope, receive, send)
        answer = answer_error(request, error).to_asgi_response(None, request)

        async def sent(message: Message) -> None:
            """With the headers that every answer carries."""
            await add_headers(message, scope)
            await send(message)

        await answer(scope, receive, sent)
