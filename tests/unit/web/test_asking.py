"""One answer for all who ask the same, and none that takes for ever."""

import asyncio
from functools import partial
from pathlib import Path
from threading import Event

import pytest

from overblock.errors import BadAddress, NotAStore, Overloaded
from overblock.store import Store
from overblock.web import asking
from overblock.web.asking import Answers


def test_what_many_ask_at_once_is_answered_once(tmp_path: Path) -> None:
    answers, made = Answers(tmp_path), list[int]()

    async def ask() -> list[int]:
        return await asyncio.gather(
            *(answers.make("same", lambda: made.append(1) or len(made)) for _ in range(20))  # type: ignore[func-returns-value]  # the count after it is the answer
        )

    assert asyncio.run(ask()) == [1] * 20
    assert asyncio.run(ask()) == [1] * 20
    answers.close()


def test_an_answer_is_made_anew_when_the_observatory_changed(tmp_path: Path) -> None:
    answers = Answers(tmp_path / "observatory")
    assert not answers.there()
    with pytest.raises(NotAStore):
        asyncio.run(answers.ask("parts", lambda view: view.parts))
    Store.create(answers.root)
    assert asyncio.run(answers.ask("parts", lambda view: view.parts)) == {}
    answers.close()


def test_who_waits_too_long_is_told_and_the_next_has_the_answer(tmp_path: Path) -> None:
    answers, go_on = Answers(tmp_path, seconds=0.05), Event()

    async def ask() -> bool:
        return await answers.make("slow", go_on.wait)

    with pytest.raises(Overloaded, match="seconds"):
        asyncio.run(ask())
    go_on.set()
    answers.seconds = 60.0
    assert asyncio.run(ask()) is True
    answers.close()


def test_too_many_questions_at_once_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "MOST_WAITING", 1)
    answers, go_on = Answers(tmp_path), Event()

    async def ask() -> None:
        first = asyncio.create_task(answers.make("first", go_on.wait))
        await asyncio.sleep(0)
        with pytest.raises(Overloaded, match="at once"):
            await answers.make("second", go_on.wait)
        go_on.set()
        assert await first

    asyncio.run(ask())
    answers.close()


def test_what_cannot_be_weighed_is_answered_and_not_under_way_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot(_: object) -> int:
        raise TypeError

    monkeypatch.setattr(asking, "weight_of", cannot)
    answers = Answers(tmp_path)
    for number in (1, 2):
        assert asyncio.run(answers.make("same", partial(int, number))) == number
    assert not answers.is_busy()
    answers.close()


def test_errors_are_not_kept(tmp_path: Path) -> None:
    answers, tries = Answers(tmp_path), list[int]()

    def fail() -> int:
        tries.append(1)
        raise BadAddress("no")

    for _ in range(2):
        with pytest.raises(BadAddress):
            asyncio.run(answers.make("bad", fail))
    assert len(tries) == 2
    answers.close()


def test_what_is_kept_is_bounded_and_the_longest_unasked_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "MOST_KEPT", 2)
    answers, made = Answers(tmp_path), list[str]()

    async def ask(keys: str) -> None:
        for key in keys:
            await answers.make(key, partial(made.append, key), keep=key != "L")

    asyncio.run(ask("abab" + "c" + "b" + "a" + "LL"))
    assert "".join(made) == "abcaLL"
    answers.close()
