"""Names on their way into an observatory: dated, counted once, and atomic."""

import gzip
import json
import os
import re
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from overblock.pipeline import naming
from overblock.pipeline.ingest import Ingest
from overblock.reports.names.at_hand import categories_for, names_for, ranks_for
from overblock.sources import find_source
from overblock.sources._own_names import ADDRESS, CHAIN, MOMENT, NAME, SIGN, VANTAGE
from overblock.store import Store, View
from overblock.tables import (
    NAME_RANKS,
    NAME_REJECTS,
    NAME_SIGNS,
    OBSERVATIONS,
    RESOLUTIONS,
    SNAPSHOTS,
)
from running import inside
from shared_data import ROOT
from source_cases import CASES

NOW = datetime(2018, 4, 20, tzinfo=UTC)
CSV = b"""name,address,seen_at,title
shop.example,93.184.216.34,2018-04-15T21:00:00Z,Shop
museum.example,151.101.1.69,2018-04-16T21:00:00Z,
bad name,151.101.1.69,2018-04-16T21:00:00Z,
"""


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return Store.create(tmp_path / "store").root  # `init` would bring a table of holders with it


def ingest(store: Path, source: str, *paths: Path | str, stdin: bytes = b"") -> str:
    done = inside("ingest", source, *paths, "--store", store, stdin=stdin)
    assert done.code == 0, done.err
    return done.err


def view(store: Path) -> View:
    return Store.open(store).view()


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_a_file_stands_under_the_day_of_its_newest_resolution(store: Path, tmp_path: Path) -> None:
    told = ingest(store, "names_csv", write(tmp_path / "own.csv", CSV))
    assert "1 snapshot added, 1 value rejected" in told
    (partition,) = view(store).partitions(RESOLUTIONS)
    assert partition == "names_csv@2018-04-16"
    rows = view(store).read(RESOLUTIONS, partition)
    assert rows["name"].to_list() == ["museum.example", "shop.example"]
    assert view(store).read(NAME_SIGNS, partition)["value"].to_list() == ["Shop"]
    (reject,) = view(store).read(NAME_REJECTS, partition).rows(named=True)
    (snapshot,) = view(store).read(SNAPSHOTS, "names_csv").rows(named=True)
    assert (reject["digest"], reject["record"]) == (snapshot["artefact"], 4)
    assert (snapshot["n_records"], snapshot["n_rejects"], snapshot["flags"]) == (2, 1, [])
    assert Store.open(store).raw(snapshot["artefact"]) == CSV


def test_what_was_read_before_changes_nothing(store: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "own.csv", CSV)
    ingest(store, "names_csv", path)
    before = view(store).parts
    assert "1 had been read before" in ingest(store, "names_csv", path)
    assert view(store).parts == before


def test_the_same_names_packed_otherwise_are_not_counted_twice(store: Path, tmp_path: Path) -> None:
    ingest(store, "names_csv", write(tmp_path / "own.csv", CSV))
    ingest(store, "names_csv", write(tmp_path / "own.csv.gz", gzip.compress(CSV)))
    assert len(view(store).read(RESOLUTIONS, "names_csv@2018-04-16")) == 2
    assert len(view(store).read(SNAPSHOTS, "names_csv")) == 2


def test_files_of_one_day_stand_side_by_side(store: Path, tmp_path: Path) -> None:
    paths = [
        write(tmp_path / f"{number}.csv", CSV.replace(b"shop.", b"shop%d." % number))
        for number in range(3)
    ]
    ingest(store, "names_csv", *paths)
    rows = view(store).read(RESOLUTIONS, "names_csv@2018-04-16")
    assert rows["name"].n_unique() == 4


