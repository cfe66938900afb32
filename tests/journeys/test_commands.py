"""Every data command on a small register, in every format, as a user types it."""

import csv
import io
import json
import os
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from git_worlds import Made, git, make_repository
from overblock.store import Store
from overblock.tables import GAPS, LISTINGS, SNAPSHOTS
from register_worlds import DUMP, HOUR, START, dump, ingest, line, register_with_a_silence, rows
from running import PROGRAM, Done, inside, refused, run

DAY = 24 * HOUR
STATES = [
    dump(START, [line("192.0.2.1"), line("198.51.100.0/24", decision="2", day="2010-01-01")]),
    dump(START + HOUR, [line("198.51.100.0/24", decision="2", day="2010-01-01")]),
    dump(START + 2 * HOUR, [line("198.51.100.0/24", decision="2", day="2010-01-01")]),
    dump(START + DAY, [line("198.51.100.0/24", decision="2", day="2010-01-01"),
                       line("203.0.113.7 | 2001:db8::7", "a.example", "http://a.example/\x1b[1m")]),
]  # fmt: skip
GROUPINGS = ("kind", "decision", "authority", "holder", "country", "prefix")
FORMATS = ("table", "json", "csv", "parquet")
QUESTIONS: dict[str, Sequence[str]] = {
    **{f"extent by {by}": ("extent", DUMP, "--at", "2015-01-03", "--by", by) for by in GROUPINGS},
    "history": ("history", DUMP, "--every", "snapshot"),
    "history by decision": ("history", DUMP, "--by", "decision"),
    "history by country": ("history", DUMP, "--by", "country", "--every", "snapshot"),
    "diff": ("diff", DUMP, "--from", "2015-01-01T00:30", "--to", "2015-01-03"),
    "check": ("check", "198.51.100.7", "a.example", "192.0.2.99", "--at", "2015-01-03"),
    "sources": ("sources",),
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("journey")
    assert inside("init", folder / "observatory").code == 0
    for number, state in enumerate(STATES):
        (folder / f"dump-{number}-of.csv").write_bytes(state)
    done = inside("ingest", DUMP, folder, "--store", folder / "observatory")
    assert (done.code, done.out) == (0, b"")
    assert "4 snapshots added, 1 flagged" in done.err
    return folder / "observatory"


def parsed(done: Done, form: str) -> Any:
    assert done.code == 0, done
    if form == "json":
        return json.loads(done.out)
    if form == "csv":
        return list(csv.DictReader(io.StringIO(done.out.decode())))
    if form == "parquet":
        return pl.read_parquet(io.BytesIO(done.out)).to_dicts()
    return done.out.decode()


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    "question",
    ["extent by decision", "history", "history by country", "diff", "check", "sources"],
)
def test_an_answer_comes_in_every_format(question: str, form: str, store: Path) -> None:
    answer = parsed(inside(*QUESTIONS[question], "--store", store, "--format", form), form)
    assert answer
    assert "\x1b" not in str(answer)  # what a register says never steers a terminal


def test_a_history_by_country_is_the_same_in_every_format_and_names_its_table(store: Path) -> None:
    asked: list[str | Path] = [*QUESTIONS["history by country"], "--store", store, "--format"]
    answer, rows, frame = (parsed(inside(*asked, form), form) for form in FORMATS[1:])
    assert answer["holders_from"].startswith("geoip2fast_bundle of ")
    told = [(row["at"], row["key"] or "", str(row["ipv4"])) for row in answer["rows"]]
    assert [(row["at"], row["key"], row["ipv4"]) for row in rows] == told
    assert [(row["key"] or "", str(row["ipv4"])) for row in frame] == [one[1:] for one in told]
    assert {row["silent"] for row in rows} == {"false"}
    assert any(row["flags"] for row in rows)
    shown = parsed(inside(*asked, "table"), "table")
    assert f"holders by {answer['holders_from']}, for all of the time" in shown


