"""What visitors type that they should not: every page answers or refuses, and asks nobody."""

import re
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from litestar.testing import TestClient

from overblock.web.app import create_app
from overblock.web.serving.site import Site
from register_worlds import DUMP, hour_by_hour, line

SCRIPT = "<script>alert(1)</script>"
TEXTS = ("' OR 1=1 --", f"{SCRIPT}\0../..\N{PILE OF POO}", "-1")
MOMENTS = ("0000-01-01", "0001-01-01", "9999-12-31", "2018-02-30T25:61")
PLACES = {"name": DUMP, "uid": "x", "event_id": "x", "pin": "x", "file": "0.png", "level": "0"}
QUERY = (
    *("q", "at", "from", "to", "since", "until", "begins", "ends", "by", "sort", "page", "number"),
    *("authority", "date", "register", "case", "network", "cc", "target", "asn", "test", "feature"),
    *(
        "columns",
        "year",
        "scale",
        "theme",
        "lang",
        "snapshot",
        "version",
        "sector",
        "reach",
        "address",
    ),
)
HEAVY, MANY = 100, 50


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("traps")
    lines = [line("203.0.113.0/24"), line("198.51.100.7", "shop.example")]
    return create_app(hour_by_hour(folder, lines).root, asked_a_minute=0)


@pytest.fixture(scope="module")
def client(site: Site) -> Iterator[TestClient[Site]]:
    with TestClient(site) as started:
        yield started


def paths(site: Site) -> list[str]:
    """The addresses of all routes that can be read, their places filled."""
    routes = {route.path for route in site.routes if "GET" in getattr(route, "methods", ())}
    filled = {re.sub(r"{(\w+):\w+}", lambda one: PLACES.get(one[1], "0"), path) for path in routes}
    left = ("/static", "/schema")  # and pictures for print, which take seconds
    return sorted(path for path in filled if not path.startswith(left) and path[-4:] != ".png")


def breaks(client: TestClient[Site], path: str, asked: dict[str, str]) -> bool:
    """Whether it failed, or gave back as it was what nobody may give back."""
    answer = client.get(path, params=asked)
    page = answer.headers.get("content-type", "").startswith("text/html")
    return answer.status_code == 500 or (page and SCRIPT in answer.text)


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_no_page_breaks_on_a_text_in_all_of_its_values(
    client: TestClient[Site], site: Site, text: str
) -> None:
    asked = dict.fromkeys(QUERY, text)
    assert [path for path in paths(site) if breaks(client, path, asked)] == []


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_no_page_breaks_on_a_text_in_its_search(
    client: TestClient[Site], site: Site, text: str
) -> None:
    pages = [path for path in paths(site) if not path.rpartition("/")[2].partition(".")[2]]
    asked = {"q": text, "by": text, "number": text, "target": text}
    assert [path for path in pages if breaks(client, path, asked)] == []


@pytest.mark.parametrize("moment", MOMENTS, ids=ascii)
def test_no_page_breaks_on_a_moment_or_a_time_that_runs_backwards(
    client: TestClient[Site], site: Site, moment: str
) -> None:
    asked = {
        "at": moment,
        "from": moment,
        "to": "2014-01-01",
        "since": moment,
        "until": "2014-01-01",
    }
    assert [path for path in paths(site) if breaks(client, path, asked)] == []


def test_a_hundred_heavy_questions_at_once_are_answered_or_put_off(
    client: TestClient[Site],
) -> None:
    def ask(number: int) -> tuple[int, str]:
        """A question that nobody else asks, of many addresses."""
        lines = "\n".join(f"198.51.{number}.{n}" for n in range(MANY))
        answer = client.post("/check", data={"q": lines})
        return answer.status_code, answer.headers.get("retry-after", "")

    with ThreadPoolExecutor(HEAVY) as pool:
        asked = [pool.submit(ask, number) for number in range(HEAVY)]
        assert client.get("/health").status_code == 200
        told = {one.result() for one in asked}
    assert told <= {(200, ""), (503, "10")}
    assert (200, "") in told
    assert client.get("/check.json?q=203.0.113.9").status_code == 200


LISTENING: list[str] = []  # what was asked of the network while a test looked


def _notice(event: str, values: Any) -> None:
    if event in {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname"} and WATCHED:
        LISTENING.append(f"{event} {values[-1]!r}")


WATCHED: list[bool] = []
sys.addaudithook(_notice)


def test_nothing_that_a_visitor_names_is_ever_asked(client: TestClient[Site]) -> None:
    """Neither by Python, which would say so, nor by a library, which would knock at the door."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(0)
        here = f"http://127.0.0.1:{door.getsockname()[1]}"
        named = [
            f"{here}/x",
            f"{here}/x.parquet",
            "http://localhost/",
            "http://[::1]/",
            "shop.example",
        ]
        named += [
            "http://169.254.169.254/latest/",
            "file:///etc/passwd",
            "\\\\host\\share",
            "s3://a/b",
        ]
        WATCHED.append(True)
        try:
            for text in named:
                client.post("/check", data={"q": text})
                for path in (
                    "/check",
                    "/check.json",
                    f"/registers/{DUMP}/diff",
                    "/map",
                    "/collateral",
                ):
                    client.get(path, params=dict.fromkeys(QUERY, text))
                client.get(f"/registers/{text}")
                client.get("/", headers={"Referer": text, "X-Forwarded-For": text, "Origin": text})
        finally:
            WATCHED.clear()
        with pytest.raises(BlockingIOError):
            door.accept()
    assert LISTENING == []


@pytest.mark.parametrize(("language", "word"), [("en", "Cases"), ("ru", "Случаи")])
def test_from_the_report_on_a_case_a_way_leads_back(
    client: TestClient[Site], language: str, word: str
) -> None:
    page = client.get("/cases/piracy-shield", params={"lang": language}).text
    assert f'<a href="/cases?lang={language}">{word}</a>' in page.partition("<main")[0]
