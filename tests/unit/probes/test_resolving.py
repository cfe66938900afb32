"""A run without a network and without time: both are arguments."""

import asyncio
import heapq
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count, pairwise
from random import Random
from typing import Any

import pytest

from overblock.errors import FetchFailed
from overblock.probes.answers import Answer, Line
from overblock.probes.pace import Pace
from overblock.probes.resolvers import FAILURES_IN_A_ROW, Place, Resolver
from overblock.probes.resolving import RESERVED, Resolving, Settings, World

AT = datetime(2026, 11, 21, 23, 30, 0, 999, tzinfo=UTC)
GOOD = Answer(outcome="address", addresses=("8.0.0.1",))
Answering = Callable[[Place, str, str], Answer]


@dataclass
class Clock:
    """Time that passes only where somebody waits, and at once."""

    now: float = 0.0
    sleepers: list[tuple[float, int, asyncio.Event]] = field(default_factory=list)
    ticket: "count[int]" = field(default_factory=count)

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.Event()
        heapq.heappush(self.sleepers, (self.now + seconds, next(self.ticket), woken))
        await woken.wait()

    async def pass_by(self) -> None:
        """Wake one sleeper after the other, whenever nobody else can go on."""
        while True:
            for _ in range(20):  # until all who can have gone on
                await asyncio.sleep(0)
            if self.sleepers:
                self.now, _, woken = heapq.heappop(self.sleepers)
                woken.set()