@pytest.mark.parametrize("by", GROUPINGS)
def test_the_extent_is_the_same_however_it_is_grouped(by: str, store: Path) -> None:
    answer = parsed(
        inside(*QUESTIONS[f"extent by {by}"], "--store", store, "--format", "json"), "json"
    )
    assert answer["ipv4"] == {"all": 257, "ordered": 256, "attached": 1}
    assert answer["ipv6"] == {"prefixes": 1, "slash64s": 1}
    assert answer["by"] == by
    assert sum(group["ipv4"] for group in answer["groups"]) == 257
    assert (answer["holders_from"] is not None) is (by in {"holder", "country"})


def test_who_originates_is_not_guessed_from_a_table_without_numbers(store: Path) -> None:
    question = ("extent", DUMP, "--at", "2015-01-03", "--by", "origin-as")
    assert "AS" in refused(2, *question, "--store", store)


def test_a_history_tells_when_it_grew_and_what_was_wrong(store: Path) -> None:
    answer = parsed(inside(*QUESTIONS["history"], "--store", store, "--format", "json"), "json")
    assert [row["ipv4"] for row in answer["rows"]] == [257, 257, 256, 257]
    assert [row["flags"] for row in answer["rows"]] == [[], ["shrunken"], [], []]


def test_a_difference_names_the_decisions(store: Path) -> None:
    answer = parsed(inside(*QUESTIONS["diff"], "--store", store, "--format", "json"), "json")
    assert (answer["added"]["ipv4"], answer["removed"]["ipv4"]) == (1, 1)
    assert answer["removed"]["groups"][0]["witness"] == "192.0.2.1"
    told = inside(*QUESTIONS["diff"], "--store", store).out.decode()
    assert "IPv6 is not compared" in told
    assert "added: 1 IPv4 address, " in told


def test_targets_come_from_stdin_too(store: Path) -> None:
    words = ("check", "-", "--at", "2015-01-03", "--store", store, "--format", "json")
    done = inside(*words, stdin=b"# mine\n198.51.100.7  # web\n\n192.0.2.99\n")
    assert [answer["listed"] for answer in json.loads(done.out)] == [True, False]


def test_scripts_can_ask_by_exit_code(store: Path) -> None:
    words = ("--at", "2015-01-03", "--store", store, "--exit-code")
    assert inside("check", "198.51.100.7", *words).code == 1
    assert inside("check", "192.0.2.99", *words).code == 0


def test_one_wrong_target_is_refused_and_nothing_answered(store: Path) -> None:
    line = refused(2, "check", "198.51.100.7", "no target", "--store", store)
    assert "'no target'" in line
    written = b"# mine\n198.51.100.7\n\nshop..example\n"
    assert "line 4: not an" in refused(2, "check", "-", "--store", store, stdin=written)


