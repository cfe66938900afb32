"""Every page of the site with real values in its address: what a benchmark opens before it weighs.

``every_page`` asks the site itself for what there is: states of the map, measurements, events.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import urlopen

from overblock.web.app import PAGES

MAP_LEVELS = range(13)
CASES = ("telegram-2018", "telegram-2026", "laliga-2025", "piracy-shield")
NOT_HELD = {400, 404}  # what is said of what a small store does not hold


def every_page(address: str, register: str, at: str) -> list[str]:
    """Addresses that reach each page and picture of the site, heavy ones in both languages."""
    pages = [*_of_register(address, register, at), *_of_measurements(address), *_others()]
    left = {path for path in _patterns() if not any(_reaches(path, page) for page in pages)}
    if _first(address, "/measurements/list.json", "measurements"):
        assert left <= {"/events/{event_id:str}"}, left  # a store may have no event
    return pages


def open_all(address: str, pages: list[str]) -> int:
    """Open each once; how many bytes they are.  What the store does not hold may be missing."""
    read = 0
    for page in pages:
        try:
            with urlopen(f"{address}{page}") as answer:  # noqa: S310  (of this machine)
                read += len(answer.read())
        except HTTPError as error:
            if error.code not in NOT_HELD:
                raise
    return read


def _of_register(address: str, register: str, at: str) -> Iterator[str]:
    here = f"/registers/{register}"
    what, span = f"register={register}&at={at}", f"register={register}&from=2015-01-01&to={at}"
    yield from ("/", "/now", "/now.json", "/now.csv", "/robots.txt")
    yield from (f"/badge/{register}.svg", f"/badge/{register}.json", "/badge")
    yield from (f"/feeds/registers/{register}.atom", "/feeds/events.atom")
    yield from ("/feeds/check.atom?q=52.58.1.1", f"/check/history.json?q=52.58.1.1&at={at}")
    yield from (f"/check{form}?q=52.58.1.1&at={at}" for form in ("", ".json", ".csv"))
    yield from (f"/check?q=telegram.org&at={at}", f"/check/measured.json?q=telegram.org&at={at}")
    for by in ("kind", "decision", "authority", "holder", "country"):
        yield from (f"{here}?at={at}&by={by}", f"{here}/history.svg?by={by}")
    yield from (f"{here}.{form}?at={at}" for form in ("json", "csv", "svg"))
    yield from (f"{here}/history.{form}" for form in ("json", "csv", "svg", "vl.json"))
    yield from (f"{here}/decisions{form}?at={at}" for form in ("", ".json", ".csv"))
    yield from (f"{here}/diff{form}?from=2015-01-01&to={at}" for form in ("", ".json", ".csv"))
    act = _first(address, f"{here}/decisions.json?at={at}", "decisions") or {}
    number = quote(str(act.get("decision", "1")), safe="")
    yield from (f"{here}/decision.svg?number={number}", f"{here}/decisions?number={number}&at={at}")
    for form in ("", ".json", ".csv", ".svg", ".png", "/moments.json"):
        yield from (f"/map{form}?{what}", f"/map{form}?{what}&network=52.58.0.0/16")
    yield from (f"/map/{name}" for name in CASES)
    yield from (f"/map.png?case={CASES[0]}{lang}" for lang in ("", "&lang=ru"))
    state = json.loads(_text(address, f"/map.json?{what}"))["state"]
    for level in MAP_LEVELS:
        middle = (1 << level) // 3
        yield from (
            f"/map/tiles/{register}/{state}/{level}/{middle}/{middle}{form}.png"
            for form in ("", "@2x")
        )
    for form in ("", ".json", ".csv"):
        yield from (f"/collateral{form}?{what}", f"/collateral/names{form}?{what}")
        yield from (f"/collateral/dead{form}?{span}", f"/collateral/impact{form}?{span}")
    yield from (f"/collateral/over-time.{form}?{what}" for form in ("json", "csv", "svg"))
    yield from (f"/collateral/name{form}?{what}&q=example.com" for form in ("", ".json"))


def _of_measurements(address: str) -> Iterator[str]:
    found = _first(address, "/measurements/list.json", "measurements") or {}
    target = quote(str(found.get("target", "")), safe="")
    uid = found.get("measurement_uid", "none")
    yield from (f"/measurements{form}" for form in ("", ".json", ".csv"))
    yield from (f"/measurements/list{form}" for form in ("", ".json", ".csv"))
    for form in ("", ".json", ".csv", ".svg", ".vl.json"):
        yield f"/measurements/series{form}?target={target}"
    yield from ("/measurements/rules", "/measurements/rules.json")
    yield from (f"/measurements/{uid}", f"/measurements/{uid}.json")
    yield from (f"/events{form}" for form in ("", ".json", ".csv"))
    event = _first(address, "/events.json", "rows")
    if event:
        yield from (f"/events/{event['event_id']}{form}" for form in ("", ".json", ".svg"))


def _others() -> Iterator[str]:
    yield from (f"/cases/{name}{lang}" for name in CASES for lang in ("", "?lang=ru"))
    yield from ("/cases", "/cases.json", "/sources", "/sources.json", "/sources.csv", "/health")
    yield from ("/glossary", "/glossary.json", "/method", "/method.json", "/api", "/metrics")
    yield from ("/schema", "/schema/openapi.json")
    from overblock.web.vega import vega_path  # noqa: PLC0415  (the name of the script of charts)

    yield vega_path()


@cache
def _patterns() -> frozenset[str]:
    """The paths of all pages that can be opened by an address alone."""
    pages = [page for page in PAGES if "GET" in map(str, page.http_methods)]
    return frozenset(path for page in pages for path in page.paths)


def _reaches(pattern: str, page: str) -> bool:
    """Whether an address is one of those that a page answers."""
    path = page.partition("?")[0]
    return (
        re.fullmatch(re.sub(r"\\\{.*?\\\}|\{.*?\}", "[^/]+", re.escape(pattern)), path) is not None
    )


def kind_of(page: str) -> str:
    """The path that a page is given under, as `PAGES` have it; else its own."""
    return next((path for path in sorted(_patterns()) if _reaches(path, page)), page)


def _first(address: str, path: str, rows: str) -> Any:  # noqa: ANN401  (a row of an answer)
    """The first row of an answer; None where there is none."""
    held = json.loads(_text(address, path)).get(rows)
    return held[0] if held else None


def _text(address: str, path: str) -> str:
    with urlopen(f"{address}{path}") as answer:  # noqa: S310  (of this machine)
        text: str = answer.read().decode()
        return text
