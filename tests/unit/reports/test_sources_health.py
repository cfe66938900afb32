"""What `sources` says of a register is what `check` says of it."""

from datetime import timedelta
from pathlib import Path

from git_worlds import Made, make_repository
from overblock.reports.checks.check import check
from overblock.reports.sources import sources_health
from register_worlds import DUMP, HOUR, START, dump, ingest, line, observatory

LINES = [line(f"192.0.2.{number}") for number in range(5)]


def test_a_mirror_that_gives_out_an_old_state_again_has_no_older_newest_one(
    tmp_path: Path,
) -> None:
    old, new = dump(START, LINES), dump(START + HOUR, [*LINES, line("198.51.100.1")])
    at = int(START.timestamp())
    made = [
        Made({"dump.csv": state}, seconds=at + 3600 * number)
        for number, state in enumerate([old, new, old], 1)
    ]
    make_repository(tmp_path / "mirror", made)
    store = observatory(tmp_path / "o")
    ingest(store, [tmp_path / "mirror"])
    now = START + timedelta(hours=5)
    (told,) = [one for one in sources_health(store.view(), now) if one.name == DUMP]
    (asked,) = check(store.view(), ["198.51.100.1"], now)
    (source,) = asked.sources
    assert (told.newest_at, told.snapshot) == (source.published_at, source.snapshot)
    assert told.newest_at == START + HOUR
    assert told.age == source.age
    assert told.flags == ["out_of_order"]  # yet whoever looks after the source is told
    assert told.health == "newest snapshot is out_of_order"
    assert told.snapshots == 3