def test_a_large_file_is_kept_in_parts_each_in_the_order_of_names(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(naming, "PART_ROWS", 100)
    monkeypatch.setattr("overblock.sources._lines.BLOCK_BYTES", 700)
    lines = [f"host{number * 7 % 1000}.example 93.184.216.34\n" for number in range(1000)]
    path = write(tmp_path / "names-20180416.txt", "".join(lines).encode())
    ingest(store, "names_list", path)
    parts = list(view(store).read_parts(RESOLUTIONS, "names_list@2018-04-16"))
    assert len(parts) > 5
    assert all(part["name"].is_sorted() for part in parts)
    assert sorted(record for part in parts for record in part["record"]) == list(range(1, 1001))
    traced = view(store).facts["name_parts"]["names_list@2018-04-16"]
    assert set(traced) == {
        path.stem for path in view(store).paths(RESOLUTIONS, "names_list@2018-04-16")
    }


def test_a_file_that_is_none_leaves_nothing_behind(store: Path, tmp_path: Path) -> None:
    page = write(tmp_path / "page.csv", b"<html>502</html>")
    done = inside("ingest", "names_csv", page, "--store", store)
    assert (done.code, "a web page" in done.err) == (3, True)
    cut = gzip.compress(CSV * 1000)
    broken = write(tmp_path / "b.csv.gz", cut[:40] + b"\0\0\0\0" + cut[44:])
    assert inside("ingest", "names_csv", broken, "--store", store).code == 3
    assert view(store).partitions(RESOLUTIONS) == []
    assert view(store).partitions(NAME_REJECTS) == []


def test_a_cut_file_is_kept_and_flagged(store: Path, tmp_path: Path) -> None:
    lines = b"".join(b"host%d.example,93.184.216.34,,\n" % n for n in range(20_000))
    packed = gzip.compress(CSV + lines)
    told = ingest(store, "names_csv", write(tmp_path / "c.csv.gz", packed[: len(packed) // 2]))
    assert "1 flagged" in told
    assert view(store).read(SNAPSHOTS, "names_csv")["flags"].to_list() == [["cut"]]


def test_a_pipe_of_plain_names_is_taken(store: Path) -> None:
    ingest(store, "names_list", "-", stdin=b"shop.example 93.184.216.34\nmuseum.example\n")
    (partition,) = view(store).partitions(RESOLUTIONS)
    outcomes = view(store).read(RESOLUTIONS, partition)["outcome"].to_list()
    assert outcomes == ["unasked", "address"]


def test_sources_tell_of_names_and_a_table_of_names_is_no_register(
    store: Path, tmp_path: Path
) -> None:
    ingest(store, "names_csv", write(tmp_path / "own.csv", CSV))
    listed = json.loads(inside("sources", "--store", store, "--format", "json").out)
    (told,) = [source for source in listed if source["name"] == "names_csv"]
    assert (told["fills"], told["records"]) == ("resolutions", 2)
    assert told["newest_at"] == "2018-04-16T21:00:00Z"
    assert told["health"] == "dated; the nearest in time is used"
    assert inside("extent", "names_csv", "--store", store).code == 2


def test_the_newest_names_before_a_moment_answer_for_it(store: Path, tmp_path: Path) -> None:
    for day in (b"01", b"16", b"28"):
        body = CSV.replace(b"04-16", b"04-" + day).replace(b"04-15", b"04-01")
        ingest(store, "names_csv", write(tmp_path / "own.csv", body))
    other = CSV.replace(b"2018", b"2017")
    ingest(store, "names_jsonl", "-", stdin=b'{"name":"a.example","seen_at":"2018-04-10"}\n')
    ingest(store, "names_csv", write(tmp_path / "old.csv", other))

    def chosen(*day: int) -> list[str]:
        return [table.name for table in names_for(view(store), datetime(*day, tzinfo=UTC))]  # type: ignore[misc,arg-type]  # a day is three numbers

    assert chosen(2018, 4, 20) == ["names_csv@2018-04-16", "names_jsonl@2018-04-10"]
    assert chosen(2018, 4, 28) == ["names_csv@2018-04-28", "names_jsonl@2018-04-10"]
    assert chosen(2018, 4, 5) == ["names_csv@2018-04-01"]
    assert chosen(2012, 1, 1) == ["names_csv@2017-04-16"]
    assert chosen(2026, 1, 1) == ["names_csv@2018-04-28"]
    (table,) = names_for(view(store), datetime(2018, 5, 8, tzinfo=UTC), timedelta(days=10))
    assert (table.age(datetime(2018, 5, 8, tzinfo=UTC)), table.n_rejects()) == (
        timedelta(days=10),
        1,
    )
    assert [len(frame) for frame in table.batches()] == [2]
    assert names_for(None, datetime(2018, 5, 8, tzinfo=UTC)) == []


def test_ranks_and_categories_stand_under_the_day_in_the_name(store: Path, tmp_path: Path) -> None:
    ranks = b"".join(b"%d,host%d.example\n" % (n, n) for n in range(1, 2001))
    ingest(store, "tranco", write(tmp_path / "tranco_ABCD-2018-04-16.csv", ranks))
    again = ranks.replace(b"2000,host2000", b"2000,last")
    ingest(store, "tranco", write(tmp_path / "top-1m-2018-04-16.csv.gz", gzip.compress(again)))
    (sample,) = (CASES / "citizenlab_lists").glob("sample*")
    ingest(store, "citizenlab_lists", write(tmp_path / "global-20180401.csv", sample.read_bytes()))
    at = datetime(2018, 4, 20, tzinfo=UTC)
    (listed,) = ranks_for(view(store), at)
    assert (listed.name, len(listed.rows)) == ("tranco@2018-04-16", 2000)
    assert "last.example" in listed.rows["name"]
    (categories,) = categories_for(view(store), at)
    assert categories.name == "citizenlab_lists@2018-04-01"
    assert {"retail", "news"} <= set(categories.rows["sector"])


def test_an_archive_dates_the_list_in_it_by_its_name_or_else_by_its_time(
    store: Path, tmp_path: Path
) -> None:
    ranks = b"".join(b"%d,host%d.example\n" % (n, n) for n in range(1, 201))
    for name in ("tranco_ABCD-2018-04-16.zip", "top-1m.csv.zip"):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("top-1m.csv", ranks)
        ranks += b"201,last.example\n"
    os.utime(tmp_path / "top-1m.csv.zip", (NOW.timestamp(), NOW.timestamp()))
    ingest(store, "tranco", *sorted(tmp_path.glob("*.zip")))
    assert view(store).partitions(NAME_RANKS) == ["tranco@2018-04-16", "tranco@2018-04-20"]


def test_a_list_of_ranks_that_is_far_too_short_is_refused(store: Path) -> None:
    done = inside("ingest", "tranco", "-", "--store", store, stdin=b"1,shop.example\n")
    assert (done.code, "1 rows, fewer than 100" in done.err) == (3, True)


def test_the_page_about_names_shows_what_happens(store: Path, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "howto" / "ingest-names.md").read_text("utf-8")
    body, told = re.findall(r"^```(?:csv|text)\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    path = write(tmp_path / "names.csv", body.encode())
    assert ingest(store, "names_csv", path) == told
    rows = view(store).read(RESOLUTIONS, "names_csv@2018-04-16")
    assert "xn--e1afmkfd.xn--p1ai" in rows["name"]
    assert rows.filter(rows["name"] == "blocked.example")["answer"].to_list() == ["127.0.0.1"]


def test_what_controls_of_measurements_saw_counts_and_what_probes_saw_does_not(store: Path) -> None:
    seen_at = datetime(2018, 4, 16, 21, tzinfo=UTC)
    facts = [
        {"number": 0, "vantage": "control", "host": "shop.example", "address": "93.184.216.34"},
        {"number": 1, "vantage": "probe", "host": "shop.example", "address": "151.101.1.69"},
        {
            "number": 2,
            "vantage": "control",
            "host": "gone.example",
            "failure": "dns_nxdomain_error",
        },
    ]
    common = {"measurement_uid": "a", "layer": "dns", "observed_at": seen_at}
    frame = pl.DataFrame(
        [
            common | {"failure_class": "nxdomain" if "failure" in fact else None} | fact
            for fact in facts
        ],
        schema=OBSERVATIONS.schema(),
    )
    with Store.open(store).writing("test") as writer:
        writer.append(OBSERVATIONS, "2018-04-16", frame)
        writer.append(OBSERVATIONS, "undated", frame)
        writer.publish()
    (table,) = names_for(view(store), datetime(2018, 4, 20, tzinfo=UTC))
    (rows,) = table.batches()
    assert table.name == "observations@2018-04-16"
    assert rows.select("name", "ipv4", "outcome", "vantage").rows() == [
        ("shop.example", 1572395042, "address", "control"),
        ("gone.example", None, "nxdomain", "control"),
    ]
    assert names_for(view(store), datetime(2020, 1, 1, tzinfo=UTC)) == []


def test_what_was_kept_stays_whatever_comes_after_it(store: Path, tmp_path: Path) -> None:
    good = write(tmp_path / "a.csv", CSV)
    strange = write(tmp_path / "b.7z", b"7z\xbc\xaf\x27\x1c")
    done = inside("ingest", "names_csv", good, strange, "--store", store)
    assert (done.code, "7z is not opened here" in done.err) == (3, True)
    assert view(store).partitions(RESOLUTIONS) == ["names_csv@2018-04-16"]


def test_a_call_that_is_stopped_goes_on_with_the_next_file(store: Path, tmp_path: Path) -> None:
    paths = [
        write(tmp_path / f"{name}.csv", CSV.replace(b"shop", name.encode())) for name in ("a", "b")
    ]

    def stop_at_the_second(n_files: int, _bytes: int, _all: int | None) -> None:
        if n_files:
            raise KeyboardInterrupt

    opened, source = Store.open(store), find_source("names_csv")
    ingest_two = Ingest(store=opened, source=source, now=NOW, watch=stop_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        ingest_two.run([str(path) for path in paths])
    assert view(store).partitions(RESOLUTIONS) == []
    told = ingest(store, "names_csv", *paths)
    assert "1 snapshot added, 1 had been read before" in told
    rows = view(store).read(RESOLUTIONS, "names_csv@2018-04-16")
    assert sorted(rows["name"].unique()) == ["a.example", "b.example", "museum.example"]


def test_aliases_are_followed_across_the_parts_of_a_file(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(naming, "PART_ROWS", 3)
    monkeypatch.setattr("overblock.sources._lines.BLOCK_BYTES", 100)
    lines = [
        '{"timestamp":"1523976325","name":"www%d.example","type":"cname","value":"lb%d.example"}',
        '{"timestamp":"1523976325","name":"x%d.example","type":"cname","value":"gone%d.example"}',
        '{"timestamp":"1523976326","name":"lb%d.example","type":"a","value":"93.184.216.%d"}',
    ]
    text = "\n".join(line % (n, n) for line in lines for n in range(10))
    ingest(store, "rapid7_fdns", write(tmp_path / "fdns.json", text.encode()))
    assert view(store).partitions(RESOLUTIONS) == ["rapid7_fdns@2018-04-17"]
    rows = view(store).read(RESOLUTIONS, "rapid7_fdns@2018-04-17")
    assert rows["outcome"].value_counts(sort=True).rows() == [("address", 20), ("alias", 10)]
    (row,) = rows.filter(rows["name"] == "www7.example").rows(named=True)
    assert (row["record"], row["chain"], row["ipv4"]) == (8, ["lb7.example"], 0x5DB8D807)
    traced = view(store).facts["name_parts"]["rapid7_fdns@2018-04-17"]
    paths = view(store).paths(RESOLUTIONS, "rapid7_fdns@2018-04-17")
    assert set(traced) == {path.stem for path in paths}


def test_the_page_about_names_lists_what_columns_may_be_called() -> None:
    page = (ROOT / "docs" / "howto" / "ingest-names.md").read_text("utf-8")
    listed = set(re.findall(r"`(\w+)`", page[page.index("| the name |") : page.index("Files may")]))
    assert listed == {*NAME, *ADDRESS, *MOMENT, *VANTAGE, *CHAIN, *SIGN, "outcome"}
