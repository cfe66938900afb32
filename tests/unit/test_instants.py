from datetime import UTC, datetime, timedelta, timezone

import pytest

from overblock.instants import instant_of, microseconds, to_the_second

# Near these, a fraction of seconds times a million falls short of some microseconds.
HARD = ["1987-03-02T11:59:58.000013", "2039-12-31T23:59:59.999999"]
HOURS = timedelta(hours=3)


@pytest.mark.parametrize("written", HARD)
def test_each_microsecond_is_told_from_its_neighbours(written: str) -> None:
    at = datetime.fromisoformat(written).replace(tzinfo=UTC)
    counts = [microseconds(at + timedelta(microseconds=step)) for step in range(1000)]
    assert [count - counts[0] for count in counts] == list(range(1000))
    assert instant_of(counts[999]) == at + timedelta(microseconds=999)


def test_what_is_below_a_second_is_left_out_not_rounded() -> None:
    at = datetime(2018, 4, 17, 2, 59, 59, 999999, tzinfo=timezone(HOURS))
    assert to_the_second(at) == "2018-04-16T23:59:59Z"
