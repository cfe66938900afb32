"""What Prometheus reads: of sources, of the site, and of no visitor."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar.testing import TestClient
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from overblock.store import Store
from overblock.web.app import create_app
from overblock.web.serving.counting import Counts
from overblock.web.serving.site import Site
from overblock.web.serving.tally import BOUNDS, STATUSES, Tally
from register_worlds import DUMP, START, dump, ingest, line, observatory


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = observatory(tmp_path / "observatory")
    path = tmp_path / "dump.csv"
    path.write_bytes(dump(START, [line("203.0.113.0/24")], ended=False))
    ingest(made, [path])
    return made


@pytest.fixture
def client(store: Store) -> Iterator[TestClient[Site]]:
    with TestClient(create_app(store.root, asked_a_minute=0)) as started:
        yield started


def families(client: TestClient[Site]) -> dict[str, Metric]:
    """What a scrape gives, by name."""
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert answer.headers["cache-control"] == "no-store"
    return {one.name: one for one in text_string_to_metric_families(answer.text)}


def value(family: Metric, **labels: str) -> float | None:
    """The one sample with these labels; None where there is none."""
    found = [one.value for one in family.samples if labels.items() <= one.labels.items()]
    return found[0] if found else None


def test_sources_are_told_by_age_flags_and_what_they_list(client: TestClient[Site]) -> None:
    told = families(client)
    age = value(told["overblock_newest_age_seconds"], source=DUMP)
    assert age is not None
    assert age > 10 * 365 * 86_400
    assert value(told["overblock_newest_flag"], source=DUMP, flag="cut") == 1
    assert value(told["overblock_listed_ipv4"], register=DUMP) == 256
    assert value(told["overblock_register_silent"], register=DUMP) == 1
    assert value(told["overblock_register_broken"], register=DUMP) == 0
    assert value(told["overblock_observatory"]) == 1


def test_answers_are_counted_by_page_also_those_from_the_shelf(
    client: TestClient[Site],
) -> None:
    for _ in range(3):
        assert client.get("/check.json?q=203.0.113.9").status_code == 200
    assert client.get("/check.json?q=%27").status_code == 400
    assert client.get("/nothing/203.0.113.77").status_code == 404
    told = families(client)
    answers, seconds = told["overblock_answers"], told["overblock_answer_seconds"]
    assert value(answers, page="check", status="2xx") == 3
    assert value(answers, page="check", status="4xx") == 1
    assert value(answers, page="other", status="4xx") == 1
    buckets = [one.value for one in seconds.samples if one.labels.get("le") == "+Inf"]
    assert sum(buckets) == 5
    assert client.get("/metrics").text.count("203.0.113") == 0


def test_a_register_that_cannot_be_read_has_no_figure_and_is_named(
    client: TestClient[Site], store: Store
) -> None:
    for part in (store.root / "tables" / "listings").rglob("*.parquet"):
        part.write_bytes(b"no parquet")
    told = families(client)
    assert value(told["overblock_register_broken"], register=DUMP) == 1
    assert value(told["overblock_listed_ipv4"], register=DUMP) is None


def test_without_an_observatory_there_is_still_a_site(tmp_path: Path) -> None:
    with TestClient(create_app(tmp_path / "none", asked_a_minute=0)) as client:
        assert value(families(client)["overblock_observatory"]) == 0


def test_workers_count_together() -> None:
    counts = Counts()
    one, other = (Tally(["/check", "/"], counts.tallied) for _ in range(2))
    one.note("/check.json", 200, 0.02)
    other.note("/check", 503, 60.0)
    other.note("/x", 200, 0.0)
    (check, rest) = one.read()
    assert (check.page, check.answers["2xx"], check.answers["5xx"]) == ("check", 1, 1)
    assert set(check.answers) == set(STATUSES)
    assert check.buckets == [0, 0, *[1] * (len(BOUNDS) - 2), 2]
    assert check.seconds == pytest.approx(60.02)
    assert rest.page == "other"
