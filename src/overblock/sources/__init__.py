"""Bytes to facts, one file a source.

A source file holds a docstring with a sample of its format, a pure ``read`` and a `SOURCE` that
describes it.  This package finds sources by walking itself, so there is no list to edit.
Fetching, unpacking, hashing and storing are not their business.
"""

import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from typing import IO, TYPE_CHECKING

from overblock.errors import UnknownRegister
from overblock.tables import Table

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one file says.

    ``rows`` is of the source's table, ``rejects`` of `overblock.tables.REJECTS`.  ``flags`` holds
    what is wrong with the file as a whole: ``cut`` where its end is missing.
    """

    published_at: datetime | None  # in UTC; None where the file does not say
    rows: "pl.DataFrame"
    rejects: "pl.DataFrame"
    flags: tuple[str, ...] = ()
    signs: "pl.DataFrame | None" = None  # of NAME_SIGNS, where a file of names carries them


@dataclass(frozen=True, slots=True)
class Parts:
    """A file taken apart: ``head``, records that each end in the separator, ``tail``.

    ``body`` is the records as they stand; what has no end stands in ``tail``.
    """

    head: bytes
    raw: bytes  # holds the body, from ``begin`` to ``stop``: it is not copied unless asked for
    tail: bytes
    begin: int = 0
    stop: int | None = None  # None: to the end

    @property
    def body(self) -> bytes:
        """The records, as bytes of their own."""
        return self.raw[self.begin : self.stop]


@dataclass(frozen=True, slots=True, kw_only=True)
class Framing:
    """How to take a file apart into records without reading them.

    With it, a history of thousands of states reads each distinct record once: ``join`` makes a
    file from the head of one and any records.
    """

    separator: bytes  # ends each record
    split: Callable[[bytes], Parts]  # raises SourceDrift where the head is not what it was
    published_at: Callable[[bytes], datetime | None]  # of a head; None where it does not say
    whole_tail: bytes  # what the tail is when nothing was cut
    first_record: int = 1  # the number that `read` gives the first record

    def join(self, head: bytes, records: bytes) -> bytes:
        """A file of ``head`` and ``records``, whole."""
        return head + records + self.whole_tail


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A source: who publishes it, under what licence, what it fills and how it is read."""

    name: str
    title: str
    country: str | None  # ISO 3166; None where it covers the world
    homepage: str
    licence: str
    fills: Table
    at_least: int  # rows: fewer is a broken download, not a change of policy
    read: Callable[[bytes], Reading]
    stream: Callable[[IO[bytes]], Iterator[Reading]] | None = None  # `read`, some records at a time
    framing: Framing | None = None
    silent_after: timedelta = timedelta(days=7)  # no snapshot for longer is a gap
    files: str = r".*"  # regular expression: which names in a folder, archive or repository
    parts: str = ""  # regular expression: names that lie side by side and together make one file
    signed_by: str = ""  # ending of the name of a detached signature that lies beside a file
    join: Callable[[Sequence[bytes]], bytes] = b"".join  # makes that file, given in name order


def first_reason(rejects: Mapping[str, "pl.Expr"]) -> "pl.Expr":
    """The name of the first condition that holds, or null."""
    import polars as pl  # noqa: PLC0415  (a third of a second, which `check` must not pay)

    return pl.coalesce(*(pl.when(holds).then(pl.lit(reason)) for reason, holds in rejects.items()))


@cache
def source_names() -> tuple[str, ...]:
    """The names of all sources, in alphabetical order; imports none of them."""
    modules = pkgutil.iter_modules(__path__)
    return tuple(sorted(module.name for module in modules if not module.name.startswith("_")))


def all_sources() -> Mapping[str, Source]:
    """Every source by its name, in alphabetical order."""
    return {name: find_source(name) for name in source_names()}


@cache
def find_source(name: str) -> Source:
    """The source called ``name``, which is also the name of its file.

    Raises:
        UnknownRegister: there is none; the message lists those there are.
    """
    if name not in source_names():
        known = ", ".join(source_names())
        raise UnknownRegister(f"no source is called {name!r}; there are: {known}")
    source: Source = import_module(f"{__name__}.{name}").SOURCE
    return source
