"""Large answers: few are held, none outlives its observatory, and none is made in vain."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest

from overblock.errors import Overloaded
from overblock.store import Store, View
from overblock.web.asking import Answers
from overblock.web.heavy import MOST_KEPT, ask_heavy, moment_and_key


@pytest.fixture
def answers(tmp_path: Path) -> Iterator[Answers]:
    Store.create(tmp_path / "observatory")
    made = Answers(tmp_path / "observatory", seconds=0.2)
    yield made
    made.close()


def test_only_the_last_few_are_held(answers: Answers) -> None:
    made: list[int] = []

    async def ask(number: int) -> None:
        await ask_heavy(answers, number, lambda _: made.append(number))

    async def some() -> None:
        for number in range(MOST_KEPT + 1):
            await ask(number)
            await ask(number)
        await ask(1)  # still held
        await ask(0)  # the oldest is not

    asyncio.run(some())
    assert made == [*range(MOST_KEPT + 1), 0]


def test_what_took_too_long_is_there_for_the_next_who_asks(answers: Answers) -> None:
    go_on, made = Event(), list[str]()

    def slow(_: View) -> str:
        go_on.wait(5)
        made.append("answer")
        return "answer"

    async def twice() -> str:
        with pytest.raises(Overloaded):
            await ask_heavy(answers, "slow", slow)
        go_on.set()
        answers.seconds = 5.0
        return await ask_heavy(answers, "slow", slow)

    assert asyncio.run(twice()) == "answer"
    assert made == ["answer"]


def test_nothing_outlives_the_state_it_was_told_of(answers: Answers) -> None:
    async def ask() -> int:
        return await ask_heavy(answers, "size", lambda view: len(view.parts))

    async def before_and_after() -> tuple[int, int]:
        before = await ask()
        with Store.open(answers.root).writing("something") as writer:
            writer.parts["made"] = {"up": []}
            writer.publish()
        return before, await ask()

    assert asyncio.run(before_and_after()) == (0, 1)


def test_answers_about_now_are_kept_by_the_hour_and_others_by_their_moment() -> None:
    at, key = moment_and_key("2018-05-05T13:25")
    assert at == key == datetime(2018, 5, 5, 13, 25, tzinfo=UTC)
    now, hour = moment_and_key("")
    assert hour == now.replace(minute=0)
