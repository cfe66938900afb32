"""Who asks too often, told apart without being known."""

from overblock.web.serving.counting import WINDOW, Counter, Counts


class Clock:
    now = 1.0

    def __call__(self) -> float:
        return self.now


def test_each_client_is_counted_apart_and_forgotten_after_a_minute() -> None:
    clock = Clock()
    counter = Counter(clock=clock)
    assert [counter.count("192.0.2.1") for _ in range(3)] == [1, 2, 3]
    assert counter.count("192.0.2.2") == 1
    clock.now += WINDOW
    assert counter.count("192.0.2.1") == 1


def test_a_home_of_ipv6_is_one_client() -> None:
    counter = Counter(clock=Clock())
    assert counter.count("2001:db8::1") == 1
    assert counter.count("2001:db8::ffff:1") == 2
    assert counter.count("2001:db8:0:1::1") == 1


def test_no_address_is_kept() -> None:
    counter = Counter(clock=Clock())
    counter.count("192.0.2.77")
    assert b"192.0.2.77" not in bytes(counter._counts.numbers)  # noqa: SLF001
    assert "192.0.2.77" not in repr(vars(counter))


def test_workers_that_share_the_counts_count_together() -> None:
    counts, clock = Counts(), Clock()
    one, other = Counter(counts, clock), Counter(counts, clock)
    told = [worker.count("192.0.2.1") for worker in (one, other, one, other)]
    assert told == [1, 2, 3, 4]
    clock.now += WINDOW
    assert [other.count("192.0.2.1"), one.count("192.0.2.1")] == [1, 2]


def test_no_client_is_counted_too_low_and_few_too_high() -> None:
    counter = Counter(clock=Clock())
    told = [counter.count(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}") for n in range(20_000)]
    assert min(told) == 1
    assert sum(count > 1 for count in told) < 600  # (20,000 / 131,072) ** 2 of them, at most
