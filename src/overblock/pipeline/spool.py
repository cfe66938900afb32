"""States that wait on disk until their place in time is known.

Files come in the order of their names, not of their dates, and a thousand of them do not fit
memory.  So each is put aside, compressed, under its date and digest, and all are read back in
order.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

import zstandard

from overblock.instants import microseconds
from overblock.pipeline.folding import Arrival

Place: TypeAlias = tuple[datetime, str]  # a date, and the digest of the artefact
State: TypeAlias = tuple[str, datetime]  # the digest of its bytes, and its date


@dataclass(slots=True)
class Spool:
    """States in a temporary folder; made by `spooling`."""

    folder: Path
    mends: bool = False  # one of them takes the place of a state that the register has
    _waiting: dict[State, Arrival] = field(default_factory=dict)

    def put(self, state: State, arrival: Arrival) -> None:
        """Put a state aside; one that waits already gives way."""
        packed = zstandard.ZstdCompressor(level=1).compress(arrival.content or b"")
        self._place(state).write_bytes(packed)
        self._waiting[state] = arrival.without_content()

    def __contains__(self, state: State) -> bool:
        """Whether a state waits here."""
        return state in self._waiting

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def earliest(self) -> Place | None:
        """The place of the first state, if there is one."""
        places = ((at, arrival.artefact) for (_, at), arrival in self._waiting.items())
        return min(places, default=None)

    def in_order(self) -> Iterator[tuple[datetime, Arrival]]:
        """The states by date, those of one moment by their digests: so all calls agree."""
        waiting = sorted(self._waiting.items(), key=lambda one: (one[0][1], one[1].artefact))
        for state, arrival in waiting:
            packed = self._place(state).read_bytes()
            content = zstandard.ZstdDecompressor().decompress(packed)
            yield state[1], arrival.with_content(content)

    def _place(self, state: State) -> Path:
        digest, at = state
        return self.folder / f"{digest}-{microseconds(at)}"


@contextmanager
def spooling() -> Iterator[Spool]:
    """A spool that is gone afterwards, whatever happens."""
    with TemporaryDirectory(prefix="overblock-") as folder:
        yield Spool(Path(folder))
