"""How a page asks the observatory: in a bounded pool of threads, once for all who ask the same.

An answer belongs to one state of the observatory; it is kept until another comes, or until the
shelf is full.  Who asks while the same is being answered waits for that answer.  Who waits too
long is told so, while the answer is finished for the next.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Generic, TypeAlias, TypeVar

from litestar.di import NamedDependency

from overblock.errors import Overloaded, PartGone
from overblock.reports.checks.standing_desk import Rolls
from overblock.store import Store, View
from overblock.web.weighing import weight_of

T = TypeVar("T")
THREADS = 4
MOST_WAITING = 64  # answers begun or waiting at once
MOST_KEPT = 1_024
MOST_BYTES = 48 * 2**20  # of all that are kept
SECONDS = 30.0


class Answers:
    """The observatory at ``root``, which need not be there, as pages ask it."""

    def __init__(self, root: Path, seconds: float = SECONDS) -> None:
        self.root = root
        self.seconds = seconds
        self.rolls = Rolls()  # the tables that `check` asks again and again
        self._seen: tuple[Hashable, View] | None = None
        self.begin()
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()  # with its weight
        self._weight = 0
        self._begun: dict[Hashable, Future[Any]] = {}
        self._lock = Lock()

    async def ask(self, key: Hashable, question: Callable[[View], T], *, keep: bool = True) -> T:
        """The answer to a question, of one view of the observatory.

        What is large and may be asked in many ways, as at any moment, is not to be kept.

        Raises:
            NotAStore: there is no observatory.
            Overloaded: too many ask at once, or the answer takes too long.
        """
        state = self.state()

        def answer() -> T:
            """The same question of whatever stands there when its turn comes."""
            try:
                return question(self._view())
            except (PartGone, FileNotFoundError):  # a writer came between, or it is lost
                return Store.open(self.root).ask(question)

        return await self.make((state, key), answer, keep=keep)

    async def make(self, key: Hashable, work: Callable[[], T], *, keep: bool = True) -> T:
        """What ``work`` gives, made once for each key."""
        begun = self._begin(key, work, keep=keep)
        if not isinstance(begun, Future):
            return begun.value
        waiting = asyncio.shield(asyncio.wrap_future(begun))
        try:
            return await asyncio.wait_for(waiting, self.seconds)
        except TimeoutError as error:
            raise Overloaded(
                f"no answer within {self.seconds:.0f} seconds: ask for less, or once more soon"
            ) from error

    def there(self) -> bool:
        """Whether there is an observatory."""
        return self.state() is not None

    def state(self) -> Hashable:
        """What changes whenever a writer changes the observatory; None where there is none."""
        try:
            facts = (self.root / "manifest.json").stat()
        except OSError:
            return None
        return facts.st_ino, facts.st_mtime_ns, facts.st_size

    def is_busy(self) -> bool:
        """Whether any answer is being made."""
        return bool(self._begun)

    def begin(self) -> None:
        """Let questions be asked, also after a `close`."""
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="answer")

    def close(self) -> None:
        """Let no more be asked; what waits is dropped."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _view(self) -> View:
        """The observatory as it is, read once for each of its states."""
        state, seen = self.state(), self._seen
        if seen is None or seen[0] != state:
            seen = self._seen = (state, Store.open(self.root).view())
        return seen[1]

    def _begin(self, key: Hashable, work: Callable[[], T], *, keep: bool) -> "Future[T] | _Kept[T]":
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return _Kept(self._kept[key][0])
            if key in self._begun:
                return self._begun[key]
            if len(self._begun) >= MOST_WAITING:
                raise Overloaded("too many questions at once: ask again in a minute")
            future = self._begun[key] = self._pool.submit(work)
        future.add_done_callback(lambda done: self._finish(key, done, keep=keep))
        return future

    def _finish(self, key: Hashable, done: Future[Any], *, keep: bool) -> None:
        good = keep and not done.cancelled() and done.exception() is None
        weight = 0
        try:
            weight = weight_of(done.result()) if good else 0
        finally:  # what cannot be weighed is not kept, and is not under way for ever either
            self._put_away(key, done, weight)

    def _put_away(self, key: Hashable, done: Future[Any], weight: int) -> None:
        with self._lock:
            self._begun.pop(key, None)
            if weight and weight <= MOST_BYTES // 2:
                self._kept[key] = done.result(), weight
                self._weight += weight
                while len(self._kept) > MOST_KEPT or self._weight > MOST_BYTES:
                    self._weight -= self._kept.popitem(last=False)[1][1]


@dataclass(frozen=True, slots=True)
class _Kept(Generic[T]):
    value: T


Asking: TypeAlias = NamedDependency[Answers]  # how a page gets them