def test_a_file_that_is_given_as_a_target_is_no_name_that_nobody_lists(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was read as a name, and its owner was told that it was free."""
    monkeypatch.chdir(tmp_path)
    Path("my servers.txt").write_text("198.51.100.7\n", "utf-8")
    line = refused(2, "check", "my servers.txt", "--store", store)
    assert line.endswith("overblock check - < 'my servers.txt'")
    said = inside("check", "-", "--store", store, stdin=Path("my servers.txt").read_bytes())
    assert b"198.51.100.7" in said.out


def test_of_several_registers_each_entry_says_whose_word_it_is_and_how_old(tmp_path: Path) -> None:
    """The last word of one that had been silent for years stood above what the other said."""
    made = register_with_a_silence(tmp_path)
    (tmp_path / "old.txt").write_bytes(b"192.0.2.7\n")
    os.utime(tmp_path / "old.txt", (START.timestamp(), START.timestamp()))
    ingest(made, [tmp_path / "old.txt"], "plain_list")
    told = inside(
        "check", "192.0.2.7", "--at", "2015-01-21T04:00", "--store", made.root
    ).out.decode()
    assert f"ordered in {DUMP}, from" in told
    assert "ordered in plain_list, from 2015-01-01 00:00 UTC" in told
    assert "    plain_list is silent since 2015-01-01 00:00 UTC: its last word" in told
    assert f"{DUMP} is silent" not in told


def test_a_file_works_where_a_register_does(tmp_path: Path) -> None:
    path = tmp_path / "dump.csv"
    path.write_bytes(STATES[-1])
    subprocess.run(["xz", path], check=True)
    nowhere = tmp_path / "nowhere"
    answer = parsed(inside("extent", f"{path}.xz", "--store", nowhere, "--format", "json"), "json")
    piped = run("extent", "-", "--store", nowhere, "--format", "json", stdin=STATES[-1])
    assert answer["ipv4"]["all"] == 257
    assert parsed(piped, "json")["ipv4"] == answer["ipv4"]
    assert not nowhere.exists()


def ways_in(folder: Path) -> dict[str, Path]:
    """The same states as files, in an archive, in a repository and as a bundle of that."""
    names = [f"dump-{number}-of.csv" for number in range(len(STATES))]
    (folder / "files").mkdir()
    for name, state in zip(names, STATES, strict=True):
        (folder / "files" / name).write_bytes(state)
    with tarfile.open(folder / "dumps.tar.xz", "w:xz") as archive:
        archive.add(folder / "files", "dumps")
    first = int(START.timestamp())
    made = [Made({"dump.csv": s}, seconds=first + 90000 * n) for n, s in enumerate(STATES)]
    make_repository(folder / "git", made)
    git(folder / "git", "bundle", "create", "--quiet", str(folder / "all.bundle"), "main")
    git(folder, "clone", "--quiet", str(folder / "git"), str(folder / "clone"))
    names = ["files", "dumps.tar.xz", "git", "clone", "all.bundle"]
    return {name: folder / name for name in names}


def test_every_way_in_gives_the_same_listings_and_twice_gives_nothing_more(tmp_path: Path) -> None:
    found = {}
    for name, path in ways_in(tmp_path).items():
        store = Store.create(tmp_path / f"{name}.observatory")
        assert inside("ingest", DUMP, path, "--store", store.root).code == 0
        once = [rows(store, LISTINGS), rows(store, GAPS), len(rows(store, SNAPSHOTS))]
        again = inside("ingest", DUMP, path, "--store", store.root)
        assert "0 snapshots added" in again.err
        assert [rows(store, LISTINGS), rows(store, GAPS), len(rows(store, SNAPSHOTS))] == once
        found[name] = once
    assert all(once == found["files"] for once in found.values())


def test_data_go_to_stdout_and_a_reader_who_leaves_is_no_error(store: Path) -> None:
    command = f"{PROGRAM} sources --store {store} --format csv | head -1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, check=True)
    assert done.stdout.startswith(b"name,title,")
    assert done.stderr == b""


def test_a_command_whose_reader_has_left_ends_as_shells_say_it(store: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    words = [str(PROGRAM), "sources", "--store", str(store), "--format", "csv"]
    done = subprocess.run(words, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_history_tells_of_no_silence_outside_its_time(tmp_path: Path) -> None:
    store = register_with_a_silence(tmp_path).root
    words = ("history", DUMP, "--store", store, "--every", "snapshot")
    whole = inside(*words).out.decode()
    assert "silent from 2015-01-01 03:00 to 2015-01-21 03:00 UTC" in whole
    before = (*words, "--to", "2015-01-01T02:00")
    assert "silent" not in inside(*before).out.decode()
    assert json.loads(inside(*before, "--format", "json").out)["gaps"] == []
    inmidst = (*words, "--from", "2015-01-01T03:00", "--to", "2015-01-05", "--format", "json")
    assert len(json.loads(inside(*inmidst).out)["gaps"]) == 1


def test_a_history_that_ends_before_it_begins_is_refused(store: Path) -> None:
    words = ("history", DUMP, "--store", store, "--from", "2015-01-03")
    done = inside(*words, "--to", "2015-01-02")
    assert done.code == 2
    assert "--from 2015-01-03 00:00 lies after --to 2015-01-02 23:59" in done.err
    later = refused(2, *words[:-1], "2030-01-01", "--to", "2031-01-01")
    assert later.endswith("no snapshot between 2030-01-01 00:00 UTC and 2031-01-01 23:59 UTC")
