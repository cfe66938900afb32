"""A register on the web: its history by its parts, its decisions, what changed.

Every figure is asked of the commands, or counted by hand from the few lines of the dumps.
"""

import csv
import io
import json
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from litestar.testing import TestClient
from msgspec.structs import replace

from overblock.cli.main import cli
from overblock.reports.registers.register import register_answer
from overblock.store import Store
from overblock.web.app import create_app
from overblock.web.registers.asking import stand_at
from overblock.web.serving.site import Site
from real_registers import answer as command_answer
from register_worlds import (
    DUMP,
    HOSTILE,
    HOUR,
    SPEAKS,
    START,
    dump,
    ingest,
    line,
    observatory,
    register_with_a_silence,
)

DAY = timedelta(days=1)
HOME = f"/registers/{DUMP}"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return register_with_a_silence(tmp_path_factory.mktemp("web-register"))


def written(at: object) -> str:
    return f"{at:%Y-%m-%dT%H:%M}"


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def sizes(line_: dict[str, object]) -> list[tuple[str, int]]:
    points = line_["points"]
    assert isinstance(points, list)
    return [(one["at"][:13], one["ipv4"]) for one in points]


def test_a_history_has_a_point_at_every_change_and_none_where_a_file_was_cut(
    client: TestClient[Site],
) -> None:
    told = client.get(f"{HOME}/history.json").json()
    assert sizes(told["whole"]) == [
        ("2015-01-01T00", 258),
        ("2015-01-01T01", 387),
        ("2015-01-21T03", 131),
    ]
    assert told["flagged"][0]["flags"] == ["cut", "shrunken"]
    assert len(told["gaps"]) == 1
    assert told["snapshots"] == 5


def test_the_whole_of_a_history_is_what_the_command_prints(
    client: TestClient[Site], store: Store
) -> None:
    printed = command_answer("history", DUMP, "--every", "snapshot", "--store", store.root)
    points = sizes(client.get(f"{HOME}/history.json").json()["whole"])
    at_hours = {row["at"][:13]: row["ipv4"] for row in printed["rows"]}
    assert [at_hours[hour] for hour, _ in points] == [size for _, size in points]


@pytest.mark.parametrize(
    ("by", "largest"),
    [
        ("kind", {"ordered": 384, "attached": 3}),
        ("decision", {f"=1+{HOSTILE}": 256, "4": 128, "2": 1, "1": 1}),
        ("authority", {"\N{CYRILLIC SMALL LETTER ES}\N{CYRILLIC SMALL LETTER U}"
                       "\N{CYRILLIC SMALL LETTER DE}": 387}),
    ],
)  # fmt: skip
def test_its_parts_are_told_by_their_highest_point(
    client: TestClient[Site], by: str, largest: dict[str, int]
) -> None:
    told = client.get(f"{HOME}/history.json", params={"by": by}).json()
    assert {one["key"]: one["most_ipv4"] for one in told["lines"]} == largest
    heights = [one["most_ipv4"] for one in told["lines"]]
    assert heights == sorted(heights, reverse=True)


@pytest.mark.parametrize("by", ["holder", "country"])
def test_parts_by_owner_add_up_to_the_whole(client: TestClient[Site], by: str) -> None:
    told = client.get(f"{HOME}/history.json", params={"by": by}).json()
    assert told["holders_from"].startswith("geoip2fast_bundle of ")
    assert sum(one["points"][-1]["ipv4"] for one in told["lines"]) == 131
    assert len(told["lines"]) == told["lines_in_all"]


def test_a_year_begins_with_what_stood_then_and_a_year_without_states_is_refused(
    client: TestClient[Site],
) -> None:
    assert client.get(f"{HOME}/history.json?year=2015").json()["snapshots"] == 5
    refused = client.get(f"{HOME}/history.json?year=2016")
    assert (refused.status_code, refused.json()["error"]) == (404, "NoSnapshot")


def test_the_rows_of_a_history_run_in_no_spreadsheet(client: TestClient[Site]) -> None:
    told = rows(client.get(f"{HOME}/history.csv?by=decision").text)
    assert {row["key"] for row in told} == {"all", f"'=1+{HOSTILE}", "4", "2", "1"}
    assert {row["register"] for row in told} == {DUMP}


