"""``overblock events`` over tables, over files of measurements and over an observatory."""

import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from event_worlds import FIRST, Stretch, series_of
from overblock.store import Store
from overblock.tables import MEASUREMENTS, SERIES, VERDICTS
from running import Done, inside, refused
from shared_data import shared

PAGE, STEERING = "https://a.example/", "https://b.example/\x1b[1m"
FINE, BLOCKED = Stretch(72, 5, 0), Stretch(72, 0, 5)
MADE = pl.concat(
    [
        series_of({1: [FINE, BLOCKED], 2: [FINE, BLOCKED], 3: [FINE, FINE]}, PAGE),
        series_of({1: [FINE, FINE, Stretch(30, 0, 0), FINE]}, STEERING),
    ]
)


def verdicts_of(series: pl.DataFrame) -> pl.DataFrame:
    """A verdict a count, within its hour."""
    counts = series.unpivot(
        on=["n_ok", "n_blocked"], index=["bucket_at", "probe_asn", "target"], variable_name="state"
    )
    rows = counts.select(
        pl.all().exclude("value").repeat_by("value").list.explode(empty_as_null=False)
    ).with_row_index("record")
    return rows.select(
        measurement_uid=pl.col("record").cast(pl.String),
        file=pl.lit("made.jsonl"),
        record="record",
        test=pl.lit("web_connectivity"),
        started_at="bucket_at",
        probe_cc=pl.lit("RU"),
        probe_asn="probe_asn",
        target="target",
        feature=pl.lit("all"),
        layer=pl.lit("all"),
        state=pl.col("state").str.strip_prefix("n_"),
    )


def whole_table(rows: pl.DataFrame) -> pl.DataFrame:
    kinds = VERDICTS.schema()
    empty: dict[str, Any] = {"rule_id": "made", "evidence": [], "blocked": "unknown"} | {
        "confidence": 1.0
    }
    lacking = {name: pl.lit(empty.get(name), kinds[name]) for name in kinds}
    return rows.with_columns(
        **{name: value for name, value in lacking.items() if name not in rows.columns}
    ).select(pl.col(name).cast(kind) for name, kind in kinds.items())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("events")
    MADE.write_parquet(made / "series.parquet")
    MADE.write_csv(made / "series.csv")
    verdicts = verdicts_of(MADE)
    verdicts.write_parquet(made / "verdicts.parquet")
    parts = verdicts.with_columns(feature=pl.lit(None, pl.String)).drop("file")
    text = pl.col("started_at").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    parts.with_columns(text).write_csv(made / "wholes.csv")
    store = Store.create(made / "observatory")
    told = pl.DataFrame(
        [dict.fromkeys(MEASUREMENTS.schema()) | {"measurement_uid": uid, "flags": []}
         | dict.fromkeys(("artefact", "file", "digest", "test"), "made") | {"record": 1}
         for uid in verdicts["measurement_uid"]],
        schema=MEASUREMENTS.schema(),
    )  # fmt: skip
    with store.writing("made") as writer:
        whole = whole_table(verdicts).with_columns(day=pl.col("started_at").dt.strftime("%Y-%m-%d"))
        for (day,), rows in whole.group_by("day"):
            held = told.join(rows, on="measurement_uid", how="semi")
            writer.append(VERDICTS, str(day), rows.drop("day"))
            writer.append(MEASUREMENTS, str(day), held)
        writer.publish()
    return made


def answer(done: Done) -> dict[str, Any]:
    assert done.code == 0, done
    told: dict[str, Any] = json.loads(done.out)
    return told


@pytest.mark.parametrize(
    "name", ["series.parquet", "series.csv", "verdicts.parquet", "wholes.csv", "observatory"]
)
def test_events_are_the_same_from_wherever_they_come(folder: Path, name: str) -> None:
    words = ["--store", folder / name] if name == "observatory" else [folder / name]
    told = answer(inside("events", *words, "--format", "json"))
    found = [(row["level"], row["change"], row["probe_asn"], row["at"]) for row in told["rows"]]
    at = "2026-03-05T00:00:00Z"
    assert sorted(found, key=str) == [
        ("country", "onset", None, at),
        ("network", "onset", 1, at),
        ("network", "onset", 2, at),
    ]
    assert len({row["group_id"] for row in told["rows"]}) == 1
    assert (told["n_series"], told["n_networks"], told["n_judged"]) == (4, 3, 5 * 144 * 3 + 5 * 216)
    assert told["n_failing"] == 5 * 72 * 2


