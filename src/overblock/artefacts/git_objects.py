"""The contents of many git objects, from one process, as fast as a pipe carries them.

Asked with ``--filters``, git writes an object in one piece where it would else write sixteen
kilobytes at a time, which costs more than unpacking it; no filter is there to run, as the
repository that git works in is ours and empty.  A pipe of a megabyte lets it work ahead.
"""

import fcntl
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from subprocess import Popen
from typing import BinaryIO

from overblock.artefacts.git_program import Git, first_line, lines_file
from overblock.errors import FetchFailed

PIPE_BYTES = 1 << 20
KEPT_BYTES = 30 << 20  # just below what the C library gives back to the system at once
HEADER_BYTES = 200  # of one object: its id, type and size


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An object that is asked for and is not there, or is damaged."""

    why: str


def read_objects(
    git: Git, oids: Sequence[str], kind: str, max_bytes: int
) -> Iterator[bytes | Unreadable]:
    """The contents of ``oids``, in their order, each exactly once.

    A damaged object ends git's process; the next one begins behind it.
    """
    keep_freed_memory()
    done = 0
    while done < len(oids):
        for content in _read_run(git, oids[done:], kind, max_bytes):
            done += 1
            yield content


def _read_run(
    git: Git, oids: Sequence[str], kind: str, max_bytes: int
) -> Iterator[bytes | Unreadable]:
    """As many of ``oids`` as one process gives, and the one that ends it; at least one."""
    with (
        lines_file([f"{oid} name" for oid in oids]) as asked,
        tempfile.TemporaryFile() as complaints,
        git.start("cat-file", "--batch", "--filters", stdin=asked, stderr=complaints) as process,
    ):
        try:
            pipe = _widened(process)
            for oid in oids:
                header = pipe.readline(HEADER_BYTES).split()
                if len(header) != 3:  # noqa: PLR2004  (id, type, size)
                    if header[1:] != [b"missing"]:
                        break
                    yield Unreadable(f"{kind} {oid} is missing")
                    continue
                size = int(header[2])
                if size > max_bytes:
                    yield Unreadable(f"{kind} {oid} has {size} bytes, more than {max_bytes}")
                    return
                content = pipe.read(size)
                if len(content) < size:
                    break
                pipe.read(1)  # the line end after it
                found = header[1].decode()
                yield content if found == kind else Unreadable(f"{oid} is a {found}, no {kind}")
                del content  # before the next is made, so that its memory serves again
            else:
                return
            process.wait()
            complaints.seek(0)
            yield Unreadable(f"{kind} {oid} cannot be read: {first_line(complaints.read())}")
        finally:
            process.kill()


def keep_freed_memory() -> None:
    """Let blocks of up to 30 MiB be used again when they are freed, not returned to the system.

    A register of a megabyte, read a thousand times, would else be a thousand times a megabyte of
    fresh pages, each cleared and mapped anew: a third of all the time that reading takes.  glibc
    sets its threshold by the largest block it has seen freed; elsewhere this does nothing.
    """
    _ = bytes(KEPT_BYTES)  # never written to, so it costs no memory


def _widened(process: "Popen[bytes]") -> BinaryIO:
    if process.stdout is None:
        raise FetchFailed("git was started without a pipe")
    with suppress(OSError):  # what the machine allows to one user may be used up
        fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    return open(process.stdout.fileno(), "rb", 1 << 16, closefd=False)
