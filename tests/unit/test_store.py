"""The observatory's folder: what a crash, a second writer or a damaged file leaves of it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread, current_thread
from typing import IO

import polars as pl
import pytest

from overblock import store as store_module
from overblock.durable import put
from overblock.errors import NotAStore, PartGone, StoreBusy, StoreDamaged
from overblock.store import Store
from overblock.tables import GAPS
from register_worlds import HOUR, START

PARTITION = "x"


def gap(hours: int) -> pl.DataFrame:
    row = (PARTITION, START + hours * HOUR, START + (hours + 1) * HOUR)
    return pl.DataFrame([row], schema=GAPS.schema(), orient="row")


def published(folder: Path, *hours: int) -> Store:
    store = Store.create(folder)
    with store.writing("x") as writer:
        for hour in hours:
            writer.append(GAPS, PARTITION, gap(hour))
        writer.publish()
    return store


def seen(store: Store) -> int:
    return len(store.view().read(GAPS, PARTITION))


def files(store: Store) -> set[str]:
    return {path.name for path in store.root.rglob("*") if path.is_file()}


def test_making_an_observatory_twice_keeps_what_it_holds(tmp_path: Path) -> None:
    published(tmp_path, 1, 2)
    assert seen(Store.create(tmp_path)) == 2


def test_making_an_observatory_while_another_does_keeps_what_that_one_reads_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One saw that there is none, and rests; the other makes it and publishes, if it is let."""
    is_writing, go_on = Event(), Event()

    def put_late(path: Path, fill: Callable[[IO[bytes]], object]) -> None:
        if current_thread() is slow:
            is_writing.set()
            go_on.wait()
        put(path, fill)

    monkeypatch.setattr(store_module, "put", put_late)
    slow, other = (
        Thread(target=Store.create, args=[tmp_path]),
        Thread(target=published, args=[tmp_path, 1]),
    )
    slow.start()
    is_writing.wait()
    other.start()
    other.join(0.3)  # it waits, or is done by now
    go_on.set()
    slow.join()
    other.join()
    assert seen(Store.open(tmp_path)) == 1


def test_a_writer_clears_away_what_is_left_and_not_what_another_is_writing(tmp_path: Path) -> None:
    """Stamps come in while registers are read in."""
    store = published(tmp_path, 1)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    folder = tmp_path / "raw" / "ab"
    folder.mkdir(parents=True)
    named = {
        process: folder / f".ab.tsr.{process}.new" for process in (os.getppid(), gone.pid, "x")
    }
    for path in named.values():
        path.touch()
    with store.writing("x"):
        assert [path.exists() for path in named.values()] == [True, False, False]


def test_a_folder_without_a_manifest_is_no_observatory(tmp_path: Path) -> None:
    with pytest.raises(NotAStore, match="overblock init") as raised:
        Store.open(tmp_path)
    assert str(tmp_path) in str(raised.value)


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "o").write_text("")
    with pytest.raises(NotAStore, match=f"{tmp_path}/o"):
        Store.create(tmp_path / "o")


def test_nothing_is_seen_before_it_is_published(tmp_path: Path) -> None:
    store = published(tmp_path, 1)
    with store.writing("x") as writer:
        writer.append(GAPS, PARTITION, gap(2))
        writer.checkpoint()
        assert seen(store) == 1
        writer.publish()
    assert seen(store) == 2


def test_the_same_rows_again_change_nothing(tmp_path: Path) -> None:
    store = published(tmp_path, 1, 1)
    before = files(store)
    with store.writing("x") as writer:
        writer.append(GAPS, PARTITION, gap(1))
        writer.publish()
    assert seen(store) == 1
    assert files(store) == before | {"lock"}


def test_a_writer_that_fails_leaves_the_old_state(tmp_path: Path) -> None:
    store = published(tmp_path, 1)

    def interrupted() -> None:
        with store.writing("x") as writer:
            writer.replace(GAPS, PARTITION, gap(2))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert store.view().read(GAPS, PARTITION).equals(gap(1))


def test_a_writer_goes_on_from_a_checkpoint_of_its_own_kind_only(tmp_path: Path) -> None:
    store = published(tmp_path, 1)
    with store.writing("x") as writer:
        writer.append(GAPS, PARTITION, gap(2))
        writer.checkpoint()
    with store.writing("y") as writer:
        assert len(writer.view().read(GAPS, PARTITION)) == 1
    with store.writing("x") as writer:
        assert len(writer.view().read(GAPS, PARTITION)) == 2


def test_publishing_removes_what_was_replaced_and_what_a_killed_writer_left(tmp_path: Path) -> None:
    store = published(tmp_path, 1)
    with store.writing("x") as writer:
        writer.append(GAPS, PARTITION, gap(7))  # and is killed
    half = tmp_path / "tables" / "gaps" / ".half.parquet.new"
    half.write_bytes(b"PAR1")
    with store.writing("x") as writer:
        assert not half.exists()
        writer.replace(GAPS, PARTITION, gap(2))
        writer.publish()
    assert len(list((tmp_path / "tables").rglob("*.parquet"))) == 1
    assert store.view().read(GAPS, PARTITION).equals(gap(2))