@pytest.mark.parametrize("name", ["series.parquet", "series.csv", "verdicts.parquet", "wholes.csv"])
def test_a_table_may_come_through_a_pipe(folder: Path, name: str) -> None:
    words = ("--format", "json")
    piped = inside("events", "-", *words, stdin=(folder / name).read_bytes())
    assert answer(piped) == answer(inside("events", folder / name, *words))


def test_a_pipe_and_a_file_are_read_together(folder: Path) -> None:
    both = ("-", folder / "wholes.csv", "--format", "json")
    piped = inside("events", *both, stdin=(folder / "verdicts.parquet").read_bytes())
    assert answer(piped)["n_judged"] == 5 * 144 * 3 + 5 * 216


def test_measurements_may_still_come_through_a_pipe() -> None:
    done = inside("events", "-", stdin=b'{"measurement_uid": "bucket_at"}\n')
    assert done.code == 0
    assert "lines that hold no measurement" in done.err


@pytest.mark.parametrize("content", [b"PAR1 and no more", b"measurement_uid,x\n1,2\n"])
def test_what_is_no_table_is_refused_in_a_pipe_too(content: bytes) -> None:
    assert refused(3, "events", "-", stdin=content).startswith("overblock: stdin is ")


def test_a_selection_leaves_the_rest_out(folder: Path) -> None:
    path = folder / "verdicts.parquet"
    told = answer(inside("events", path, "--asn", "2", "--probe-cc", "ru", "--format", "json"))
    assert [row["probe_asn"] for row in told["rows"]] == [2]
    assert told["n_series"] == 1
    assert answer(inside("events", path, "--target", "x", "--format", "json"))["n_judged"] == 0


@pytest.mark.parametrize("asked", ["HTTPS://A.example/", "a.example", "A.Example."])
@pytest.mark.parametrize("where", ["file", "store"])
def test_a_page_is_asked_for_in_any_spelling_and_a_host_for_all_its_pages(
    folder: Path, asked: str, where: str
) -> None:
    words = ("--target", asked, "--test", "webconnectivity", "--format", "json")
    store = ("--store", folder / "observatory")
    place = (folder / "series.csv",) if where == "file" else store
    assert answer(inside("events", *place, *words))["n_series"] == 3


def test_what_two_tables_of_verdicts_hold_counts_once(folder: Path) -> None:
    both = (folder / "verdicts.parquet", folder / "wholes.csv")
    told = answer(inside("events", *both, "--format", "json"))
    assert told["n_judged"] == 5 * 144 * 3 + 5 * 216


def test_a_table_of_verdicts_says_the_same_as_its_measurements(lines: Path) -> None:
    """Also of a probe whose clock is years ahead: it counts when it came in."""
    ahead = lines.with_name("ahead.jsonl")
    text = lines.read_text("utf-8").replace(".0_RU", ".000000_RU")
    ahead.write_text(text.replace('"2026-03-02 10:20:00"', '"2099-01-01 00:00:00"'), "utf-8")
    table = lines.with_name("ahead.csv")
    table.write_bytes(inside("verdicts", ahead, "--layers", "--format", "csv").out)
    told = [answer(inside("events", path, "--format", "json")) for path in (ahead, table)]
    both = answer(inside("events", ahead, table, "--format", "json"))
    assert told[0]["begins"] == told[0]["ends"] == "2026-03-02T10:00:00Z"
    assert told[0] == told[1] == both


def test_no_event_still_has_its_columns(folder: Path) -> None:
    words = ("events", folder / "series.csv", "--target", STEERING, "--format")
    assert inside(*words, "csv").out.decode().splitlines()[0].startswith("event_id,group_id,level")
    empty = pl.read_parquet(io.BytesIO(inside(*words, "parquet").out))
    some = inside("events", folder / "series.csv", "--format", "parquet").out
    assert empty.schema == pl.read_parquet(io.BytesIO(some)).schema
    assert empty.schema["at"] == pl.Datetime("us", "UTC")
    told = inside("events", "--addresses", "--store", folder / "observatory", "--format", "csv")
    assert told.out.decode().startswith("probe_cc,probe_asn,address,")


