"""One register file, for commands that take a file where a register does."""

from pathlib import Path

from overblock.artefacts.opening import Artefact, open_artefacts
from overblock.errors import UsageError
from overblock.reports.registers.states import State, guess_source, state_of_file
from overblock.sources import Reading, Source, find_source

STDIN = "-"


def is_file(register: str) -> bool:
    """Whether a word names a file rather than a register of the observatory."""
    return register == STDIN or Path(register).exists()


def state_of(path: str, source: str | None) -> State:
    """What a file lists; ``source`` names the source that reads it."""
    artefact = _one(path)
    return state_of_file(artefact.content, _named(source), truncated=artefact.truncated)


def content_of(path: str) -> bytes:
    """The bytes of one file, unpacked.

    Raises:
        UsageError: its end is missing.
    """
    artefact = _one(path)
    if artefact.truncated:
        raise UsageError(f"{path}: its end is missing")
    return artefact.content


def reading_of(path: str) -> Reading:
    """A register file, as its source reads it."""
    artefact = _one(path)
    return guess_source(artefact.content).read(artefact.content)


def _named(source: str | None) -> Source | None:
    return find_source(source) if source else None


def _one(path: str) -> Artefact:
    artefacts = list(open_artefacts([path], lambda _: True))
    if len(artefacts) != 1:
        raise UsageError(f"{path} holds {len(artefacts)} files; give one, or ingest them all")
    return artefacts[0]
