"""The pages over HTTP: what they answer, in which forms, and to whom they answer nothing."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from litestar.testing import TestClient

from overblock.store import Store
from overblock.web.app import create_app
from overblock.web.serving.site import Site
from real_registers import answer as command_answer
from register_worlds import DUMP, HOUR, START, dump, hour_by_hour, ingest, line, observatory

HOSTILE = "<script>alert(1)</script>"
AT = f"{START + 3 * HOUR:%Y-%m-%dT%H:%M}"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Three dumps: one network under a decision with a hostile number, one page, one address."""
    folder = tmp_path_factory.mktemp("web")
    lines = [
        line("203.0.113.0/24", decision=f"=1+{HOSTILE}"),
        line("198.51.100.7", "shop.example", "http://shop.example/a", decision="2"),
        line("198.51.100.7", f"{HOSTILE}.example", f"http://x.example/{HOSTILE}", decision="3"),
    ]
    return hour_by_hour(folder, lines)


def test_the_first_page_says_how_much_is_listed_and_that_silence_is_no_unblocking(
    client: TestClient[Site],
) -> None:
    page = client.get("/").text
    assert '<strong class="big">257</strong>' in page
    assert re.search(r"silent for [\d,]+ days: no change is not no block", page)
    assert "Change over 24 hours: unknown" in page


def test_the_page_of_one_address_says_decision_date_and_what_stands_under_it(
    client: TestClient[Site],
) -> None:
    page = client.get("/check", params={"q": "203.0.113.9", "at": AT}).text
    assert "Listed at 1 January 2015, 03:00 UTC" in page
    assert "of 1 December 2014" in page
    assert "256 IPv4 addresses, in 1 networks" in page


def test_the_same_in_russian_by_browser_and_by_switch(client: TestClient[Site]) -> None:
    asked = {"q": "203.0.113.9", "at": AT}
    by_browser = client.get("/check", params=asked, headers={"Accept-Language": "ru-RU,en;q=0.5"})
    by_switch = client.get("/check", params={**asked, "lang": "ru"})
    for page in (by_browser, by_switch):
        assert page.headers["content-language"] == "ru"
        assert "внесено 256 адресов IPv4" in page.text
    assert 'href="/sources?lang=ru"' in by_switch.text
    assert 'href="/sources"' in by_browser.text


@pytest.mark.parametrize(
    ("path", "command"),
    [
        (f"/check.json?q=203.0.113.9&at={AT}", ["check", "203.0.113.9", "--at", AT]),
        ("/sources.json", ["sources"]),
    ],
)
def test_the_data_beside_a_page_is_what_the_command_prints(
    client: TestClient[Site], store: Store, path: str, command: list[str]
) -> None:
    told, printed = client.get(path).json(), command_answer(*command, "--store", store.root)
    for row in (*told, *printed):
        row.pop("age", None)  # of this very moment
    assert told == printed


def test_the_extent_of_a_register_is_what_the_command_prints(
    client: TestClient[Site], store: Store
) -> None:
    told = client.get(f"/registers/{DUMP}.json", params={"at": AT}).json()
    assert told["extent"] == command_answer("extent", DUMP, "--at", AT, "--store", store.root)


def test_rows_are_csv_that_no_spreadsheet_runs(client: TestClient[Site]) -> None:
    answer = client.get(f"/registers/{DUMP}.csv", params={"at": AT})
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert {row["key"] for row in rows} == {f"'=1+{HOSTILE}", "2", "3"}


def test_the_history_is_a_picture_that_says_what_it_shows(client: TestClient[Site]) -> None:
    answer = client.get(f"/registers/{DUMP}.svg")
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert "257 at the end" in answer.text
    assert "<script" not in answer.text


PATHS = (
    "/",
    "/check?q=203.0.113.9",
    f"/check?q=198.51.100.7&at={AT}",
    f"/check?q=203.0.113.9%0Ashop.example&at={AT}",
    f"/registers/{DUMP}?at={AT}",
    f"/registers/{HOSTILE}",
    f"/check?q={HOSTILE}",
    "/check?q=shop.example&lang=%22%3E%3Cscript%3E&at=2015-01-01",
    f"/cases/{HOSTILE}",
    "/nothing",
)


OURS = r'<script type="module" src="/static/\w+\.[0-9a-f]{16}\.js">'