def test_addresses_are_asked_of_measurements_alone(folder: Path, tmp_path: Path) -> None:
    told = refused(2, "events", folder / "verdicts.parquet", "--addresses")
    assert "a table says nothing of addresses" in told
    table = (folder / "series.csv").read_bytes()
    assert "a table says" in refused(2, "events", "-", "--addresses", stdin=table)
    (tmp_path / "x.jsonl").write_text("{nonsense\n", "utf-8")
    done = inside("events", tmp_path / "x.jsonl", "--addresses")
    assert "lines that hold no measurement: bad_json 1" in done.err


def test_a_time_that_ends_before_it_begins_is_refused(folder: Path) -> None:
    words = ("--since", "2026-03-05", "--until", "2026-03-01")
    done = inside("events", folder / "series.csv", *words)
    assert done.code == 2
    assert "lies after" in done.err


def test_one_series_is_one_series(folder: Path) -> None:
    out = inside("events", folder / "series.csv", "--target", STEERING).out.decode()
    assert " 1 series in 1 network" in " ".join(out.split())


@pytest.mark.parametrize("where", ["file", "store"])
def test_what_is_usual_is_learned_before_the_moments_that_are_asked_for(
    folder: Path, where: str
) -> None:
    words = (
        [folder / "verdicts.parquet"] if where == "file" else ["--store", folder / "observatory"]
    )
    asked = ("--target", PAGE, "--format", "json")
    told = answer(inside("events", *words, *asked, "--since", "2026-03-04"))
    assert len(told["rows"]) == 3
    told = answer(inside("events", *words, *asked, "--since", "2026-03-07"))
    assert told["rows"] == []
    told = answer(inside("events", *words, *asked, "--until", "2026-03-04"))
    assert told["rows"] == []
    assert told["ends"] == "2026-03-04T23:00:00Z"


def test_a_silence_is_shown(folder: Path) -> None:
    done = inside("events", folder / "series.csv", "--target", STEERING)
    begin = FIRST + timedelta(hours=144)
    assert (
        f"no measurements of web_connectivity in RU from {begin:%Y-%m-%d %H:%M}"
        in done.out.decode()
    )
    assert "no onset and no end" in done.out.decode()


def test_the_table_is_for_people(folder: Path) -> None:
    out = inside("events", folder / "series.parquet").out.decode()
    assert "2026-03-05 00:00" in out
    assert "RU AS1" in out
    assert "0 to 100 %" in out
    assert "-1 h to +1 h" in out
    assert "at most 1 false event is expected in 1,000 days of one series" in out
    assert "\x1b" not in out


def test_days_give_the_same_day(folder: Path) -> None:
    told = answer(inside("events", folder / "series.csv", "--grain", "day", "--format", "json"))
    assert {row["at"] for row in told["rows"]} <= {"2026-03-05T00:00:00Z"}
    assert told["grain"] == "day"


def test_rows_are_csv_and_parquet_too(folder: Path) -> None:
    done = inside("events", folder / "series.csv", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.out.decode())))
    assert [row["change"] for row in rows] == ["onset"] * 3
    done = inside("events", folder / "series.csv", "--format", "parquet")
    assert pl.read_parquet(io.BytesIO(done.out)).height == 3


