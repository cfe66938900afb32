"""`sources` tells the same of a register that was silent in each format."""

import csv
import io
import json
from pathlib import Path

import polars as pl

from register_worlds import DUMP, HOUR, SPEAKS, START, register_with_a_silence
from running import inside


def test_a_silence_is_told_in_each_format(tmp_path: Path) -> None:
    store = register_with_a_silence(tmp_path).root
    told = {
        form: inside("sources", "--store", store, "--format", form)
        for form in ("table", "json", "csv", "parquet")
    }
    assert [done.code for done in told.values()] == [0] * 4, told
    (answer,) = [one for one in json.loads(told["json"].out) if one["name"] == DUMP]
    assert answer["gaps"] == 1
    silence = f"{START + 3 * HOUR:%Y-%m-%dT%H:%M:%SZ}", f"{SPEAKS:%Y-%m-%dT%H:%M:%SZ}"
    assert tuple(answer["last_gap"].values()) == silence
    rows = list(csv.DictReader(io.StringIO(told["csv"].out.decode())))
    frame = pl.read_parquet(io.BytesIO(told["parquet"].out))
    assert list(rows[0]) == frame.columns == list(answer)
    (row,) = [one for one in rows if one["name"] == DUMP]
    (flat,) = frame.filter(pl.col("name") == DUMP).to_dicts()
    assert row["last_gap"] == flat["last_gap"] == "/".join(silence)
    assert row["snapshots"] == str(flat["snapshots"]) == str(answer["snapshots"])
    assert len(rows) == len(frame) == len(json.loads(told["json"].out))
