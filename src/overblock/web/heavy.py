"""Large answers, of which few are kept: whoever turns the pages of one does not make it anew.

`overblock.web.asking.Answers` keeps hundreds of small answers.  Those here may take tens of
megabytes, and a visitor can ask for any number of them, so only the last few are held.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime
from threading import Lock
from typing import Any, TypeAlias, TypeVar
from weakref import WeakKeyDictionary

from overblock.store import View
from overblock.web.asking import Answers
from overblock.web.inputs import moment_of

T = TypeVar("T")
MOST_KEPT = 6
Kept: TypeAlias = OrderedDict[tuple[Hashable, Hashable], Any]
_KEPT: WeakKeyDictionary[Answers, Kept] = WeakKeyDictionary()
_LOCK = Lock()


async def ask_heavy(answers: Answers, key: Hashable, question: Callable[[View], T]) -> T:
    """The answer to a question, kept until six others were asked or the observatory changes.

    Who waits too long is told so; the answer is finished and kept for the next who asks.
    """
    whole = (answers.state(), key)
    with _LOCK:
        kept = _KEPT.setdefault(answers, OrderedDict())
        if whole in kept:
            kept.move_to_end(whole)
            found: T = kept[whole]
            return found

    def answer(view: View) -> T:
        """Kept by whoever works it out, as nobody may be left to wait for it."""
        made = question(view)
        if answers.state() == whole[0]:
            _keep(kept, whole, made)
        return made

    return await answers.ask(key, answer, keep=False)


def _keep(kept: Kept, whole: tuple[Hashable, Hashable], answer: object) -> None:
    """Hold an answer, and no other than the last few of the same state."""
    with _LOCK:
        for other in [known for known in kept if known[0] != whole[0]]:
            del kept[other]
        kept[whole] = answer
        while len(kept) > MOST_KEPT:
            kept.popitem(last=False)


def moment_and_key(written: str) -> tuple[datetime, Hashable]:
    """The moment that is asked about, and what its answer is kept under.

    An answer about now is kept for the hour: what a register lists changes with the observatory
    alone, and then nothing that was kept is given.
    """
    at = moment_of(written)
    return at, at if written else at.replace(minute=0)
