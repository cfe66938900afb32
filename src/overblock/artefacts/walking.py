"""Which files a user means: paths, globs, and folders walked in the order of names."""

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from overblock.errors import FetchFailed, UnsafeArchive

STDIN = "-"


def expand(paths: Sequence[str]) -> list[str]:
    """Each path, and what each glob matches: all known to exist before the first is opened."""
    expanded: list[str] = []
    for given in paths:
        if given == STDIN or os.path.lexists(given):
            expanded.append(given)
        elif matches := sorted(glob.glob(given, recursive=True)):  # noqa: PTH207  (may be absolute)
            expanded.extend(matches)
        else:
            raise FetchFailed(f"{given}: no such file or folder")
    return expanded


def legible(name: str) -> str:
    r"""A file's name as text that can be written anywhere; bytes that are no UTF-8 become visible.

    >>> legible("fl\udcffeet.txt")
    'fl\\xffeet.txt'
    """
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def walk(folder: Path) -> Iterator[Path]:
    """Every file below ``folder``, in name order; links to folders are not followed."""

    def refuse(error: OSError) -> None:
        raise FetchFailed(f"{error.filename}: {error.strerror}") from error

    for here, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if name != ".git")
        yield from (Path(here, name) for name in sorted(files))


def check_found(path: Path, folder: Path) -> None:
    """A folder may come from a stranger's archive: a link in it must not lead out of it."""
    if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
        raise UnsafeArchive(f"{path}: a link that leads out of {folder}")
    if not path.is_file():
        raise FetchFailed(f"{path}: not a file")  # a pipe would be waited for without end
