"""Connections to DuckDB are used again, one question at a time."""

from pathlib import Path
from threading import Barrier, Thread

import duckdb
import polars as pl
import pytest

from overblock.reports.checks import connections
from overblock.reports.checks.check import check
from overblock.reports.checks.connections import connected
from overblock.tables import GAPS
from register_worlds import HOUR, START, dump, ingest, line, observatory

HERE, OTHER = line("192.0.2.1"), line("192.0.2.2", decision="2")


@pytest.fixture(autouse=True)
def idle(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """None are at hand at first."""
    held: list[object] = []
    monkeypatch.setattr(connections, "_IDLE", held)
    return held


def test_a_connection_is_used_again_and_never_by_two_at_once(
    idle: list[object],
) -> None:
    with connected() as one, connected() as other:
        assert one is not other
    with connected() as again:
        assert again in (one, other)
    assert len(idle) == connections.MOST_IDLE


def test_after_a_failure_a_connection_is_not_used_again() -> None:
    with pytest.raises(duckdb.ParserException), connected() as broken:
        broken.execute("no statement")
    with connected() as other:
        assert other is not broken
        assert other.execute("SELECT 1").fetchall() == [(1,)]
    with pytest.raises(duckdb.ConnectionException):
        broken.execute("SELECT 1")


def test_what_one_question_names_no_other_sees(tmp_path: Path) -> None:
    """Both lay out another file under the same name, and ask when the other has done so, too."""
    both, found = Barrier(2), {}

    def ask(number: int) -> None:
        """Lay out, wait, ask."""
        path = tmp_path / f"{number}.parquet"
        pl.DataFrame({"number": [number]}).write_parquet(path)
        with connected() as connection:
            connection.read_parquet(str(path)).create_view("listings", replace=True)
            both.wait(timeout=30)
            found[number] = connection.execute("SELECT number FROM listings").fetchall()

    for _ in range(3):
        threads = [Thread(target=ask, args=(number,)) for number in (1, 2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == {1: [(1,)], 2: [(2,)]}


def test_a_register_with_silences_is_asked_after_one_without(tmp_path: Path) -> None:
    """What a register lacks leaves nothing behind that hides what the next one has."""
    answers: list[bool | None] = []
    for days in (1, 30, 1, 30):  # a silence of a month makes a gap
        folder = tmp_path / str(len(answers))
        folder.mkdir()
        made = observatory(folder / "observatory")
        for number, lines in ((0, [HERE, OTHER]), (days, [OTHER])):
            path = folder / f"{number}.csv"
            path.write_bytes(dump(START + number * 24 * HOUR, lines, ended=not number))
            ingest(made, [path])
        view, at = made.view(), START + (days + 1) * 24 * HOUR
        assert bool(view.partitions(GAPS)) == (days > 1)
        (told,) = check(view, ["192.0.2.1"], at)
        answers.append(told.listed)
    assert answers == [True, None, True, None]
