"""A register's lines: what its page says of its snapshots."""

from pathlib import Path

import polars as pl

from overblock.reports.registers.lines import register_lines
from overblock.tables import SNAPSHOTS
from register_worlds import DUMP, HOUR, START, dump, ingest, line, observatory


def test_a_state_that_came_again_is_counted_and_flagged_as_the_sources_say(tmp_path: Path) -> None:
    """The page of a register said one snapshot less than the list of the sources did."""
    store = observatory(tmp_path / "observatory")
    for hour in range(2):
        path = tmp_path / f"{hour}.csv"
        path.write_bytes(dump(START + hour * HOUR, [line("192.0.2.1"), line(f"192.0.2.{hour}")]))
        ingest(store, [path])
    taken = store.view().read(SNAPSHOTS, DUMP).sort("ordered_at")
    again = taken.head(1).with_columns(
        ordered_at=taken["ordered_at"].last(), flags=pl.lit(["duplicate", "out_of_order"])
    )
    with store.writing("test") as writer:
        writer.append(SNAPSHOTS, DUMP, again)
        writer.publish()
    view = store.view()
    told = register_lines(view, DUMP, "all")
    assert told.snapshots == 3
    assert [one.flags for one in told.flagged] == [["duplicate", "out_of_order"]]
    assert told.digest == taken["digest"].last()
