"""Neither the order of files nor how many calls bring them changes what an observatory holds."""

import os
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from overblock.store import Store
from overblock.tables import GAPS, LISTINGS, RECORD_REJECTS, RECORDS, SNAPSHOTS
from register_worlds import HOUR, START, dump, ingest, line, rows

LINES = [line(f"192.0.2.{n}") for n in range(8)] + ["no entry", line("", "a.example")]
HOURS = (0, 0, 1, 2, 300)  # twice one moment, and a silence


@st.composite
def dumps(draw: st.DrawFn) -> list[bytes]:
    """A few states, some broken, all different."""
    made = [
        dump(
            START + draw(st.sampled_from(HOURS)) * HOUR,
            draw(st.lists(st.sampled_from(LINES), min_size=1, max_size=8)),
            ended=draw(st.integers(0, 4)) > 0,
        )
        for _ in range(draw(st.integers(1, 5)))
    ]
    return list(dict.fromkeys(made))


def held(folder: Path, name: str, calls: Sequence[Sequence[Path]]) -> list[list[dict[str, Any]]]:
    store = Store.create(folder / name)
    for paths in calls:
        ingest(store, paths)
    return [rows(store, table) for table in (LISTINGS, GAPS, SNAPSHOTS, RECORDS, RECORD_REJECTS)]


@settings(max_examples=12)
@given(dumps(), st.data())
def test_files_in_any_order_over_any_calls_give_the_same(states: list[bytes], data: Any) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        paths = [folder / f"dump-{n}-of.csv" for n in range(len(states))]
        for path, state in zip(paths, states, strict=True):
            path.write_bytes(state)
            os.utime(path, (START.timestamp(), START.timestamp()))
        shuffled = data.draw(st.permutations(paths))
        cuts = sorted(data.draw(st.sets(st.integers(1, len(paths)))) | {0, len(paths)})
        calls = [shuffled[a:b] for a, b in pairwise(cuts)]
        again = [data.draw(st.sampled_from(paths))]
        at_once = held(folder, "one", [paths])
        assert held(folder, "many", [*calls, again]) == at_once