def test_the_picture_and_its_specification_say_the_same(client: TestClient[Site]) -> None:
    spec = client.get(f"{HOME}/history.vl.json?by=decision&theme=dark&scale=log")
    assert spec.headers["content-type"].startswith("application/vnd.vegalite")
    assert spec.json()["background"] == "#161616"
    svg = client.get(f"{HOME}/history.svg?by=decision&theme=dark&scale=log")
    assert svg.headers["content-type"].startswith("image/svg+xml")
    assert "<script" not in svg.text
    assert spec.json()["title"]["text"] in svg.text
    russian = client.get(f"{HOME}/history.svg?lang=ru").text
    assert "\N{CYRILLIC CAPITAL LETTER A}\N{CYRILLIC SMALL LETTER DE}" in russian


def test_the_page_names_silences_and_flagged_snapshots(client: TestClient[Site]) -> None:
    page = client.get(f"{HOME}?by=decision").text
    assert re.search(r"1 January 2015, 03:00 UTC . 21 January 2015, 03:00 UTC \(20 days\)", page)
    assert "its end is missing" in page
    assert "5 snapshots from 1 January 2015 to 21 January 2015" in page
    assert page.count('aria-current="true"') >= 3
    assert HOSTILE not in page


def test_the_page_steps_from_snapshot_to_snapshot(client: TestClient[Site]) -> None:
    page = client.get(HOME, params={"at": written(START + HOUR)}).text
    assert 'at=2015-01-01T00%3A00%3A00Z&amp;by=all" rel="prev"' in page
    assert 'at=2015-01-01T02%3A00%3A00Z&amp;by=all" rel="next"' in page


AT = written(START + 3 * HOUR)


def listed(client: TestClient[Site], **asked: str) -> list[tuple[str, str, int]]:
    told = client.get(f"{HOME}/decisions.json", params={"at": AT, **asked}).json()
    return [(one["decision"], one["decision_date"], one["ipv4"]) for one in told["decisions"]]


def test_decisions_are_those_of_the_command_also_those_without_an_address(
    client: TestClient[Site], store: Store
) -> None:
    extent = command_answer("extent", DUMP, "--at", AT, "--by", "decision", "--store", store.root)
    groups = [(one["key"], one["decision_date"], one["ipv4"]) for one in extent["groups"]]
    assert sorted(listed(client)) == sorted(groups)
    assert [size for _, _, size in listed(client)] == [256, 128, 1, 1, 1]


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ({"sort": "size"}, f"=1+{HOSTILE}"),
        ({"sort": "number"}, "1"),
        ({"sort": "date", "q": "2"}, "2"),
        ({"sort": "newest", "q": "4"}, "4"),
        ({"q": "SCRIPT"}, f"=1+{HOSTILE}"),
    ],
)
def test_decisions_are_sorted_and_searched(
    client: TestClient[Site], asked: dict[str, str], first: str
) -> None:
    assert listed(client, **asked)[0][0] == first


@pytest.mark.parametrize("at", [START, START + 3 * HOUR, START + 5 * DAY, SPEAKS + HOUR])
def test_the_page_rests_on_the_same_figures_as_the_data_beside_it(
    store: Store, at: datetime
) -> None:
    """It is made of one reading of the listings, for all moments between two snapshots."""
    whole = store.ask(lambda view: register_answer(view, DUMP, at))
    short = store.ask(lambda view: stand_at(view, DUMP, at).answer)
    bare = replace(whole, extent=replace(whole.extent, groups=[], silent=None))
    assert replace(short, extent=replace(short.extent, silent=None)) == bare


def test_words_that_nothing_holds_find_nothing_and_a_page_beyond_the_last_is_the_last(
    client: TestClient[Site],
) -> None:
    assert listed(client, q="nobody .* [") == []
    assert "Nothing found." in client.get(f"{HOME}/decisions?q=zzz").text
    assert client.get(f"{HOME}/decisions.json?page=999").json()["page"] == 1


