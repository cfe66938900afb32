"""One target on the web: all of its time, what to do next, and lists of them from a file."""

import csv
import io
from datetime import timedelta

import pytest
from litestar.testing import TestClient

from overblock.store import Store
from overblock.web.serving.site import Site
from register_worlds import HOUR, START, register_with_a_silence

DAY = timedelta(days=1)
AT = f"{START + 3 * HOUR:%Y-%m-%dT%H:%M}"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return register_with_a_silence(tmp_path_factory.mktemp("web-targets"))


def written(at: object) -> str:
    return f"{at:%Y-%m-%dT%H:%M}"


def test_a_target_has_all_of_its_time_and_steps_through_it(client: TestClient[Site]) -> None:
    told = client.get("/check/history.json?q=203.0.113.9").json()
    (register,) = told["registers"]
    (span,) = register["spans"]
    assert (span["begins"][:13], span["ends"][:13]) == ("2015-01-01T00", "2015-01-21T03")
    assert len(register["silences"]) == 1
    page = client.get("/check", params={"q": "203.0.113.9", "at": written(START + HOUR)}).text
    assert "change before: 1 January 2015, 00:00 UTC" in page
    assert "change after: 21 January 2015, 03:00 UTC" in page
    assert 'class="listed ordered"' in page


def test_what_to_do_next_depends_on_the_answer(client: TestClient[Site]) -> None:
    def page(target: str, at: object) -> str:
        return client.get("/check", params={"q": target, "at": written(at)}).text

    attached = page("198.51.100.7", START + HOUR)
    assert "You may be a bystander" in attached
    assert "Kharitonov v. Russia" in attached
    ordered = page("203.0.113.9", START + HOUR)
    assert "The decision names the address itself" in ordered
    assert "Kharitonov" not in ordered
    assert "No order is known" in page("1.2.3.4", START + HOUR)
    assert "The register fell silent" in page("1.2.3.4", START + 10 * DAY)
    assert "Nobody has measured it" in ordered


def test_a_file_is_looked_up_like_typed_lines_and_together_with_them(
    client: TestClient[Site],
) -> None:
    sent = {"file": ("mine.csv", b"name;ip\nweb;203.0.113.9\nold;1.2.3.4\n", "text/csv")}
    page = client.post("/check", data={"q": "shop.example", "at": AT}, files=sent)
    assert page.status_code == 200
    assert "Of 3 asked about, 2 were listed" in page.text
    assert "mine.csv" not in page.text


def test_many_lines_are_answered_as_rows_too(client: TestClient[Site]) -> None:
    sent = {"file": ("mine.txt", b"203.0.113.9\n1.2.3.4\n", "text/plain")}
    asked = {"q": "shop.example", "at": written(START + HOUR)}
    answer = client.post("/check.csv", data=asked, files=sent)
    told = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["target"], row["listed"]) for row in told] == [
        ("shop.example", "true"),
        ("203.0.113.9", "true"),
        ("1.2.3.4", "false"),
    ]
    refused = client.post("/check.csv", data={"q": "1.2.3.4\nno such thing"})
    assert refused.status_code == 400
    assert "no such thing" in refused.text


@pytest.mark.parametrize(
    ("content", "status", "told"),
    [
        (b"\x89PNG\r\n\x1a\n\0", 400, "no text"),
        (b"1.2.3.4\n" * 1_001, 413, "1,001 lines"),
        (b"1.2.3.4\n" * 40_000, 413, "262,144"),
        (b"x" * 2_000_000, 413, "413"),
    ],
)
def test_a_file_that_cannot_be_looked_up_is_refused_in_words(
    client: TestClient[Site], content: bytes, status: int, told: str
) -> None:
    page = client.post("/check", files={"file": ("x.bin", content, "text/plain")})
    assert page.status_code == status
    assert told in page.text


def test_no_answer_about_a_target_is_kept_by_caches(client: TestClient[Site]) -> None:
    for path in ("/check/history.json?q=1.2.3.4", "/check/measured.json?q=1.2.3.4"):
        assert client.get(path).headers["cache-control"] == "no-store"


def test_what_a_cut_snapshot_lacks_is_not_told_to_be_free(client: TestClient[Site]) -> None:
    """The server's own state of memory says so too."""
    asked = {"q": "192.0.2.9", "at": f"{START + 2 * HOUR:%Y-%m-%dT%H:%M}"}
    pages = [client.get("/check", params=asked | {"q": f"192.0.3.{n}"}).text for n in range(4)]
    for page in pages:
        assert "Nobody can say whether it was listed" in page
        assert "is not whole: what it lacks may be listed. In the last whole one, of" in page
        assert "have been silent since" not in page
        assert "The snapshot is not whole: ask the authority" in page
    assert "неполон" in client.get("/check", params=asked | {"q": "192.0.3.1", "lang": "ru"}).text
    assert "Listed at" in client.get("/check", params=asked).text
