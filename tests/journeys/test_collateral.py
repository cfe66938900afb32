"""Who else is hit, as a user asks it: of a register of the observatory, of a file, from a pipe."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from name_worlds import keep
from overblock.store import Store
from register_worlds import DUMP, HOUR, START, dump, ingest, line
from running import Done, inside, refused

DAY = 24 * HOUR
NAMES = [
    ("casino.example", "93.184.216.1"),
    ("www.casino.example", "93.184.216.1"),
    ("museum.example", "93.184.216.1"),
    ("bank.example", "93.184.216.1"),
    ("bank.example", "93.184.217.9"),
    ("school.example", "93.184.218.7"),
    ("school.example", "93.184.218.8"),
    ("free.example", "93.184.217.50"),
    ("gone.example", None),
]
FIRST = [line("93.184.216.1", "casino.example")]
THEN = [*FIRST, line("93.184.218.0/24", decision="2")]
LAST = [line("93.184.218.0/24", decision="2")]
CSV = b"name,address\nmuseum.example,93.184.216.1\nfree.example,93.184.217.50\n"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("collateral")
    for number, lines in enumerate((FIRST, THEN, LAST, LAST)):
        (folder / f"dump-{number}-of.csv").write_bytes(dump(START + number * DAY, lines))
    made = Store.create(folder / "observatory")
    ingest(made, [folder])
    keep(made, NAMES, "names_csv@2015-01-02")
    return made.root


@pytest.fixture
def register(tmp_path: Path) -> Path:
    path = tmp_path / "dump.csv"
    path.write_bytes(dump(START, THEN))
    return path


def asked(done: Done) -> Any:
    assert done.code == 0, done
    return json.loads(done.out)


def hit(answer: Any) -> dict[tuple[str, str], int]:
    return {(one["group"], one["reach"]): one["count"] for one in answer["groups"] if one["count"]}


def question(store: Path, *words: str, at: str = "2015-01-02T12:00") -> Done:
    return inside("collateral", DUMP, "--store", store, "--at", at, *words)


def test_names_are_counted_by_who_was_meant_and_how_far_they_are_hit(store: Path) -> None:
    answer = asked(question(store, "--format", "json"))
    assert hit(answer) == {
        ("target", "fully"): 2,
        ("bystander", "fully"): 2,  # the museum and the school
        ("bystander", "partly"): 1,  # the bank
        ("bystander", "not"): 1,
        ("parked", "unknown"): 1,
    }
    assert answer["totals"]["bystanders_hit"] == 3
    assert answer["totals"]["bystanders_hit_share"] == 0.75
    assert answer["names"]["source"] == "names_csv of 2015-01-02"
    assert answer["level"] == "exposed"
    kinds = {one["reach"]: (one["count_ordered"], one["count_attached"])
             for one in answer["groups"] if one["group"] == "bystander"}  # fmt: skip
    assert kinds["fully"] == (1, 1)
    assert kinds["partly"] == (0, 1)


def test_the_table_is_one_screen_that_can_be_quoted(store: Path) -> None:
    printed = question(store).out.decode()
    assert "3 of 4 bystanders are hit (75.0 %)" in printed
    assert "snapshot of 2015-01-02 00:00 UTC" in printed
    assert "257 IPv4 addresses listed (union): 256 ordered, 1 attached" in printed
    assert "exposed, not measured" in printed
    assert "1 on ordered addresses, 2 on attached ones" in printed
    assert max(map(len, printed.splitlines())) <= 100


def test_names_are_listed_with_their_rule_their_address_and_since_when(store: Path) -> None:
    done = question(store, "--list", "bystanders", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.out.decode())))
    assert [row["name"] for row in rows] == ["bank.example", "museum.example", "school.example"]
    since = {row["name"]: row["hit_since"][:10] for row in rows}
    assert since["museum.example"] == "2015-01-01"
    assert since["school.example"] == "2015-01-02"
    targets = question(store, "--list", "targets").out.decode()
    assert "casino.example" in targets
    assert "at the latest" in targets  # no snapshot says when it began
    assert "museum.example" not in targets


def test_parquet_and_json_list_the_same_names(store: Path) -> None:
    frame = pl.read_parquet(io.BytesIO(question(store, "--format", "parquet").out))
    told = asked(question(store, "--list", "hit", "--format", "json"))
    assert frame["name"].to_list() == [row["name"] for row in told]
    assert len(frame) == 5


def test_the_series_changes_when_the_listings_do(store: Path) -> None:
    series = asked(question(store, "--over-time", "--format", "json", at="2015-01-09"))
    bystanders = [point for point in series["points"] if point["group"] == "bystander"]
    assert [(point["at"][:10], point["fully"], point["partly"]) for point in bystanders] == [
        ("2015-01-01", 1, 1),
        ("2015-01-02", 2, 1),
        ("2015-01-04", 1, 0),  # a shrunken snapshot alone ends nothing
    ]
    assert series["denominators"] == {"bystander": 4, "target": 2, "parked": 1}
    assert "of 4" in question(store, "--over-time", at="2015-01-09").out.decode()
    words = ("--over-time", "--from", "2015-01-03", "--format", "json")
    later = asked(question(store, *words, at="2015-01-09"))["points"]
    assert [(point["at"], point["fully"]) for point in later if point["group"] == "bystander"] == [
        ("2015-01-03T00:00:00Z", 2),  # what stood when it begins
        ("2015-01-04T00:00:00Z", 1),
    ]


def test_a_target_that_no_entry_names_can_be_given(store: Path) -> None:
    answer = asked(question(store, "--target", "School.example", "--format", "json"))
    assert hit(answer)["target", "fully"] == 3
    assert answer["targets_given"] == ["school.example"]
    for written in ("a b", "149.154.167.99"):
        words = ("collateral", DUMP, "--store", store, "--target", written)
        assert "not a name" in refused(2, *words)


@pytest.mark.parametrize("command", ["collateral", "cotenants", "dead", "extent", "impact"])
def test_fewer_lines_than_none_cannot_be_asked_for(command: str, store: Path) -> None:
    spans = ("--from", "2018-01-01") if command == "impact" else ()
    done = inside(command, DUMP, *spans, "--store", store, "--top", "-1")
    assert done.code == 2
    assert "--top" in done.err


def test_a_split_by_holder_says_who_says_so(store: Path) -> None:
    answer = asked(question(store, "--by", "country", "--format", "json"))
    assert answer["split_from"].startswith("geoip2fast_bundle of ")
    assert sum(one["count"] for one in answer["split"]) == answer["totals"]["names"]
    assert "bystanders by country" in question(store, "--by", "country").out.decode()


def test_rules_are_shown_of_all_groups(store: Path) -> None:
    printed = question(store, "--by", "rule").out.decode()
    assert "names by rule" in printed
    for rule in ("bystander", "named_domain", "dead_nxdomain"):
        assert f"\n{rule} " in printed


def test_a_split_that_no_list_can_tell_says_what_to_ingest(store: Path) -> None:
    words = ("collateral", DUMP, "--store", store, "--at", "2015-01-02")
    assert "citizenlab_lists" in refused(2, *words, "--by", "sector")
    assert "tranco" in refused(2, *words, "--by", "popularity")


def test_a_file_and_a_pipe_need_no_observatory(register: Path, tmp_path: Path) -> None:
    words = (
        "collateral",
        register,
        "--names",
        "-",
        "--store",
        tmp_path / "none",
        "--format",
        "json",
    )
    answer = asked(inside(*words, stdin=CSV))
    assert hit(answer) == {("bystander", "fully"): 1, ("bystander", "not"): 1}
    assert answer["names"]["source"] == "stdin"
    assert answer["names"]["age"] is None


@pytest.mark.parametrize(
    ("written", "n_hit"),
    [
        (b"93.184.216.1\n93.184.217.50\n", 1),
        (b"museum.example 93.184.216.1\n", 1),
        (b"93.184.218.7,school.example\n", 1),
        (b"2606:2800::1\n", 0),
    ],
)
def test_a_plain_list_is_first_class(
    written: bytes, n_hit: int, register: Path, tmp_path: Path
) -> None:
    words = ("collateral", register, "--names", "-", "--store", tmp_path, "--format", "json")
    answer = asked(inside(*words, stdin=written))
    assert answer["totals"]["bystanders_hit"] == n_hit


def test_names_without_addresses_have_to_be_resolved_first(register: Path) -> None:
    words = ("collateral", register, "--names", "-")
    complaint = refused(2, *words, stdin=b"museum.example\nbank.example\n")
    assert "2 names and no address" in complaint
    assert "overblock resolve" in complaint
    assert "1 name and no address" in refused(2, *words, stdin=b"museum.example\n")


def test_one_name_is_one_name(register: Path, tmp_path: Path) -> None:
    words = ("collateral", register, "--names", "-", "--store", tmp_path)
    out = inside(*words, stdin=b"museum.example 8.0.0.1\n").out.decode()
    assert "1 name with 1 address, by stdin" in out


def test_the_headline_says_of_how_many_nothing_is_known(register: Path, tmp_path: Path) -> None:
    words = ("collateral", register, "--names", "-", "--store", tmp_path)
    told = inside(*words, stdin=b"a.example 8.0.0.1\nb.example\nc.example\n").out.decode()
    assert "of 3 bystanders are hit" in told
    assert "; of 2 no address is known" in told


def test_without_any_names_one_line_says_what_to_do(register: Path, tmp_path: Path) -> None:
    complaint = refused(2, "collateral", register, "--store", tmp_path / "none")
    assert "no resolutions at hand" in complaint
    assert "--names FILE" in complaint


def test_rubbish_is_no_list_of_names(register: Path) -> None:
    words = ("collateral", register, "--names", "-")
    refused(3, *words, stdin=b"<html><body>Not Found</body></html>\n")
    assert refused(3, *words, stdin=b"a,b\n1,2\n").startswith("overblock: stdin: no source")
    assert refused(3, *words) == "overblock: stdin: it is empty"


def test_what_is_piped_is_asked_for_once(register: Path, store: Path) -> None:
    assert "stdin" in refused(2, "collateral", "-", "--names", "-")
    for words in (
        ("cotenants", "-", "--names", "-"),
        ("watch", "-", "-", "--store", store),
        ("watch", register, "-", "--candidates", "-", "--store", store),
    ):
        done = inside(*words, stdin=b"93.184.216.1\n")
        assert (done.code, "stdin" in done.err) == (2, True), done


def test_a_file_has_no_history(register: Path) -> None:
    words = ("collateral", register, "--names", "-", "--over-time")
    assert "no history" in refused(2, *words, stdin=CSV)


def test_what_another_entry_still_lists_is_not_told_as_lost(tmp_path: Path) -> None:
    """The same figure as `extent` gives, which pages show side by side."""
    both = [line("93.184.218.0/24"), line("93.184.218.0/25", decision="2"), line("93.184.216.1")]
    store = Store.create(tmp_path / "observatory")
    later = START + 40 * DAY
    for name, content in (("a", dump(START, both)), ("b", dump(later, both[:1], ended=False))):
        (tmp_path / f"{name}.csv").write_bytes(content)
        ingest(store, [tmp_path / f"{name}.csv"])
    keep(store, NAMES, "names_csv@2015-01-02")
    at = f"{later + HOUR:%Y-%m-%dT%H:%M}"
    words = (DUMP, "--at", at, "--store", store.root, "--format", "json")
    told = [
        asked(inside(command, *words))["unconfirmed_ipv4"] for command in ("collateral", "extent")
    ]
    assert told == [1, 1]