@pytest.mark.parametrize("path", PATHS)
def test_no_page_has_a_script_but_ours_or_sets_a_cookie_or_lets_one_in(
    client: TestClient[Site], path: str
) -> None:
    answer = client.get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "set-cookie" not in answer.headers
    scripts = re.findall(r"<script[^>]*>[^<]*", answer.text)
    assert scripts
    assert [one for one in scripts if not re.fullmatch(OURS, one.strip())] == []
    assert "style=" not in answer.text
    assert not re.search(r"<[^>]* on\w+=", answer.text)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


BAD = (
    ({"q": "1.2.3.4\n" * 1_001}, 413, "1,001 lines"),
    ({"q": "http://a.example/" + "a" * 3_000}, 413, "line 1"),
    ({"q": "' OR 1=1"}, 400, "OR 1=1"),
    ({"q": "\N{PILE OF POO}"}, 400, "not an address"),
    ({"q": "\0"}, 400, "not an address"),
    ({"q": "192.0.2.1 shop.example"}, 400, "one a line"),
    ({"q": "1.2.3.4", "at": "yesterday"}, 400, "is not a moment"),
    ({"q": "1.2.3.4", "at": "0000-01-01"}, 400, "is not a moment"),
    ({"q": "1.2.3.4", "at": "9" * 1_000}, 400, "is not a moment"),
    ({"q": ""}, 400, "nothing is asked"),
)


@pytest.mark.parametrize(("asked", "status", "told"), BAD)
def test_bad_input_is_one_clear_line(
    client: TestClient[Site], asked: dict[str, str], status: int, told: str
) -> None:
    answer = client.get("/check.json", params=asked)
    assert answer.status_code == status
    assert told in answer.json()["says"]


@pytest.mark.parametrize("at", ["0001-01-01", "9999-12-31", "2015-01-01T00:00+14:00"])
def test_the_ends_of_time_are_moments_like_others(client: TestClient[Site], at: str) -> None:
    assert client.get("/check", params={"q": "203.0.113.9", "at": at}).status_code == 200
    page = client.get(f"/registers/{DUMP}", params={"at": at})
    assert page.status_code == (200 if at.startswith("9999") else 404)


def test_an_emoji_domain_is_looked_up_or_refused_in_words(client: TestClient[Site]) -> None:
    answer = client.get("/check.json", params={"q": "\N{PILE OF POO}.example", "at": AT})
    assert answer.status_code in {200, 400}
    assert "defect" not in answer.text


def test_many_lines_go_by_a_form_and_the_unreadable_are_named(
    client: TestClient[Site],
) -> None:
    page = client.post("/check", data={"q": "203.0.113.9\n' OR 1=1\nshop.example", "at": AT})
    assert page.status_code == 200
    assert "Of 2 asked about, 2 were listed" in page.text
    assert "Lines that could not be read: 1" in page.text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1.2.3.4\n" * 10_000, "10,000 lines"),
        ("a" * 300_000, "300,000 signs"),
        (f"http://a.example/{'a' * 1_000_000}", "1,000,017 signs"),
        ("a" * 2_000_000, "413"),
    ],
)
def test_a_form_with_too_much_is_refused_before_it_is_read(
    client: TestClient[Site], text: str, told: str
) -> None:
    answer = client.post("/check", data={"q": text})
    assert answer.status_code == 413
    assert told in answer.text


def test_no_cache_keeps_what_somebody_looked_up(client: TestClient[Site]) -> None:
    for path in ("/check?q=203.0.113.9", "/check.json?q=203.0.113.9"):
        assert client.get(path).headers["cache-control"] == "no-store"


def test_who_asks_too_often_is_told_to_wait(store: Store) -> None:
    with TestClient(create_app(store.root, asked_a_minute=2)) as client:
        answers = [client.get("/health") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1].headers["retry-after"] == "60"


@pytest.mark.parametrize("path", ["//evil.example/x", "/\\evil.example", "/%5Cevil.example/"])
def test_no_link_of_a_page_leads_where_a_visitor_names(client: TestClient[Site], path: str) -> None:
    answer = client.get(f"http://testserver.local{path}")
    assert answer.status_code == 404
    links = re.findall(r'(?:href|src|action)="([^"]*)"', answer.text)
    assert len(links) > 5
    assert [link for link in links if not re.match(r"(?:/[\w?%.]|/$|#)", link)] == []