def test_one_decision_says_what_it_lists_since_when_and_until_when(
    client: TestClient[Site],
) -> None:
    asked = {"number": f"=1+{HOSTILE}", "at": AT}
    told = client.get(f"{HOME}/decisions.json", params=asked).json()
    assert (told["ipv4"], told["networks"], told["resources_in_all"]) == (256, 1, 1)
    assert told["ended_at"][:13] == "2015-01-21T03"
    (listing,) = told["resources"]
    assert listing["resource"] == "203.0.113.0/24"
    assert listing["standing"] is True
    after = client.get(f"{HOME}/decisions.json", params={**asked, "at": written(SPEAKS)}).json()
    assert (after["ipv4"], after["resources"][0]["standing"]) == (0, False)
    page = client.get(f"{HOME}/decisions", params=asked)
    assert page.status_code == 200
    assert HOSTILE not in page.text
    assert "256" in page.text


def test_a_number_that_several_decisions_carry_is_a_choice(client: TestClient[Site]) -> None:
    page = client.get(f"{HOME}/decisions?number=2&at={AT}").text
    assert "2 decisions carry this number" in page
    one = client.get(f"{HOME}/decisions.json?number=2&date=2013-05-01&at={AT}").json()
    assert {row["resource"] for row in one["resources"]} == {"198.51.100.8", "bank.example"}


def test_all_listings_of_a_decision_are_rows(client: TestClient[Site]) -> None:
    told = rows(client.get(f"{HOME}/decisions.csv?number=2&at={AT}").text)
    assert {row["resource"] for row in told} == {
        *("198.51.100.7", "shop.example", "http://shop.example/a"),
        *("198.51.100.8", "bank.example"),
    }
    assert len(rows(client.get(f"{HOME}/decisions.csv", params={"at": AT}).text)) == 5


def test_a_decision_is_drawn_where_it_lists_addresses(client: TestClient[Site]) -> None:
    drawn = client.get(f"{HOME}/decision.svg", params={"number": "4"})
    assert drawn.status_code == 200
    assert "128 at the end" in drawn.text


def test_what_changed_is_what_the_command_prints(client: TestClient[Site], store: Store) -> None:
    ends = {"from": written(START), "to": written(SPEAKS)}
    told = client.get(f"{HOME}/diff.json", params=ends).json()
    asked = ("--from", ends["from"], "--to", ends["to"], "--store", str(store.root))
    assert told == command_answer("diff", DUMP, *asked)
    assert (told["added"]["ipv4"], told["removed"]["ipv4"]) == (129, 256)
    assert [(one["kind"], one["ipv4_added"], one["ipv4_removed"]) for one in told["kinds"]] == [
        ("ordered", 128, 256),
        ("attached", 1, 0),
    ]
    assert told["added"]["networks"][0]["resource"] == "192.0.2.0/25"
    kinds = {one["resource_kind"] for one in told["added"]["witnesses"]}
    assert kinds == {"address", "domain", "prefix"}
    page = client.get(f"{HOME}/diff", params=ends).text
    assert "IPv6 is not compared here" in page
    assert (
        "IPv6 здесь не сравниваются"
        in client.get(f"{HOME}/diff", params={**ends, "lang": "ru"}).text
    )
    assert "+129" in page
    assert "203.0.113.0/24" in page
    assert HOSTILE not in page
    changes = rows(client.get(f"{HOME}/diff.csv", params=ends).text)
    assert [row["change"] for row in changes] == ["added", "added", "removed"]


def test_between_two_moments_of_one_snapshot_nothing_is_known_to_have_changed(
    client: TestClient[Site],
) -> None:
    ends = {"from": written(START + 3 * HOUR), "to": written(START + 4 * HOUR)}
    assert "The same snapshot holds at both moments" in client.get(f"{HOME}/diff", params=ends).text


def test_what_a_cut_state_after_a_silence_lacks_is_not_told_to_be_removed(tmp_path: Path) -> None:
    """It read as unblocking: nobody saw an end of it."""
    made = observatory(tmp_path / "observatory")
    lines = [line("203.0.113.0/24"), line("192.0.2.1", decision="2"), line("192.0.2.2")]
    for number, (at, some, ended) in enumerate([(START, lines, True), (SPEAKS, lines[1:], False)]):
        path = tmp_path / f"{number}.csv"
        path.write_bytes(dump(at, some, ended=ended))
        ingest(made, [path])
    moments = ("--from", written(START + HOUR), "--to", written(SPEAKS + HOUR))
    asked = ("diff", DUMP, *moments, "--store", str(made.root))
    removed = command_answer(*asked)["removed"]
    extent = command_answer("extent", DUMP, "--at", moments[3], "--store", made.root)
    assert removed["unconfirmed_ipv4"] == removed["ipv4"] == extent["unconfirmed_ipv4"] > 0
    said = f"{removed['ipv4']} of these addresses were listed before a silence and have not been"
    assert said in " ".join(CliRunner().invoke(cli, asked).stdout.split())
    with TestClient(create_app(made.root, asked_a_minute=0)) as client:
        page = client.get(f"{HOME}/diff", params={"from": moments[1], "to": moments[3]}).text
    assert said in page


