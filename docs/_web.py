"""The reference page of the site's routes: made of the handlers themselves."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from _generate import _grid
from overblock.web import asking, inputs
from overblock.web.app import create_app
from overblock.web.failing import COME_AGAIN
from overblock.web.openapi.schema import REFUSALS
from overblock.web.serving import shelf, sockets
from overblock.web.serving.building import ASKED_A_MINUTE, BODY_BYTES

LEFT_OUT = ("/static", "/schema")
MOST_PATHS = 4  # named one by one


def routes() -> str:
    """Every address that can be asked: what for, with which values."""
    told = []
    for path, methods, handler in _found():
        values = [f"`{name}`" for name in _values(handler)]
        does = (handler.fn.__doc__ or "").strip().partition("\n")[0].replace("``", "`")
        told.append((f"`{path}`", methods, does, ", ".join(values)))
    return _grid(("address", "methods", "what it gives", "values"), told)


def values() -> str:
    """Every value that an address takes, with what it means and where."""
    meant: dict[tuple[str, str], list[str]] = {}
    for path, _, handler in _found():
        for name, words in _values(handler).items():
            meant.setdefault((name, words), []).append(f"`{path}`")
    rows = [
        (
            f"`{name}`",
            words,
            ", ".join(paths) if len(paths) <= MOST_PATHS else f"{len(paths)} addresses",
        )
        for (name, words), paths in sorted(meant.items())
    ]
    return _grid(("value", "meaning", "of"), rows)


def bounds() -> str:
    """What a visitor is held to."""
    rows = [
        ("lines looked up at once", f"{inputs.MOST_LINES:,}", "413"),
        ("signs of one line", f"{inputs.MOST_SIGNS:,}", "413"),
        ("signs of all lines", f"{inputs.MOST_BYTES:,}", "413"),
        ("bytes of a form, where its page says nothing else", f"{BODY_BYTES:,}", "413"),
        ("bytes of an address with all headers", f"{sockets.HEAD_BYTES:,}", "400"),
        (
            "seconds for a request to come whole",
            f"{sockets.COME_SECONDS:g}",
            "the connection is closed",
        ),
        (
            "seconds between two requests on a connection",
            f"{sockets.IDLE_SECONDS:g}",
            "the connection is closed",
        ),
        ("connections of one worker", f"{sockets.MOST_CONNECTIONS:,}", "503"),
        (
            "questions of one client a minute, of all workers together",
            f"{ASKED_A_MINUTE:,}; `--most-a-minute`",
            "429",
        ),
        (
            "seconds for one answer; it is finished for the next who asks",
            f"{asking.SECONDS:g}",
            "503",
        ),
        ("questions begun or waiting, of one worker", f"{asking.MOST_WAITING:,}", "503"),
        (
            "whole answers kept for a minute, of one worker",
            f"{shelf.MOST_BYTES // 2**20} MiB",
            "the oldest go",
        ),
    ]
    return _grid(("bound", "value", "beyond it"), rows)


def refusals() -> str:
    """How it is said that there is no answer."""
    rows = [
        (str(status), words, f"{COME_AGAIN[status]} seconds" if status in COME_AGAIN else "")
        for status, words in REFUSALS.items()
    ]
    return _grid(("status", "meaning", "`Retry-After`"), rows)


def _found() -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """Each address with its methods and what answers; pages before their data."""
    site = create_app(Path("observatory"))
    for route in sorted(site.routes, key=lambda route: route.path):
        if route.path.startswith(LEFT_OUT):
            continue
        handlers: dict[HTTPRouteHandler, set[str]] = {}
        for handler in getattr(route, "route_handlers", ()):
            methods = {*map(str, handler.http_methods)} - {"OPTIONS"}
            if methods:
                handlers.setdefault(handler, set()).update(methods)
        path = route.path.replace(":str}", "}").replace(":int}", "}")
        for handler, methods in handlers.items():
            yield (
                path,
                ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set()))),
                handler,
            )


def _values(handler: HTTPRouteHandler) -> dict[str, str]:
    """The values of a query that a handler takes, itself or by what it depends on."""
    found: dict[str, str] = {}
    given = [one.parsed_fn_signature for one in handler.resolve_dependencies().values()]
    for signature in (handler.parsed_fn_signature, *given):
        for name, field in signature.parameters.items():
            told: Any = field.kwarg_definition
            if isinstance(told, QueryParameter):
                found[told.name or name] = told.description or ""
    return found
