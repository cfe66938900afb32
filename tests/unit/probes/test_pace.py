import pytest

from overblock.probes.pace import Pace


def test_a_burst_is_let_through_and_what_follows_waits_its_turn() -> None:
    pace = Pace(10, burst=3)
    assert [round(pace.wait_from(0.0), 3) for _ in range(5)] == [0, 0, 0, 0.1, 0.2]


def test_what_was_not_used_is_saved_up_to_one_burst() -> None:
    pace = Pace(10, burst=2)
    assert [pace.wait_from(0.0), pace.wait_from(100.0), pace.wait_from(100.0)] == [0, 0, 0]
    assert pace.wait_from(100.0) == pytest.approx(0.1)


@pytest.mark.parametrize(("per_second", "burst"), [(1, 1), (10, 1), (100, 10), (5000, 500)])
def test_without_a_word_the_burst_is_a_tenth_of_a_second(per_second: float, burst: int) -> None:
    pace = Pace(per_second)
    waits = [pace.wait_from(0.0) for _ in range(burst + 1)]
    assert waits[:-1] == pytest.approx([0] * burst)
    assert waits[-1] == pytest.approx(1 / per_second)
