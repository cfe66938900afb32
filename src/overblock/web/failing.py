"""Where errors become an answer with one clear line: the web's one handler."""

import logging
from typing import Any

import msgspec
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException

from overblock.errors import OverblockError
from overblock.web.asking import Answers
from overblock.web.error_words import error_words
from overblock.web.pages import reader_of, render

LOG = logging.getLogger("overblock.web")
NOBODY = 500
COME_AGAIN = {429: 60, 503: 10}  # seconds
NO_SUCH_METHOD = 405
PLAINLY = {  # what the library says, said for people
    "Not Found": "nothing stands at this address",
    "Method Not Allowed": "this address is not asked in this way",
    "Request Entity Too Large": "more was sent than this address takes",
}
SIGNS = 400  # of a message that is shown


class ErrorAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is no answer, where data were asked for."""

    error: str  # a name of docs/reference/errors.md, or defect
    says: str  # one line for people


def answer_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """An error as a page, or as JSON where that was asked for.

    What nobody thought of is logged with its trace, and told the visitor without it.  No log line
    has a visitor's address in it.
    """
    if isinstance(error, OverblockError):
        status, told = error.http_status, " ".join(_without_place(request, str(error)).split())
    elif isinstance(error, HTTPException):
        status, told = error.status_code, PLAINLY.get(error.detail, error.detail)
    else:
        LOG.error("%s failed", request.scope["path"], exc_info=error)
        status, told = NOBODY, "something broke here, and it is not your doing"
    answer = _told(request, error, status, told[:SIGNS])
    if status == NO_SUCH_METHOD:
        answer.headers["Allow"] = _methods(request)
    if status in COME_AGAIN:
        answer.headers["Retry-After"] = str(COME_AGAIN[status])
    return answer


def _told(
    request: Request[Any, Any, Any], error: Exception, status: int, told: str
) -> Response[Any]:
    """One line in the form that was asked for."""
    ending = request.url.path.rpartition(".")[2]
    if ending == "json":
        name = type(error).__name__ if status != NOBODY else "defect"
        content = ErrorAnswer(error=name, says=told)
        return Response(content, media_type=MediaType.JSON, status_code=status)
    if ending in {"csv", "svg", "atom"}:
        return Response(f"{told}\n", media_type=MediaType.TEXT, status_code=status)
    reader = reader_of(request)
    said = error_words(reader)(told)
    return render(reader, "error.html.j2", status=status, code=status, said=said)


def _methods(request: Request[Any, Any, Any]) -> str:
    """What may be done with an address that is there (RFC 9110, 10.2.1)."""
    posted = (route for route in request.app.routes if "POST" in getattr(route, "methods", ()))
    taken = {
        "GET",
        "HEAD",
        "OPTIONS",
        *(["POST"] if request.url.path in {one.path for one in posted} else []),
    }
    return ", ".join(sorted(taken))


def _without_place(request: Request[Any, Any, Any], message: str) -> str:
    """A message that does not say where on the server the observatory stands."""
    answers: Answers = request.app.state.answers
    return message.replace(f"{answers.root}/", "").replace(str(answers.root), "this folder")