def test_a_second_writer_is_told_so_at_once(tmp_path: Path) -> None:
    store = published(tmp_path, 1)
    script = (
        "import sys, pathlib\nfrom overblock.store import Store\n"
        "with Store.open(pathlib.Path(sys.argv[1])).writing('x'): pass\n"
    )
    with store.writing("x"):
        with pytest.raises(StoreBusy, match="another process is writing"), store.writing("x"):
            pass
        command = [sys.executable, "-c", script, str(tmp_path)]
        other = subprocess.run(command, capture_output=True, check=False)
    assert b"StoreBusy" in other.stderr
    with store.writing("x"):
        pass


def test_a_reader_whose_part_was_replaced_asks_the_new_state(tmp_path: Path) -> None:
    store, asked = published(tmp_path, 1), list[int]()

    def question(view: object) -> int:
        asked.append(1)
        if len(asked) == 1:
            with store.writing("x") as writer:
                writer.replace(GAPS, PARTITION, gap(2))
                writer.append(GAPS, PARTITION, gap(3))
                writer.publish()
        return len(view.read(GAPS, PARTITION))  # type: ignore[attr-defined]  # a View

    assert store.ask(question) == 2
    assert len(asked) == 2


def test_a_part_that_nobody_replaced_and_is_gone_is_lost(tmp_path: Path) -> None:
    store = published(tmp_path, 1)
    (part,) = (tmp_path / "tables").rglob("*.parquet")
    part.unlink()
    with pytest.raises(PartGone, match=part.name):
        store.ask(lambda view: view.read(GAPS, PARTITION))


def test_a_part_that_is_no_parquet_is_damage(tmp_path: Path) -> None:
    store = published(tmp_path, 1)
    (part,) = (tmp_path / "tables").rglob("*.parquet")
    part.write_bytes(b"half a part")
    with pytest.raises(StoreDamaged, match=part.name):
        store.ask(lambda view: view.read(GAPS, PARTITION))


def test_rows_that_are_chosen_before_they_are_read_go_and_break_like_all_others(
    tmp_path: Path,
) -> None:
    store = published(tmp_path, 1, 2)

    def later() -> int:
        after = pl.col("silent_from") > START + HOUR
        chosen = store.ask(
            lambda view: view.choose(GAPS, PARTITION, lambda rows: rows.filter(after))
        )
        return len(chosen)

    assert later() == 1
    for part in (tmp_path / "tables").rglob("*.parquet"):
        content = part.read_bytes()
        part.write_bytes(content[:4] + bytes(60) + content[64:])  # its foot is as it was
    with pytest.raises(StoreDamaged, match="is broken"):
        later()
    part.unlink()
    with pytest.raises(PartGone):
        later()


@pytest.mark.parametrize("written", ["", "[]", "{}", "null", '{"format": 99}', '{"format": 1}'])
def test_a_manifest_that_is_none_is_damage(tmp_path: Path, written: str) -> None:
    store = published(tmp_path, 1)
    (tmp_path / "manifest.json").write_text(written)
    with pytest.raises(StoreDamaged, match=r"manifest\.json"):
        store.view()


def test_raw_bytes_come_back_and_say_where_they_came_from(tmp_path: Path) -> None:
    store = published(tmp_path)
    with store.writing("x") as writer:
        digest = writer.put_raw(b"a dump", {"kind": "file", "name": "dump.csv"})
        assert writer.put_raw(b"a dump", {"kind": "file", "name": "other"}) == digest
    assert store.raw(digest) == b"a dump"
    assert store.provenance(digest)["name"] == "dump.csv"


@pytest.mark.parametrize("how", ["gone", "turned", "another"])
def test_raw_bytes_that_are_not_what_their_name_says_are_damage(tmp_path: Path, how: str) -> None:
    store = published(tmp_path)
    with store.writing("x") as writer:
        digest = writer.put_raw(b"a dump", {})
        other = writer.put_raw(b"another", {})
    path = tmp_path / "raw" / digest[:2] / f"{digest}.zst"
    if how == "gone":
        path.unlink()
    elif how == "turned":
        path.write_bytes(path.read_bytes()[:-2])
    else:
        path.write_bytes((tmp_path / "raw" / other[:2] / f"{other}.zst").read_bytes())
    with pytest.raises(StoreDamaged, match=digest):
        store.raw(digest)


def test_where_raw_bytes_came_from_is_never_guessed(tmp_path: Path) -> None:
    store = published(tmp_path)
    with store.writing("x") as writer:
        digest = writer.put_raw(b"made of others", None)
    with pytest.raises(StoreDamaged, match=digest):
        store.provenance(digest)


def test_the_manifest_is_one_that_anyone_can_read(tmp_path: Path) -> None:
    published(tmp_path, 1)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert list(manifest["live"]["parts"]) == ["gaps"]
    assert manifest["building"] is None