def test_files_of_measurements_are_judged_on_the_way() -> None:
    told = answer(inside("events", shared("samples", "ooni", "fastpath"), "--format", "json"))
    assert told["n_judged"] + told["n_aside"] > 0


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("lacks.csv", b"a,b\n1,2\n", "neither of series nor of verdicts"),
        ("bad.parquet", b"PAR1 and no more", "is no such table"),
        ("empty.csv", b"", "is no such table"),
    ],
)
def test_what_is_no_table_is_refused_in_a_line(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert said in refused(3, "events", tmp_path / name)


def test_a_table_with_a_value_of_the_wrong_kind_is_refused(tmp_path: Path) -> None:
    SERIES.check(MADE).with_columns(bucket_at=pl.lit("noon")).write_csv(tmp_path / "noon.csv")
    refused(3, "events", tmp_path / "noon.csv")


def test_a_table_that_is_not_there_is_refused(tmp_path: Path) -> None:
    refused(3, "events", tmp_path / "none.parquet")


def measured(number: int, *, failure: str | None, asn: int = 1) -> str:
    """A measurement of a page whose address fails inside, and works at the control."""
    endpoint = "192.0.2.7:443"
    works = {"status": True, "failure": None}
    document: dict[str, Any] = {
        "measurement_uid": f"2026030210{number:04d}.0_RU_webconnectivity_0123456789abcdef",
        "measurement_start_time": "2026-03-02 10:20:00",
        "test_name": "web_connectivity",
        "test_version": "0.5.28",
        "probe_cc": "RU",
        "probe_asn": f"AS{asn}",
        "report_id": f"report{number}",
        "input": "https://a.example/",
        "test_keys": {
            "tcp_connect": [
                {"ip": "192.0.2.7", "port": 443}
                | {"status": {"success": failure is None, "failure": failure}}
            ],
            "control": {"tcp_connect": {endpoint: works}},
        },
    }
    return json.dumps(document)


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("addresses") / "made.jsonl"
    told = [measured(number, failure="generic_timeout_error") for number in range(4)]
    told += [measured(number, failure=None, asn=2) for number in range(4, 8)]
    path.write_text("\n".join([*told, *told]) + "\n", "utf-8")
    return path


def test_an_address_that_fails_in_one_network_only_is_observed_there(lines: Path) -> None:
    told = answer(inside("events", lines, "--addresses", "--format", "json"))
    (row,) = told["rows"]
    assert (row["address"], row["probe_asn"], row["reasons"]) == ("192.0.2.7", 1, ["fails_inside"])
    assert (row["n_inside"], row["n_failed"], row["n_control"]) == (4, 4, 8)  # each counted once
    assert row["blocked_from"] == "2026-03-02T10:00:00Z"
    assert row["blocked_until"] == "2026-03-02T11:00:00Z"
    assert (told["n_ipv4"], told["n_ipv6"], told["n_networks"], told["n_tried"]) == (1, 0, 1, 1)


def test_the_control_speaks_for_a_network_whoever_asked_it(lines: Path) -> None:
    told = answer(inside("events", lines, "--addresses", "--asn", "1", "--format", "json"))
    assert [row["n_control"] for row in told["rows"]] == [8]
    told = answer(inside("events", lines, "--addresses", "--asn", "2", "--format", "json"))
    assert told["rows"] == []


def test_observed_addresses_are_shown_and_none_where_there_are_no_observations(
    folder: Path, lines: Path
) -> None:
    out = inside("events", lines, "--addresses").out.decode()
    assert "addresses observed to be blocked: 1 of IPv4, 0 of IPv6, in 1 network" in out
    assert "4 of 4" in out
    done = inside("events", "--addresses", "--store", folder / "observatory", "--format", "json")
    assert answer(done)["rows"] == []


def test_addresses_are_of_all_targets(lines: Path) -> None:
    done = inside("events", lines, "--addresses", "--target", "x")
    assert done.code == 2
    assert "addresses are of all tests and targets" in done.err


def test_lines_that_hold_no_measurement_are_told(tmp_path: Path) -> None:
    (tmp_path / "junk.jsonl").write_bytes(b"not one\n[]\n")
    done = inside("events", tmp_path / "junk.jsonl")
    assert done.code == 0
    assert "lines that hold no measurement: bad_json 1, not_an_object 1" in done.err


def test_a_report_that_was_sent_twice_counts_once_in_files_as_in_an_observatory(
    tmp_path: Path,
) -> None:
    again = json.loads(measured(1, failure=None)) | {
        "measurement_uid": "20260302110001.0_RU_webconnectivity_0123456789abcdef"
    }
    nameless = [json.loads(measured(number, failure=None)) | {"report_id": ""} for number in (2, 3)]
    told = [measured(1, failure=None), *map(json.dumps, [again, *nameless])]
    path, store = tmp_path / "made.jsonl", tmp_path / "observatory"
    path.write_text("\n".join([*told, told[1]]) + "\n", "utf-8")
    assert inside("init", store).code == 0
    assert inside("measurements", "ingest", path, "--store", store).code == 0
    of_files = answer(inside("events", path, "--format", "json"))
    assert of_files == answer(inside("events", "--store", store, "--format", "json"))
    assert of_files["n_judged"] + of_files["n_aside"] == 3
