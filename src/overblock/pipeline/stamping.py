"""Time stamps for what an observatory keeps: an authority's word for when each artefact existed.

Only digests leave the machine.  A stamp stands beside its artefact and is never replaced, as the
first is the one that proves most.
"""

from collections.abc import Callable

from overblock.custody.stamps import fetch_stamp
from overblock.durable import put_file
from overblock.store import Store


def stamp_all(store: Store, authority: str, watch: Callable[[int, int], object]) -> int:
    """Stamp every artefact that has no stamp; gives how many were.

    ``watch`` is told how many are done, and of how many.

    Raises:
        FetchFailed: the authority did not stamp one; those before it keep theirs.
    """
    due = [digest for digest in store.artefacts() if not store.stamp_path(digest).exists()]
    for done, digest in enumerate(due, start=1):
        put_file(store.stamp_path(digest), fetch_stamp(bytes.fromhex(digest), authority))
        watch(done, len(due))
    return len(due)
