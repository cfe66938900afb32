"""A list of names put to several resolvers: many at a time, in their turn, at a set pace.

The network, the clock, chance and waiting are arguments, so that a run can be tried without any
of them.  What may not happen: that a name is lost, that a resolver is flooded, that one resolver's
silence is taken for a thousand dead names.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import ceil
from random import Random
from typing import TypeAlias

from overblock.errors import FetchFailed
from overblock.probes.answers import (
    FAILED,
    NONE,
    UNHEARD,
    Answer,
    Asked,
    Line,
    lines_of,
    outcome_of,
    tell_rewritten,
)
from overblock.probes.dns import ask
from overblock.probes.pace import Pace
from overblock.probes.resolvers import FAILURES_IN_A_ROW, Place, Resolver, Rotation

Ask: TypeAlias = Callable[[Place, str, str, float], Awaitable[Answer]]
RESERVED = ("invalid", "test")  # RFC 6761: no name below them exists
ROOT_TRIES = 5  # where three in ten datagrams are lost, one resolver in fifty seems deaf
BACK_OFF_SECONDS = 0.2  # before the first repetition; twice as long before each further one
MOST_BACK_OFF_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a run asks."""

    types: Sequence[str] = ("A", "AAAA")
    retries: int = 2
    timeout_seconds: float = 3.0
    at_once: int = 100  # names under way
    agree: int = 1  # resolvers asked for each name; with more than one, each is a vantage point
    vantage: str | None = None
    pause_seconds: float = 30.0  # how long a resolver is put aside the first time


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What a run takes from outside."""

    ask: Ask = ask
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    dice: Random = field(default_factory=Random)


class Resolving:
    """One run over a list; its counts can be looked at while it runs and after."""

    def __init__(
        self,
        resolvers: Sequence[Resolver],
        pace: Pace,
        settings: Settings,
        world: World,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.outcomes: Counter[str] = Counter()  # a name each
        self.n_withheld = 0  # names that a resolver says not to answer as they are
        self.n_disagreed = 0  # names whose resolvers gave nothing in common
        self._rotation = Rotation(resolvers)
        self._pace, self._settings, self._world, self._say = pace, settings, world, say

    async def run(self, names: Iterable[str], keep: Callable[[list[Line]], None]) -> None:
        """Ask for every name; ``keep`` is given the lines of each as soon as it is answered.

        Raises:
            FetchFailed: no resolver answers, or none any more.
        """
        await self._begin()
        waiting = iter(names)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._n_workers()):
                    group.create_task(self._work(waiting, keep))
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None

    async def _begin(self) -> None:
        """Learn which resolvers answer at all, so that nobody waits long for what cannot come."""
        resolvers = self._rotation.resolvers
        ends = await asyncio.gather(*map(self._find_stock, resolvers))
        deaf = [(one, end) for one, end in zip(resolvers, ends, strict=True) if end]
        if len(deaf) == len(resolvers):
            told = "; ".join(f"{one.place}: {end}" for one, end in deaf)
            raise FetchFailed(f"no resolver answers, not even for the root ({told})")
        for one, end in deaf:
            seconds = one.put_aside(self._world.clock(), self._settings.pause_seconds)
            self._say(
                f"{one.place} does not answer, not even for the root ({end}): left alone for"
                f" {seconds:.0f} s"
            )

    def _n_workers(self) -> int:
        """Names under way: more than the pace lets out before they time out would only wait."""
        under_way = ceil(self._pace.per_second * self._settings.timeout_seconds)
        return max(1, min(self._settings.at_once, under_way))

    async def _work(self, waiting: Iterator[str], keep: Callable[[list[Line]], None]) -> None:
        for name in waiting:  # shared by all workers; nothing waits within `next`
            lines = await self._resolve(name)
            keep(lines)
            self.outcomes[outcome_of(lines)] += 1

    async def _resolve(self, name: str) -> list[Line]:
        settings, seen_at = self._settings, self._world.now().replace(microsecond=0)
        if settings.agree == 1:
            asked = await self._ask_types(name)
            self.n_withheld += _is_withheld(asked)
            return lines_of(name, asked, seen_at, settings.vantage)
        chosen = await self._choose(settings.agree)
        views = await asyncio.gather(*(self._ask_types(name, one) for one in chosen))
        self.n_disagreed += _disagree(views)
        self.n_withheld += any(map(_is_withheld, views))
        lines: list[Line] = []
        for one, asked in zip(chosen, views, strict=True):
            place = str(one.place)
            vantage = f"{settings.vantage} {place}" if settings.vantage else place
            lines += lines_of(name, asked, seen_at, vantage)
        return lines

    async def _ask_types(self, name: str, only: Resolver | None = None) -> list[Asked]:
        asked: list[Asked] = []
        for rdtype in self._settings.types:
            asked.append(await self._ask(name, rdtype, only))
            if asked[-1].answer.outcome == "nxdomain":
                break  # RFC 8020: then it has no records of any type
        return asked

    async def _ask(self, name: str, rdtype: str, only: Resolver | None) -> Asked:
        tried: list[Place] = []
        for turn in range(self._settings.retries + 1):
            if turn:
                await self._world.sleep(self._back_off(turn))
            resolver = only or (await self._choose(1, tried))[0]
            answer = await self._put(resolver, name, rdtype)
            await self._judge(resolver, answer)
            if answer.outcome not in FAILED:
                break
            tried.append(resolver.place)
        return Asked(rdtype=rdtype, resolver=str(resolver.place), answer=answer)

    def _back_off(self, turn: int) -> float:
        longest = min(MOST_BACK_OFF_SECONDS, BACK_OFF_SECONDS * 2.0 ** (turn - 1))
        return longest * self._world.dice.uniform(0.5, 1.0)  # so that not all come back at once

    async def _choose(self, n: int, tried: Sequence[Place] = ()) -> list[Resolver]:
        while not (chosen := self._rotation.choose(n, self._world.clock(), tried)):
            await self._world.sleep(self._rotation.rest_from(self._world.clock()))
        return chosen

    async def _put(self, resolver: Resolver, name: str, rdtype: str) -> Answer:
        """One question, when its turn has come by the pace of all and by the resolver's own."""
        for pace in (self._pace, resolver.pace):
            seconds = pace.wait_from(self._world.clock())
            if seconds:
                await self._world.sleep(seconds)
        timeout = self._settings.timeout_seconds
        answer = await self._world.ask(resolver.place, name, rdtype, timeout)
        return tell_rewritten(answer, resolver.stock)

    async def _judge(self, resolver: Resolver, answer: Answer) -> None:
        """Count an answer; put a resolver aside that fails again and again, unless it is well."""
        resolver.note(answer.outcome, failed=answer.outcome in FAILED)
        resting = resolver.aside_until > self._world.clock()
        if resolver.failures_in_a_row < FAILURES_IN_A_ROW or resting or resolver.in_doubt:
            return
        resolver.in_doubt = True
        known = await self._ask_root(resolver)
        resolver.in_doubt = False
        if known.outcome == NONE:  # it answers: read as a question for addresses, there are none
            resolver.failures_in_a_row = 0
            return
        seconds = resolver.put_aside(self._world.clock(), self._settings.pause_seconds)
        self._say(
            f"{resolver.place} failed {FAILURES_IN_A_ROW} times in a row, last with"
            f" {answer.outcome}: left alone for {seconds:.0f} s"
        )

    async def _find_stock(self, resolver: Resolver) -> str | None:
        """Learn what a resolver gives for names that cannot exist; how it fails if it is deaf."""
        found: set[str] = set()
        is_heard = False
        letters = "abcdefghijklmnopqrstuvwxyz"
        for ending in RESERVED:
            label = "".join(self._world.dice.choices(letters, k=16))
            for rdtype in self._settings.types:
                answer = await self._put(resolver, f"{label}.{ending}", rdtype)
                if not is_heard and answer.outcome in UNHEARD:
                    answer = await self._ask_root(resolver)
                    if answer.outcome in UNHEARD:
                        return answer.why or answer.outcome
                is_heard = True
                found.update(answer.addresses)
        resolver.stock = frozenset(found)
        if found:
            self._say(
                f"{resolver.place} answers for names that cannot exist, with"
                f" {', '.join(sorted(found)[:3])}: such answers are kept as rewritten"
            )
        return None

    async def _ask_root(self, resolver: Resolver) -> Answer:
        """Ask for what every resolver has at hand, several times at once; the best answer."""
        tries = (self._put(resolver, ".", "SOA") for _ in range(ROOT_TRIES))
        return min(
            await asyncio.gather(*tries),
            key=lambda answer: (answer.outcome != NONE, answer.outcome in UNHEARD),
        )


def _is_withheld(asked: Sequence[Asked]) -> bool:
    return any(one.answer.withheld for one in asked)


def _disagree(views: Sequence[Sequence[Asked]]) -> bool:
    """Whether two resolvers that both answered gave nothing in common."""
    told = []
    for asked in views:
        if all(one.answer.outcome in FAILED for one in asked):
            continue
        addresses = {address for one in asked for address in one.answer.addresses}
        outcomes = {one.answer.outcome for one in asked}
        told.append(addresses or outcomes)
    return any(one.isdisjoint(other) for one in told for other in told)
