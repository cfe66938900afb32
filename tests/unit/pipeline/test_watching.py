"""What a watch remembers, where two runs of it meet."""

from datetime import timedelta
from pathlib import Path

from overblock.fleets.changes import FORMAT, FleetState
from overblock.pipeline.watching import load_state, save_state
from register_worlds import START

HOUR = timedelta(hours=1)


def remembered(hours: int) -> FleetState:
    return FleetState(format=FORMAT, at=START + hours * HOUR, doubts={}, items={})


def test_a_run_that_was_held_up_takes_no_later_ones_memory_away(tmp_path: Path) -> None:
    """As where a service that is told is slow, and the next run of cron is done before this one."""
    path = tmp_path / "state.json"
    for hours in (1, 3, 2):
        save_state(path, remembered(hours))
    assert load_state(path, START + 9 * HOUR) == remembered(3)
    save_state(path, remembered(4))
    assert load_state(path, START + 9 * HOUR) == remembered(4)
