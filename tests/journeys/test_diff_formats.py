"""Each format of `diff` tells the same decisions, and all of them."""

import csv
import io
import json
from pathlib import Path

import polars as pl

from register_worlds import HOUR, START, dump, ingest, line, observatory
from running import inside

MANY = 120
LINES = [line(f"192.0.2.{n}", decision=f"2-{n}/2014") for n in range(MANY)]
KEPT = [line(f"198.51.100.{n}", decision="9") for n in range(200)]


def test_a_change_of_many_decisions_is_told_whole_in_each_format(tmp_path: Path) -> None:
    store = observatory(tmp_path / "o")
    for hour, lines in enumerate([[*KEPT, *LINES[:60]], [*KEPT, *LINES[60:]]]):
        (tmp_path / f"{hour}.csv").write_bytes(dump(START + hour * HOUR, lines))
        ingest(store, [tmp_path / f"{hour}.csv"])
    asked = ("diff", "ru_zapret_csv", "--store", tmp_path / "o")
    span = ("--from", f"{START:%Y-%m-%dT%H:%M}", "--to", f"{START + HOUR:%Y-%m-%dT%H:%M}")
    told = {
        form: inside(*asked, *span, "--format", form).out for form in ("json", "csv", "parquet")
    }
    answer = json.loads(told["json"])
    sides = {side: answer[side]["groups"] for side in ("added", "removed")}
    assert {side: len(groups) for side, groups in sides.items()} == {"added": 60, "removed": 60}
    whole = {(side, group["decision"]) for side, groups in sides.items() for group in groups}
    flat = csv.DictReader(io.StringIO(told["csv"].decode()))
    assert {(row["change"], row["decision"]) for row in flat} == whole
    frame = pl.read_parquet(io.BytesIO(told["parquet"]))
    assert set(frame.select("change", "decision").rows()) == whole
    table = inside(*asked, *span).out.decode()
    assert table.count("… and 48 more decisions (--format csv has all)") == 2