def test_an_error_says_no_place_even_of_a_store_named_by_a_common_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with TestClient(create_app(Path("observatory"), asked_a_minute=0)) as client:
        says = client.get("/check.json?q=1.2.3.4").json()["says"]
    assert says.startswith("this folder is no observatory")


def test_without_an_observatory_the_cases_are_offered(tmp_path: Path) -> None:
    with TestClient(create_app(tmp_path / "none", asked_a_minute=0)) as client:
        assert 'href="/cases/telegram-2018"' in client.get("/").text
        assert client.get("/now.json").json()["registers"] == []
        refused = client.get("/check.json?q=1.2.3.4")
        assert (refused.status_code, refused.json()["error"]) == (503, "NotAStore")
        assert str(tmp_path) not in refused.text
        assert client.get("/health").json()["observatory"] is False


def test_what_is_read_in_is_seen_by_the_next_question(tmp_path: Path) -> None:
    made = observatory(tmp_path / "observatory")
    path = tmp_path / "dump.csv"
    with TestClient(create_app(made.root, asked_a_minute=0)) as client:
        assert client.get("/now.json").json()["registers"] == []
        path.write_bytes(dump(START, [line("203.0.113.0/24")]))
        ingest(made, [path])
        assert [one["ipv4"] for one in client.get("/now.json").json()["registers"]] == [256]


def test_a_broken_register_is_named(tmp_path: Path) -> None:
    made = observatory(tmp_path / "observatory")
    path = tmp_path / "dump.csv"
    path.write_bytes(dump(START, [line("203.0.113.0/24")]))
    ingest(made, [path])
    for part in (made.root / "tables" / "listings").rglob("*.parquet"):
        part.write_bytes(b"no parquet")
    with TestClient(create_app(made.root, asked_a_minute=0)) as client:
        (told,) = client.get("/now.json").json()["registers"]
        assert "no Parquet file" in told["broken"]
        assert str(tmp_path) not in json.dumps(told)
        assert client.get("/").status_code == 200
        (answer,) = client.get("/check.json?q=1.2.3.4").json()
        assert answer["listed"] is None
        assert "Parquet file" in answer["sources"][0]["broken"]


def test_the_schema_describes_what_is_answered(client: TestClient[Site]) -> None:
    schema = client.get("/schema/openapi.json").json()
    assert schema["openapi"].startswith("3.1")
    assert {"/now.json", "/check.json", "/sources.json", "/registers/{name}.json"} <= set(
        schema["paths"]
    )
    assert "CheckAnswer" in json.dumps(schema["paths"]["/check.json"])


def test_the_first_page_is_light(client: TestClient[Site]) -> None:
    """With all that it loads, under 150 kB."""
    page = client.get("/").text
    loaded = re.findall(r'<link rel="(?:stylesheet|icon)"[^>]* href="([^"]+)"', page)
    loaded += re.findall(r'<script[^>]* src="([^"]+)"', page)
    assert len(loaded) == 3
    sizes = [len(client.get(path).content) for path in loaded]
    assert all(sizes)
    assert len(page.encode()) + sum(sizes) < 150_000


ODD = (
    *("%ff", "%00", "a&q=b", "..%2f..%2fetc", "::1", "::ffff:1.2.3.4", "fe80::1%25eth0", "::/0"),
    *("0.0.0.0/0", "http://[::1", "http://[::1]:99999/", "http://a:b@c/", "//x", "*.com"),
    *("javascript:alert(1)", "%0d%0aSet-Cookie:x=1", "0x7f.1", "xn--a.com", "."),
)
MOMENTS = ("9999-12-31T23:59:59.999999-14:00", "2018-W18", "2018-05-05T24:00", "%ff", "1e9", "-1")


@pytest.mark.parametrize(
    "path",
    [
        *(f"/{page}{odd}" for odd in ODD for page in ("check.json?q=", "registers/", "cases/")),
        *(f"/check?q=203.0.113.9&at={at}" for at in MOMENTS),
    ],
)
def test_whatever_is_asked_is_answered_or_refused(client: TestClient[Site], path: str) -> None:
    answer = client.get(path)
    assert answer.status_code < 500
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("body", [b"q=%ff", b"\xff\xfe", b"q", b"", b"q=1.1.1.1&q=2.2.2.2"])
def test_whatever_is_sent_as_a_form_is_answered_or_refused(
    client: TestClient[Site], body: bytes
) -> None:
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert client.post("/check", content=body, headers=kind).status_code < 500
