"""A fleet watched from day to day, as cron would: what is said, remembered, measured and sent."""

import csv
import gzip
import io
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from prometheus_client.parser import text_string_to_metric_families

from overblock.tables import RESOLUTIONS
from register_worlds import HOUR, START, dump, ingest, line, observatory
from running import Done, half_written, inside, refused

SECRET = "hunter2"  # noqa: S105  (planted, to be looked for)
DAY = 24 * HOUR
ORDER = line("192.0.2.0/24", decision="27-31")
SITE = line("198.51.100.7 | 2001:db8::7", "shop.example", "http://shop.example/x", decision="5")
OTHERS = [line(f"233.252.0.{number}") for number in range(8)]  # so that no state seems shrunken
STATES = [[ORDER], [ORDER, SITE], [SITE], [SITE, ORDER], [ORDER]]  # one a day
FLEET = f"""name,ip,host,password
web-1,192.0.2.7,,{SECRET}
web-2,198.51.100.7,,{SECRET}
"front, main",2001:db8::7,Shop.example,{SECRET}
home,203.0.113.9,,{SECRET}
lan,10.0.0.1,,{SECRET}
odd,{SECRET},,{SECRET}
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("watch")
    observed = observatory(folder / "observatory")
    for day, lines in enumerate(STATES):
        path = folder / f"dump-{day}-of.csv"
        path.write_bytes(
            dump(START + day * DAY, [*lines, *OTHERS], ended=day != 2)
        )  # that of day 2 is cut
        ingest(observed, [path])
    with observed.writing("names") as writer:
        seen = {"name": "front.example", "ipv4": 0xC0000205, "outcome": "address", "record": 1}
        rows = [dict.fromkeys(RESOLUTIONS.schema()) | seen | {"chain": []}]
        writer.append(RESOLUTIONS, "own@2015-01-01", pl.DataFrame(rows, RESOLUTIONS.schema()))
        writer.publish()
    return observed.root


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    path = tmp_path / "fleet.csv"
    path.write_text(FLEET)
    return path


def day(number: float) -> str:
    return f"{START + number * DAY + HOUR:%Y-%m-%dT%H:%M}"


def look(store: Path, number: float, *words: str | Path) -> Done:
    done = inside("watch", *words, "--store", store, "--at", day(number))
    assert SECRET.encode() not in done.out
    assert SECRET not in done.err
    return done


def changes(done: Done) -> list[tuple[str, str | None]]:
    told = [json.loads(text) for text in done.out.splitlines()]
    return [(change["change"], change["target"]) for change in told]


def test_a_fleet_is_told_in_every_format(store: Path, fleet: Path) -> None:
    done = look(store, 1, fleet, "--format", "json")
    answer = json.loads(done.out)
    assert done.code == 10
    assert answer["counts"] == {
        "listed": 4, "exposed": 0, "unconfirmed": 0, "unknown": 0, "free": 1, "private": 1
    }  # fmt: skip
    (web,) = (item for item in answer["items"] if item["label"] == "web-2")
    assert (web["listed"], web["kind"], web["decision"]) == (True, "attached", "5")
    assert web["named"] == ["http://shop.example/x", "shop.example"]
    assert (web["unlisted_at"], web["since"]) == ("2015-01-01T00:00:00Z", "2015-01-02T00:00:00Z")
    begun = {change["target"]: change["unlisted_at"] for change in answer["changes"]}
    assert begun == {
        item["target"]: item["unlisted_at"] for item in answer["items"] if item["since"]
    }
    assert "1 of 7 values were not read: 1 not_a_name; the first at line 7, column 2" in done.err
    rows = list(csv.DictReader(io.StringIO(look(store, 1, fleet, "--format", "csv").out.decode())))
    assert [row["state"] for row in rows] == [item["state"] for item in answer["items"]]
    frame = pl.read_parquet(io.BytesIO(look(store, 1, fleet, "--format", "parquet").out))
    assert frame["target"].to_list() == [item["target"] for item in answer["items"]]
    shown = look(store, 1, fleet).out.decode()
    assert "6 items at 2015-01-02 01:00 UTC: 4 listed, 1 free, 1 private" in shown
    assert "front, main" in shown


def test_each_change_is_told_once_and_a_cut_state_frees_nothing(
    store: Path, fleet: Path, tmp_path: Path
) -> None:
    words = (fleet, "--state", tmp_path / "state.json", "--jsonl")
    told = [changes(look(store, number, *words)) for number in (0, 1, 1.5, 2, 3, 4)]
    site = ["198.51.100.7", "2001:db8::7", "shop.example"]
    assert told == [
        [("listed", "192.0.2.7")],
        [("listed", name) for name in site],
        [],
        [("unknown", None)],
        [("known_again", None)],
        [("freed", name) for name in site],
    ]
    assert SECRET not in (tmp_path / "state.json").read_text()
    assert half_written(tmp_path) == []


def test_what_is_quiet_speaks_only_on_change(store: Path, fleet: Path, tmp_path: Path) -> None:
    words = (fleet, "--state", tmp_path / "state.json", "--quiet")
    first, again, later = (look(store, number, *words) for number in (0, 0.5, 1))
    assert first.out.decode() == (
        "listed: 192.0.2.7 (web-1) in ru_zapret_csv, ordered since 2015-01-01 00:00 UTC or "
        "before by суд, 27-31\n"
    )
    assert (again.code, again.out, again.err) == (10, b"", "")
    assert later.out.count(b"\n") == 3


@pytest.mark.parametrize(
    ("number", "listed", "code"), [(4, "203.0.113.9", 0), (4, "192.0.2.1", 10), (40, "8.8.8.8", 11)]
)
def test_the_exit_code_tells_a_monitor(
    number: int, listed: str, code: int, store: Path, tmp_path: Path
) -> None:
    (tmp_path / "fleet.txt").write_text(listed)
    assert look(store, number, tmp_path / "fleet.txt").code == code


def test_a_silent_register_keeps_what_it_last_said(
    store: Path, fleet: Path, tmp_path: Path
) -> None:
    words = (fleet, "--state", tmp_path / "state.json", "--format", "json")
    look(store, 4, *words)
    silent = json.loads(look(store, 40, *words).out)
    assert [change["change"] for change in silent["changes"]] == ["unknown"]
    assert silent["sources"][0]["doubt"] == "silent since 2015-01-05 00:00 UTC"
    assert silent["counts"]["listed"] == 1
    assert silent["counts"]["unknown"] == 4


def test_a_name_is_exposed_by_an_address_that_it_resolves_into(store: Path, tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("front.example\nother.example\n")
    done = look(store, 0, tmp_path / "names.txt", "--format", "json")
    front, other = json.loads(done.out)["items"]
    assert (front["state"], front["listed"]) == ("exposed", False)
    assert (front["addresses"], front["addresses_listed"], front["decision"]) == (1, 1, "27-31")
    assert (other["state"], other["addresses"]) == ("free", None)
    assert done.code == 10


def test_a_candidate_is_clean_as_far_as_the_registers_remember(
    store: Path, fleet: Path, tmp_path: Path
) -> None:
    new = ["192.0.2.99", "198.51.100.99", "198.51.100.7", "203.0.113.1", "2001:db8::8"]
    (tmp_path / "new.txt").write_text("\n".join(new))
    words = (fleet, "--candidates", tmp_path / "new.txt")
    told = json.loads(look(store, 4, *words, "--format", "json").out)["candidates"]
    clean = [(one["clean"], one["clean_since"], one["since_records_begin"]) for one in told]
    freed = "2015-01-05T00:00:00Z"
    assert clean == [
        (False, None, False),
        (True, freed, False),  # its neighbour was listed until then
        (True, freed, False),
        (True, "2015-01-01T00:00:00Z", True),
        (True, freed, False),
    ]
    assert [one["last_listed_until"] for one in told] == [None, None, freed, None, None]
    shown = look(store, 4, *words).out.decode()
    assert "since records begin, 2015-01-01" in shown
    assert "when its neighbourhood was freed" in shown


def test_of_a_candidate_that_is_no_public_address_nothing_is_said(
    store: Path, fleet: Path, tmp_path: Path
) -> None:
    (tmp_path / "new.txt").write_text("shop.example\n203.0.113.1\n10.0.0.9\n")
    words = (fleet, "--candidates", tmp_path / "new.txt", "--format", "json")
    told = json.loads(look(store, 4, *words).out)["candidates"]
    assert [(one["target"], one["clean"]) for one in told] == [
        ("shop.example", None), ("203.0.113.1", True), ("10.0.0.9", None)
    ]  # fmt: skip


def test_nobody_knows_whether_an_address_is_clean_while_all_are_silent(
    store: Path, fleet: Path, tmp_path: Path
) -> None:
    (tmp_path / "new.txt").write_text("203.0.113.1\n192.0.2.9\n")
    words = (fleet, "--candidates", tmp_path / "new.txt", "--format", "json")
    told = json.loads(look(store, 40, *words).out)["candidates"]
    assert [one["clean"] for one in told] == [None, False]


def test_what_is_remembered_stands_in_the_observatory_unless_said_otherwise(
    store: Path, fleet: Path, tmp_path: Path
) -> None:
    now = ("watch", fleet, "--store", store, "--jsonl")
    first, again = inside(*now), inside(*now)
    assert [target for _, target in changes(first)] == [None, "192.0.2.7"]
    assert again.out == b""
    (remembered,) = (store / "watches").iterdir()
    assert SECRET not in remembered.read_text()
    assert str(tmp_path) not in remembered.name
    assert changes(inside(*now, "--register", "ru_zapret_csv"))  # another question
    by_pipe = inside("watch", "-", "--store", store, "--jsonl", stdin=FLEET.encode())
    assert changes(by_pipe)
    assert len(list((store / "watches").iterdir())) == 2


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is no state of a watch"),
        (b'{"format": 1, "at": "hunter2"}', "is no state of a watch"),
        (b'{"format": 99}', "is of format 99, not 1"),
        (b"\xff\x00" * 99, "is no state of a watch"),
    ],
)
def test_a_broken_memory_is_an_error_and_stays_as_it_is(
    content: bytes, why: str, store: Path, fleet: Path, tmp_path: Path
) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(content)
    assert why in refused(4, "watch", fleet, "--store", store, "--state", path)
    assert path.read_bytes() == content


def test_changes_do_not_run_backwards(store: Path, fleet: Path, tmp_path: Path) -> None:
    words = (fleet, "--state", tmp_path / "state.json")
    look(store, 4, *words)
    assert "later than the moment" in refused(2, "watch", *words, "--store", store, "--at", day(1))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", 2),
        ("# nothing\n\n", 2),
        (f"{SECRET}\n{SECRET}\n", 2),
        ('{"Reservations": []}', 2),
        (f'{{"{SECRET}": 1}}', 3),
        (f"$INCLUDE /{SECRET}\n", 3),
        (f'{{"kind": "Service", "spec": "{SECRET}"}}', 3),
    ],
)
def test_an_inventory_that_holds_nothing_is_refused_in_a_line(
    content: str, code: int, store: Path, tmp_path: Path
) -> None:
    (tmp_path / "fleet").write_text(content)
    line = refused(code, "watch", tmp_path / "fleet", "--store", store)
    assert str(tmp_path / "fleet") in line
    assert SECRET not in line


def test_an_inventory_may_be_packed_but_not_cut(store: Path, tmp_path: Path) -> None:
    packed = gzip.compress(FLEET.encode())
    (tmp_path / "fleet.gz").write_bytes(packed)
    assert look(store, 4, tmp_path / "fleet.gz").code == 10
    (tmp_path / "fleet.gz").write_bytes(packed[:-20])
    assert "its end is missing" in refused(3, "watch", tmp_path / "fleet.gz", "--store", store)


def test_an_unknown_register_is_refused(store: Path, fleet: Path) -> None:
    line = refused(2, "watch", fleet, "--store", store, "--register", "nowhere")
    assert "no register here is called 'nowhere'; registers: ru_zapret_csv" in line


def test_an_observatory_without_registers_cannot_tell(fleet: Path, tmp_path: Path) -> None:
    empty = observatory(tmp_path / "observatory").root
    (tmp_path / "new.txt").write_text("203.0.113.1\n")
    done = inside("watch", fleet, "--store", empty, "--candidates", tmp_path / "new.txt")
    assert done.code == 11
    assert "5 unknown, 1 private" in done.out.decode()
    assert "no register here yet" in done.out.decode()
    assert "no observatory" in refused(4, "watch", fleet, "--store", tmp_path / "nowhere")


def test_prometheus_reads_the_metrics(store: Path, fleet: Path, tmp_path: Path) -> None:
    fleet.write_text('name,ip\n"a ""b""\\n",192.0.2.7\nhome,203.0.113.9\nlan,10.0.0.1\n')
    look(store, 4, fleet, "--metrics", tmp_path / "overblock.prom")
    text = (tmp_path / "overblock.prom").read_text()
    families = {family.name: family.samples for family in text_string_to_metric_families(text)}
    listed = {sample.labels["address"]: sample for sample in families["overblock_listed"]}
    assert {name: sample.value for name, sample in listed.items()} == {
        "192.0.2.7": 1.0,
        "203.0.113.9": 0.0,
    }
    assert listed["192.0.2.7"].labels["label"] == 'a "b"\\n'
    assert families["overblock_source_age_seconds"][0].value == 3600.0
    look(store, 40, fleet, "--metrics", tmp_path / "overblock.prom")
    text = (tmp_path / "overblock.prom").read_text()
    assert "203.0.113.9" not in text  # nobody can say, and a nought would say something
    assert 'overblock_source_in_doubt{register="ru_zapret_csv"} 1.0' in text


def test_metrics_replace_nothing_but_metrics_and_that_is_said_before_the_look(
    store: Path, fleet: Path, tmp_path: Path
) -> None:
    memory = tmp_path / "memory.json"
    words = ("--store", store, "--state", memory, "--metrics", fleet)
    line = refused(2, "watch", fleet, *words)  # on stdout there is nothing
    assert "holds no metrics of overblock; it is left as it is" in line
    assert fleet.read_text() == FLEET
    assert not memory.exists()


class Post(BaseHTTPRequestHandler):
    """A service that takes notices, or refuses them."""

    taken: list[Any] = []  # noqa: RUF012  (of the one server of a test)
    status = 200

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.status == 200:
            self.taken.append(json.loads(body))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def service() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Post) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        Post.taken.clear()
        Post.status = 200
        yield f"json://me:{SECRET}@127.0.0.1:{server.server_port}/{SECRET}"
        server.shutdown()


def test_people_are_told_of_changes_and_of_nothing_else(
    store: Path, fleet: Path, tmp_path: Path, service: str
) -> None:
    words = (fleet, "--state", tmp_path / "state.json", "--notify", service)
    for number in (0, 0.5, 1):
        assert look(store, number, *words).code == 10
    first, second = Post.taken
    assert first["title"] == "overblock: 1 listed"
    assert "192.0.2.7 (web-1)" in first["message"]
    assert len(second["message"].splitlines()) == 3
    assert SECRET not in json.dumps(Post.taken)


def test_what_could_not_be_told_is_told_again(
    store: Path, fleet: Path, tmp_path: Path, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At least once: the memory does not move past what nobody has heard of."""
    monkeypatch.setenv("OVERBLOCK_NOTIFY", service)
    words = (fleet, "--state", tmp_path / "state.json", "--quiet")
    Post.status = 500
    failed = look(store, 0, *words)
    assert failed.code == 6
    assert failed.complaints == [
        "overblock: notice 1 (json) was not delivered; what changed is told again next time"
    ]
    assert not (tmp_path / "state.json").exists()
    Post.status = 200
    assert look(store, 0.5, *words).code == 10
    assert [taken["title"] for taken in Post.taken] == ["overblock: 1 listed"]
    assert look(store, 0.6, *words).out == b""


@pytest.mark.parametrize("url", [f"nonsense://{SECRET}", SECRET, f"json://{SECRET}:x:y"])
def test_the_url_of_a_service_is_never_repeated(
    url: str, store: Path, fleet: Path, tmp_path: Path
) -> None:
    done = look(store, 0, fleet, "--state", tmp_path / "s.json", "--notify", url)
    assert done.code in {2, 6}
    assert len(done.complaints) == 1
    assert not (tmp_path / "s.json").exists()


def test_hostile_words_of_a_register_do_not_reach_the_terminal(tmp_path: Path) -> None:
    observed = observatory(tmp_path / "observatory")
    path = tmp_path / "dump-0-of.csv"
    path.write_bytes(dump(START, [line("192.0.2.7", "\x1b[2Ja.example", decision="\x1b[31m5")]))
    ingest(observed, [path])
    (tmp_path / "fleet.csv").write_text("name,ip\n\x1b]0;x\x07,192.0.2.7\n")
    done = inside("watch", tmp_path / "fleet.csv", "--store", observed.root, "--at", day(0))
    assert done.code == 10
    assert re.findall(r"[\x00-\x09\x0b-\x1f]", done.out.decode()) == []
