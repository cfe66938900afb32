"""Files that wait to be read, in groups, and how much of them there is.

OONI publishes an hour as thousands of files, most with a few lines: each alone is too little to be
given away.  What a group is depends on the files alone, so that the answers do, too.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from overblock.artefacts.archives import ARCHIVE_SUFFIXES, PACKED_SUFFIXES
from overblock.artefacts.measurements import Found
from overblock.errors import OverblockError

GROUP_BYTES = 8 << 20  # of lines: some tens of milliseconds of work
GROUP_FILES = 500
PACKED_TO = 8  # as many lines are in a packed byte, or a few more
GROUPS_KNOWN = 64  # how far is looked ahead


@dataclass(frozen=True, slots=True)
class Group:
    """Files that one process reads one after the other."""

    files: tuple[Found, ...]
    n_bytes: int  # of lines, about; 0 where nobody knows

    @property
    def is_on_disk(self) -> bool:
        """Whether any process can read it."""
        return all(found.path for found in self.files)


def in_groups(found: Iterable[Found]) -> Iterator[Group]:
    """Files in groups of about ``GROUP_BYTES``; what cannot be found comes after what was."""
    files: list[Found] = []
    n_bytes = 0
    try:
        for file in found:
            files.append(file)
            n_bytes += _n_bytes(file)
            if n_bytes >= GROUP_BYTES or len(files) >= GROUP_FILES or file.path is None:
                yield Group(tuple(files), n_bytes)
                files, n_bytes = [], 0
    except OverblockError:
        if files:
            yield Group(tuple(files), n_bytes)
        raise
    if files:
        yield Group(tuple(files), n_bytes)


def _n_bytes(file: Found) -> int:
    try:
        size = file.path.stat().st_size if file.path else 0
    except OSError:
        return 0  # who reads it says what is wrong
    packed = file.name.lower().endswith((*PACKED_SUFFIXES, *ARCHIVE_SUFFIXES))
    return size * PACKED_TO if packed else size


class Waiting:
    """Groups in their order, the next of them looked at before they are needed."""

    def __init__(self, groups: Iterable[Group]) -> None:
        """Look at the first."""
        self.n_bytes = 0  # of the groups that are known
        self._groups = iter(groups)
        self._known: deque[Group] = deque()
        self._failed: OverblockError | None = None
        self._look()

    @property
    def first(self) -> Group | None:
        """The next; None after the last."""
        return self._known[0] if self._known else None

    def take(self) -> Group | None:
        """The next, which waits no more; None after the last.

        Raises:
            OverblockError: what came after the last could not be found.
        """
        if not self._known:
            if self._failed:
                raise self._failed
            return None
        group = self._known.popleft()
        self.n_bytes -= group.n_bytes
        self._look()
        return group

    def _look(self) -> None:
        while len(self._known) < GROUPS_KNOWN and not self._failed:
            try:
                group = next(self._groups, None)
            except OverblockError as error:
                self._failed = error
                return
            if group is None:
                return
            self._known.append(group)
            self.n_bytes += group.n_bytes
