"""Why a register cannot be believed at a moment: one example of each reason."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from overblock.registers.flags import FLAGS
from overblock.reports.registers.health import doubt, source_answer
from overblock.store import Store, View
from overblock.tables import GAPS, LISTINGS, SNAPSHOTS

START = datetime(2018, 4, 16, tzinfo=UTC)
HOUR = timedelta(hours=1)
Taken = tuple[str | None, list[str]]  # digest and flags of a state, one an hour


def view(folder: Path, *taken: Taken, gap: tuple[int, int] | None = None) -> View:
    store = Store.create(folder)
    usual: dict[str, Any] = {"register": "ru", "member": "", "n_bytes": 1, "n_records": 1}
    rows = [
        usual
        | {"digest": digest, "artefact": f"{hour}", "n_rejects": 0, "flags": flags}
        | dict.fromkeys(("published_at", "ordered_at", "fetched_at"), START + hour * HOUR)
        for hour, (digest, flags) in enumerate(taken)
    ]
    gaps = [] if gap is None else [
        {"register": "ru", "silent_from": START + gap[0] * HOUR,
         "silent_until": START + gap[1] * HOUR}
    ]  # fmt: skip
    with store.writing("test") as writer:
        writer.append(SNAPSHOTS, "ru", pl.DataFrame(rows, SNAPSHOTS.schema()))
        writer.append(GAPS, "ru", pl.DataFrame(gaps, GAPS.schema()))
        writer.append(LISTINGS, "ru", LISTINGS.empty())
        writer.publish()
    return store.view()


def told(held: View, hours: float) -> str | None:
    at = START + hours * HOUR
    return doubt(held, source_answer(held, "ru", at), at)


@pytest.mark.parametrize("flag", [flag for flag in FLAGS if flag != "duplicate"])
def test_every_flag_of_the_newest_state_is_a_doubt(flag: str, tmp_path: Path) -> None:
    held = view(tmp_path, ("a", []), ("b", [flag]), ("c", []))
    assert [told(held, hours) for hours in (0.5, 1.5, 2.5)] == [None, flag, None]


def test_a_state_that_could_not_be_read_is_a_doubt_about_the_one_before(tmp_path: Path) -> None:
    assert told(view(tmp_path, ("a", []), (None, ["unreadable"])), 2) == "unreadable"


def test_the_same_state_once_more_says_nothing_new_but_an_older_one_does(tmp_path: Path) -> None:
    assert told(view(tmp_path / "same", ("a", []), ("b", []), ("b", ["duplicate"])), 3) is None
    old = view(tmp_path / "old", ("a", []), ("b", []), ("a", ["duplicate", "out_of_order"]))
    assert told(old, 3) == "duplicate, out_of_order"
    stale = view(tmp_path / "stale", ("a", []), ("a", ["stale", "duplicate"]))
    assert told(stale, 3) == "stale"


def test_silence_is_a_doubt_while_it_lasts_and_after_if_nobody_ended_it(tmp_path: Path) -> None:
    held = view(tmp_path, *[("a", [])], *[(f"b{hour}", []) for hour in range(30)], gap=(2, 20))
    assert told(held, 1) is None
    assert told(held, 3) == "silent since 2018-04-16 02:00 UTC"
    assert told(held, 25) is None
    assert told(held, 30 + 7 * 24 + 1) == "silent since 2018-04-17 06:00 UTC"


def test_before_its_first_state_a_register_has_said_nothing(tmp_path: Path) -> None:
    assert told(view(tmp_path, ("a", [])), -1) == "no snapshot"
