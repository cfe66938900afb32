"""The examples of the API, as the site answers them over a made world.

``python tests/web_examples.py`` writes them anew, from the root of the repository.
"""

import json
import sys
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any
from urllib.parse import quote

from litestar.testing import TestClient

from measured_worlds import SCRIPT, SHOP, STEERING, TURNED, measured_observatory
from overblock.web.app import create_app
from overblock.web.openapi.examples import PLACE
from overblock.web.serving.site import Site
from register_worlds import DUMP

AT, BEFORE = "2015-01-02T12:00", "2015-01-01T12:00"
MEASURED_AT = "2026-03-10"
READ_AT = "2026-01-01T00:00:00Z"  # in place of the moment at which the examples were made
FIXED = {"ingested_at": READ_AT}
MOST = 2  # of a list
HOSTILE = (SCRIPT, STEERING, TURNED, "=1+")
ASKED = {
    "/now.json": f"/now.json?at={AT}",
    "/badge/{name}.json": f"/badge/{DUMP}.json",
    "/check.json": f"/check.json?q=93.184.216.1&at={AT}",
    "/check/history.json": "/check/history.json?q=93.184.216.1",
    "/check/measured.json": f"/check/measured.json?q=shop.example&at={MEASURED_AT}",
    "/registers/{name}.json": f"/registers/{DUMP}.json?at={AT}",
    "/registers/{name}/history.json": f"/registers/{DUMP}/history.json",
    "/registers/{name}/decisions.json": f"/registers/{DUMP}/decisions.json?at={AT}",
    "/registers/{name}/diff.json": f"/registers/{DUMP}/diff.json?from={BEFORE}&to={AT}",
    "/map.json": f"/map.json?register={DUMP}&at={AT}&network=93.184.0.0/16",
    "/map/moments.json": f"/map/moments.json?register={DUMP}",
    "/collateral.json": f"/collateral.json?register={DUMP}&at={AT}",
    "/collateral/names.json": f"/collateral/names.json?register={DUMP}&at={AT}",
    "/collateral/name.json": f"/collateral/name.json?register={DUMP}&at={AT}&q=bank.example",
    "/collateral/dead.json": f"/collateral/dead.json?register={DUMP}&from={BEFORE}&to={AT}",
    "/collateral/impact.json": f"/collateral/impact.json?register={DUMP}&from={BEFORE}&to={AT}",
    "/collateral/over-time.json": f"/collateral/over-time.json?register={DUMP}&at={AT}",
    "/measurements.json": "/measurements.json?cc=XA",
    "/measurements/list.json": f"/measurements/list.json?target={quote(SHOP, safe='')}",
    "/measurements/series.json": f"/measurements/series.json?target={quote(SHOP, safe='')}",
    "/measurements/rules.json": "/measurements/rules.json",
    "/measurements/{uid}.json": "/measurements/",
    "/events.json": "/events.json?cc=XA",
    "/events/{event_id}.json": "/events/",
    "/cases.json": "/cases.json",
    "/sources.json": f"/sources.json?at={AT}",
    "/glossary.json": "/glossary.json",
    "/method.json": "/method.json",
}


def examples() -> dict[str, Any]:
    """Each route with a question and its answer, long lists cut."""
    with TemporaryDirectory() as folder:
        store = measured_observatory(Path(folder))
        with TestClient(create_app(store.root, asked_a_minute=0)) as client:
            return {path: _one(client, path, asked) for path, asked in ASKED.items()}


def _one(client: TestClient[Site], path: str, asked: str) -> dict[str, Any]:
    if asked == "/measurements/":
        asked += client.get("/measurements/list.json").json()["measurements"][0]["measurement_uid"]
        asked += ".json"
    if asked == "/events/":
        asked += client.get("/events.json").json()["rows"][0]["event_id"] + ".json"
    answer = client.get(asked)
    assert answer.status_code == 200, f"{asked}: {answer.text}"
    told = _short(answer.json())
    if path.startswith("/badge"):
        published = datetime.fromisoformat(told["published_at"])
        age = (datetime.fromisoformat(READ_AT) - published).total_seconds()
        told |= {"at": READ_AT, "age": age}
    return {"asked": asked, "answer": told}


def _short(value: Any) -> Any:
    """An answer with short lists, and without what other tests put there to do harm."""
    if isinstance(value, list):
        return [_short(one) for one in value[:MOST]]
    if isinstance(value, dict):
        return {name: FIXED.get(name, _short(one)) for name, one in value.items()}
    if isinstance(value, str):
        for harm in HOSTILE:
            value = value.replace(harm, "")
        return Path(value).name if value.startswith(gettempdir()) else value
    return value


def text() -> str:
    """What the file holds."""
    return json.dumps(examples(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    PLACE.write_text(text(), "utf-8")
    sys.stdout.write(f"{PLACE}\n")
