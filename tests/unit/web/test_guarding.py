"""Who asks too often, told apart without being known."""

import pytest

from overblock.web import guarding
from overblock.web.guarding import WINDOW, Counter


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_each_client_is_counted_apart_and_forgotten_after_a_minute() -> None:
    clock = Clock()
    counter = Counter(clock)
    assert [counter.count("192.0.2.1") for _ in range(3)] == [1, 2, 3]
    assert counter.count("192.0.2.2") == 1
    clock.now += WINDOW
    assert counter.count("192.0.2.1") == 1


def test_a_home_of_ipv6_is_one_client() -> None:
    counter = Counter(Clock())
    assert counter.count("2001:db8::1") == 1
    assert counter.count("2001:db8::ffff:1") == 2
    assert counter.count("2001:db8:0:1::1") == 1


def test_no_address_is_kept() -> None:
    counter = Counter(Clock())
    counter.count("192.0.2.77")
    assert "192.0.2.77" not in repr(vars(counter))


def test_more_clients_than_are_counted_apart_share_one_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guarding, "MOST_CLIENTS", 2)
    counter = Counter(Clock())
    counts = [counter.count(f"192.0.2.{last}") for last in (1, 2, 3, 4, 5, 1)]
    assert counts == [1, 1, 1, 2, 3, 2]