def test_the_moments_of_a_difference_are_those_that_were_asked_for(
    client: TestClient[Site],
) -> None:
    """Though all between two snapshots have one answer."""
    ends = {"from": written(START + HOUR / 2), "to": written(START + 1.5 * HOUR)}
    told = client.get(f"{HOME}/diff.json", params=ends).json()
    assert [told[name][:16] for name in ("from_at", "to_at")] == list(ends.values())


BAD = (
    ("/history.json?by=colour", 400, "parted by"),
    ("/history.json?year=20x4", 400, "is not a year"),
    ("/history.svg?scale=cubic", 400, "linear or log"),
    ("/history.json?year=0000", 400, "is not a year"),
    ("/decisions.json?sort=random", 400, "sorted by"),
    ("/decisions.json?page=-1", 400, "is no number"),
    ("/decisions.json?page=99999999", 400, "is no number"),
    (f"/decisions.json?q={'a' * 300}", 400, "at most 200"),
    ("/decisions.json?number=none-such", 404, "has no decision"),
    ("/decisions.json?number=2&date=yesterday", 400, "is not a day"),
    ("/decisions.json?at=2014-01-01", 404, "no snapshot"),
    ("/diff.json?from=2015-02-01&to=2015-01-01", 400, "lies after"),
    ("/diff.json?from=0001-01-01", 404, "no snapshot"),
    ("/diff.json?to=0001-01-01", 404, "no snapshot"),
    ("/diff.json?from=yesterday", 400, "is not a moment"),
    ("/decision.svg", 404, "has no decision"),
)


@pytest.mark.parametrize(("path", "status", "told"), BAD)
def test_what_cannot_be_answered_is_one_clear_line(
    client: TestClient[Site], path: str, status: int, told: str
) -> None:
    answer = client.get(HOME + path)
    assert answer.status_code == status
    says = answer.json()["says"] if ".json" in path else answer.text
    assert told in says


@pytest.mark.parametrize(
    "path",
    [
        *(f"{HOME}{page}" for page in ("", "/decisions", "/diff", "?by=decision&scale=log")),
        f"{HOME}/decisions?number=%3Cscript%3E",
        f"{HOME}/decisions?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&sort=date",
        "/registers/nowhere/decisions",
        f"/check?q=203.0.113.9&at={AT}",
    ],
)
def test_no_page_carries_what_a_register_or_a_visitor_wrote_as_markup(
    client: TestClient[Site], path: str
) -> None:
    page = client.get(path)
    assert page.status_code < 500
    assert "alert(1)<" not in page.text
    assert "style=" not in page.text
    assert not re.search(r"<script(?! type=\"module\" src=\"/static/)", page.text)


@pytest.mark.parametrize("page", ["", "/history.json", "/decisions", "/decisions?number=1"])
def test_a_register_that_is_broken_says_so_and_not_where_it_stands(
    tmp_path: Path, page: str
) -> None:
    made = observatory(tmp_path / "observatory")
    (tmp_path / "dump.csv").write_bytes(dump(START, [line("203.0.113.0/24")]))
    ingest(made, [tmp_path / "dump.csv"])
    for part in (made.root / "tables" / "listings").rglob("*.parquet"):
        part.write_bytes(b"no parquet")
    with TestClient(create_app(made.root, asked_a_minute=0)) as started:
        answer = started.get(HOME + page)
    assert answer.status_code == 503
    assert "no Parquet file" in answer.text
    assert str(tmp_path) not in answer.text


def test_the_schema_has_the_pages_of_a_register(client: TestClient[Site]) -> None:
    paths = client.get("/schema/openapi.json").json()["paths"]
    for page in ("history", "decisions", "diff"):
        assert "/registers/{name}/" + page + ".json" in paths
    parameters = json.dumps(paths["/registers/{name}/diff.json"])
    assert '"name": "from"' in parameters
