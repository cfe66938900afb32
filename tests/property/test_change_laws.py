"""What changed between two states, against counting the records of both."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overblock.registers.changes import changes_between

SEPARATORS = (b"\n", b"</content>", b"\r\n")
separator = st.sampled_from(SEPARATORS)
record = st.sampled_from([b"", b"a", b"b", b"ab", b"</content", b"<", b"\r", b"aa" * 40])
body = st.lists(record, max_size=30)
edit = st.tuples(st.sampled_from(["drop", "move", "add", "turn"]), st.integers(0, 99), record)


def joined(records: list[bytes], end: bytes) -> bytes:
    return b"".join(record + end for record in records)


def split(written: bytes, end: bytes) -> list[bytes]:
    """The records of a body, by the plainest means: a record may not hold its separator."""
    return written.split(end)[:-1]


def check(before: bytes, after: bytes, end: bytes) -> None:
    old, new = split(before, end), split(after, end)
    changes = changes_between(before, after, end)
    assert changes.left == Counter(old) - Counter(new)
    assert changes.came == Counter(new) - Counter(old)
    assert changes.places.keys() == changes.came.keys()
    assert all(new[place] == record for record, place in changes.places.items())


@given(body, body, separator)
def test_any_two_bodies(before: list[bytes], after: list[bytes], end: bytes) -> None:
    check(joined(before, end), joined(after, end), end)


@given(st.lists(record, min_size=1, max_size=60), st.lists(edit, max_size=8), separator)
def test_a_body_and_its_edited_copy(
    before: list[bytes], edits: list[tuple[str, int, bytes]], end: bytes
) -> None:
    """As successive states are: records went, came, moved, changed."""
    after = list(before)
    for how, at, record in edits:
        place = at % len(after) if after else 0
        if how == "add" or not after:
            after.insert(place, record)
        elif how == "turn":
            after[place] = record
        else:
            gone = after.pop(place)
            if how == "move":
                after.insert((place * 7) % (len(after) + 1), gone)
    check(joined(before, end), joined(after, end), end)


@given(body, separator)
def test_a_state_has_not_changed_against_itself(records: list[bytes], end: bytes) -> None:
    changes = changes_between(joined(records, end), joined(records, end), end)
    assert not changes.left
    assert not changes.came


@pytest.mark.parametrize("end", SEPARATORS)
@pytest.mark.parametrize("seed", range(2))
def test_bodies_longer_than_any_window(end: bytes, seed: int) -> None:
    """The walk compares in strides and looks for its place within windows: both are passed here."""
    random = Random(seed)  # noqa: S311  (a seeded world)
    before = [b"%d;%s" % (n % 4000, b"x" * random.randrange(40)) for n in range(6_000)]
    after = [record for record in before if random.random() > 0.01]
    stretch = after[1000:4500]
    after[1000:4500] = []
    after += stretch if seed % 2 else []
    for _ in range(50):
        after.insert(random.randrange(len(after)), b"new %d" % random.randrange(30))
    check(joined(before, end), joined(after, end), end)


@given(body, body, separator)
def test_only_the_places_that_are_wanted_are_told(
    before: list[bytes], after: list[bytes], end: bytes
) -> None:
    bodies = joined(before, end), joined(after, end)
    whole = changes_between(*bodies, end)
    some = changes_between(*bodies, end, wanted=lambda record: len(record) % 2 == 0)
    assert (some.left, some.came) == (whole.left, whole.came)
    assert some.places == {key: at for key, at in whole.places.items() if len(key) % 2 == 0}