@dataclass
class Run:
    """What came of a run."""

    answering: Answering
    n_resolvers: int = 1
    rate: float = 1000.0
    rate_each: float = 1000.0
    settings: Settings = field(default_factory=lambda: Settings(types=("A",)))
    lag_seconds: float = 0.01
    asked: list[tuple[float, str, str, str]] = field(default_factory=list)  # when, whom, what
    kept: list[list[Line]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    clock: Clock = field(default_factory=Clock)
    resolvers: list[Resolver] = field(default_factory=list)

    def over(self, *names: str) -> "Run":
        self.resolvers = [
            Resolver(place=Place(address=f"8.0.0.{number}"), pace=Pace(self.rate_each))
            for number in range(self.n_resolvers)
        ]
        world = World(
            ask=self._ask,
            clock=lambda: self.clock.now,
            sleep=self.clock.sleep,
            now=lambda: AT,
            dice=Random(1),  # noqa: S311  (a seeded world)
        )
        pace = Pace(self.rate)
        self.run = Resolving(self.resolvers, pace, self.settings, world, self.said.append)
        asyncio.run(self._until_done(names))
        return self

    async def _until_done(self, names: Any) -> None:
        passing = asyncio.create_task(self.clock.pass_by())
        await self.run.run(names, self.kept.append)
        passing.cancel()

    async def _ask(self, place: Place, name: str, rdtype: str, seconds: float) -> Answer:
        self.asked.append((self.clock.now, place.address, name, rdtype))
        answer = self.answering(place, name, rdtype)
        await self.clock.sleep(seconds if answer.outcome == "timeout" else self.lag_seconds)
        return answer

    def questions(self) -> list[tuple[str, str]]:
        """What was asked for in earnest: names and types, in order."""
        hidden = (".", *(f".{ending}" for ending in RESERVED))
        return [(name, rdtype) for _, _, name, rdtype in self.asked if not name.endswith(hidden)]


def fail(outcome: str) -> Answering:
    """Names that cannot exist do not; all else fails."""

    def answering(_: Place, name: str, __: str) -> Answer:
        return Answer(outcome="nxdomain" if name.endswith(RESERVED) else outcome)

    return answering


def good(_: Place, name: str, __: str) -> Answer:
    return Answer(outcome="nxdomain") if name.endswith(RESERVED) else GOOD


def names(n: int) -> list[str]:
    return [f"n{number}.example" for number in range(n)]


def test_every_name_is_kept_once_with_the_second_it_was_asked_in() -> None:
    run = Run(good).over(*names(250))
    assert sorted(lines[0].name for lines in run.kept) == sorted(names(250))
    assert {line.seen_at for lines in run.kept for line in lines} == {AT.replace(microsecond=0)}
    assert run.run.outcomes == {"address": 250}


def test_names_that_do_not_exist_are_not_asked_for_twice() -> None:
    both = Settings(types=("A", "AAAA"))
    assert Run(fail("nxdomain"), settings=both).over("a.example").questions() == [
        ("a.example", "A")
    ]
    assert Run(fail("no_answer"), settings=both).over("a.example").questions() == [
        ("a.example", "A"),
        ("a.example", "AAAA"),
    ]


@pytest.mark.parametrize("outcome", ["timeout", "servfail", "refused", "error"])
@pytest.mark.parametrize("retries", [0, 1, 3])
def test_a_failure_is_asked_again_as_often_as_wanted(outcome: str, retries: int) -> None:
    run = Run(fail(outcome), settings=Settings(types=("A",), retries=retries)).over("a.example")
    assert len(run.questions()) == retries + 1
    assert [line.outcome for line in run.kept[0]] == [outcome]


def test_what_failed_is_asked_of_another_resolver_and_later_each_time() -> None:
    settings = Settings(types=("A",), retries=3)
    run = Run(fail("servfail"), n_resolvers=3, settings=settings).over("a.example")
    tries = [(at, whom) for at, whom, name, _ in run.asked if name == "a.example"]
    assert len({whom for _, whom in tries[:3]}) == 3
    gaps = [later - sooner for (sooner, _), (later, _) in pairwise(tries)]
    assert 0.1 <= gaps[0] < 0.3 <= gaps[1] + 0.1 < gaps[2] + 0.2


def test_no_more_is_asked_in_a_second_than_was_agreed() -> None:
    run = Run(good, rate=50, n_resolvers=2).over(*names(300))
    moments = sorted(at for at, *_ in run.asked)
    assert len(moments) == 304
    for first in moments:
        assert sum(first <= at < first + 1 for at in moments) <= 50 + 5
    assert run.clock.now == pytest.approx(304 / 50, abs=0.5)


def test_one_resolver_s_own_pace_holds_beside_that_of_all() -> None:
    run = Run(good, n_resolvers=2, rate=1000, rate_each=20).over(*names(100))
    for resolver in run.resolvers:
        moments = [at for at, whom, *_ in run.asked if whom == resolver.place.address]
        assert len(moments) == pytest.approx(52, abs=2)
        assert all(sum(first <= at < first + 1 for at in moments) <= 20 + 2 for first in moments)


def test_a_slow_pace_keeps_few_names_under_way() -> None:
    """Else a kill would take much that was asked and not yet kept."""
    run = Run(good, rate=2, settings=Settings(types=("A", "AAAA"), timeout_seconds=2)).over(
        *names(9)
    )
    first_second_type = next(n for n, (_, rdtype) in enumerate(run.questions()) if rdtype == "AAAA")
    assert first_second_type <= 4


def test_a_resolver_that_fails_on_dead_names_but_is_well_stays() -> None:
    def dead_names(_: Place, name: str, __: str) -> Answer:
        if name == ".":
            return Answer(outcome="no_answer")
        return Answer(outcome="nxdomain" if name.endswith(RESERVED) else "servfail")

    run = Run(dead_names).over(*names(100))
    assert (run.said, run.run.outcomes) == ([], {"servfail": 100})
    assert any(name == "." for _, _, name, _ in run.asked)


def test_a_resolver_that_goes_down_is_left_alone_and_taken_up_again() -> None:
    run = Run(good)
    run.answering = lambda _, name, __: (
        Answer(outcome="timeout") if 5 < run.clock.now < 25 else good(_, name, __)
    )
    run.rate = 20
    run.over(*names(400))
    assert len(run.kept) == 400
    assert run.run.outcomes["address"] > 320
    assert run.said == [
        f"8.0.0.0 failed {FAILURES_IN_A_ROW} times in a row, last with timeout: left alone for 30 s"
    ]
    assert run.resolvers[0].n_pauses == 1


def test_a_poor_network_does_not_make_a_resolver_seem_dead() -> None:
    """What is lost ends later than what is answered, so that failures come in a row."""
    dice = Random(7)  # noqa: S311  (a seeded world)

    def losing_half(place: Place, name: str, kind: str) -> Answer:
        if dice.random() < 0.5:
            return Answer(outcome="timeout")
        return Answer(outcome="no_answer") if name == "." else good(place, name, kind)

    run = Run(losing_half).over(*names(400))
    assert (run.said, run.resolvers[0].n_pauses) == ([], 0)
    assert run.run.outcomes["address"] > 300


def test_where_nobody_answers_any_more_the_run_ends_and_keeps_what_it_has() -> None:
    run = Run(good, n_resolvers=2)
    run.answering = lambda _, name, __: (
        Answer(outcome="timeout") if run.clock.now > 1 else good(_, name, __)
    )
    run.rate = 100
    with pytest.raises(FetchFailed, match="no resolver answers"):
        run.over(*names(100_000))
    kept = Counter(line.outcome for lines in run.kept for line in lines)
    assert kept[None] > 50
    assert kept["timeout"] < 300  # and not 99,900
    assert run.clock.now < 3600


def test_where_nobody_answers_at_all_the_run_ends_at_once() -> None:
    deaf = Answer(outcome="error", why="Network is unreachable")
    run = Run(lambda *_: deaf, n_resolvers=2)
    with pytest.raises(
        FetchFailed, match=r"not even for the root \(8\.0\.0\.0: Network is unreach"
    ):
        run.over(*names(1000))
    assert (run.questions(), run.kept) == ([], [])
    silent = Run(lambda *_: Answer(outcome="timeout"))
    with pytest.raises(FetchFailed, match=r"8\.0\.0\.0: timeout"):
        silent.over(*names(1000))
    assert silent.clock.now <= 3 * silent.settings.timeout_seconds


def test_a_resolver_that_answers_for_the_root_only_is_not_deaf() -> None:
    def sullen(_: Place, name: str, __: str) -> Answer:
        if name.endswith(RESERVED):
            return Answer(outcome="timeout")
        return Answer(outcome="no_answer") if name == "." else GOOD

    run = Run(sullen).over(*names(5))
    assert (run.said, run.run.outcomes) == ([], {"address": 5})


def test_a_deaf_resolver_among_others_is_left_alone_from_the_start() -> None:
    run = Run(good, n_resolvers=2)
    run.answering = lambda place, name, kind: (
        Answer(outcome="timeout") if place.address == "8.0.0.1" else good(place, name, kind)
    )
    run.over(*names(50))
    assert run.run.outcomes == {"address": 50}
    assert {line.resolver for lines in run.kept for line in lines} == {"8.0.0.0"}
    (said,) = run.said
    assert said == "8.0.0.1 does not answer, not even for the root (timeout): left alone for 30 s"


def test_what_a_resolver_gives_for_any_name_is_told_from_answers() -> None:
    def sell(place: Place, name: str, _: str) -> Answer:
        if place.address == "8.0.0.0" and name != "a.example":
            return Answer(outcome="address", addresses=("8.6.6.6",))
        return good(place, name, _)

    run = Run(sell, n_resolvers=2).over("a.example", "b.example", "a.example", "c.example")
    told = {(line.name, line.resolver, line.outcome) for lines in run.kept for line in lines}
    assert ("a.example", "8.0.0.0", None) in told
    assert {outcome for name, resolver, outcome in told if resolver == "8.0.0.1"} <= {None}
    assert all(
        outcome == "rewritten"
        for name, resolver, outcome in told
        if (resolver, name) in {("8.0.0.0", "b.example"), ("8.0.0.0", "c.example")}
    )
    (said,) = run.said
    assert said.startswith("8.0.0.0 answers for names that cannot exist, with 8.6.6.6: such")


def test_resolvers_at_odds_are_counted_and_failures_are_no_opinion() -> None:
    opinions = {
        "same.example": ("8.0.0.1", "8.0.0.1"),
        "some.example": ("8.0.0.1 8.0.0.2", "8.0.0.2"),
        "odds.example": ("8.0.0.1", "8.0.0.2"),
        "fail.example": ("8.0.0.1", "servfail"),
        "gone.example": ("8.0.0.1", "nxdomain"),
    }

    def answering(place: Place, name: str, _: str) -> Answer:
        if name not in opinions:
            return Answer(outcome="nxdomain")
        said = opinions[name][int(place.address[-1])]
        if said[0].isdigit():
            return Answer(outcome="address", addresses=tuple(said.split()))
        return Answer(outcome=said)

    settings = Settings(types=("A",), agree=2, retries=0)
    run = Run(answering, n_resolvers=2, settings=settings).over(*opinions)
    assert run.run.n_disagreed == 2
    assert all({line.vantage for line in lines} == {"8.0.0.0", "8.0.0.1"} for lines in run.kept)


def test_what_cannot_be_written_ends_the_run() -> None:
    run = Run(good)

    def full(_: list[Line]) -> None:
        raise OSError(28, "No space left on device")

    run.kept = type("Full", (), {"append": staticmethod(full)})()
    with pytest.raises(OSError, match="No space left"):
        run.over(*names(5))
