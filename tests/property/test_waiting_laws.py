"""Files in groups, looked at ahead: none is lost, and what is known of the rest is true."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overblock.artefacts.measurements import Found
from overblock.errors import FetchFailed
from overblock.pipeline.waiting import (
    GROUP_BYTES,
    GROUP_FILES,
    GROUPS_KNOWN,
    PACKED_TO,
    Group,
    Waiting,
    in_groups,
)

sizes = st.lists(st.integers(0, GROUP_BYTES * 2), max_size=40)


def files_of(folder: Path, n_bytes: list[int]) -> list[Found]:
    """Files of so many bytes, which take none: nothing is written into them."""
    found: list[Found] = []
    for number, size in enumerate(n_bytes):
        packed = number % 2 == 0
        path = folder / f"{number:02}.jsonl{'.gz' if packed else ''}"
        with path.open("wb") as file:
            file.truncate(size // PACKED_TO if packed else size)
        found.append(Found(path.name, path))
    return found


@given(sizes)
def test_groups_hold_all_files_in_order_and_each_is_full_but_the_last(n_bytes: list[int]) -> None:
    with TemporaryDirectory() as name:
        found = files_of(Path(name), n_bytes)
        groups = list(in_groups(found))
        assert [file for group in groups for file in group.files] == found
        for group in groups[:-1]:
            without_last = list(in_groups(group.files[:-1]))
            assert group.n_bytes >= GROUP_BYTES
            assert sum(each.n_bytes for each in without_last) < GROUP_BYTES
        whole = sum(group.n_bytes for group in groups)
        assert sum(n_bytes) - PACKED_TO * len(found) <= whole <= sum(n_bytes)


@given(
    st.lists(st.integers(0, 1000), max_size=GROUPS_KNOWN * 2),
    st.sampled_from([None, FetchFailed("no more")]),
)
def test_what_waits_is_given_once_and_its_bytes_are_those_of_the_next(
    n_bytes: list[int], failed: FetchFailed | None
) -> None:
    groups = [Group((), size) for size in n_bytes]

    def found() -> Iterator[Group]:
        yield from groups
        if failed:
            raise failed

    waiting = Waiting(found())
    for number, group in enumerate(groups):
        assert waiting.first is group
        known = groups[number : number + GROUPS_KNOWN]
        assert waiting.n_bytes == sum(each.n_bytes for each in known)
        assert waiting.take() is group
    assert (waiting.first, waiting.n_bytes) == (None, 0)
    if failed:
        with pytest.raises(FetchFailed):
            waiting.take()
    else:
        assert waiting.take() is None


def test_many_small_files_are_no_endless_group() -> None:
    found = (Found("stdin", Path("/nowhere") / str(number)) for number in range(GROUP_FILES + 1))
    assert [len(group.files) for group in in_groups(found)] == [GROUP_FILES, 1]


def test_a_pipe_is_for_the_process_that_it_comes_to() -> None:
    groups = list(in_groups([Found("stdin", None), Found("a", Path("/nowhere"))]))
    assert [group.is_on_disk for group in groups] == [False, True]
