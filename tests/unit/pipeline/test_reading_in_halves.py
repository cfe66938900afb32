"""Very many records are read some at a time, which nobody can tell from what was read."""

import pytest
from polars.testing import assert_frame_equal

from overblock.pipeline import bodies
from overblock.sources.plain_list import SOURCE


def test_records_that_are_read_some_at_a_time_keep_their_numbers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    records = [b"192.0.2.7", b"no name!", b"# a comment", b"a.example", b"", b"300.1.1.1", b"b.c"]
    whole = bodies.read_records(SOURCE, b"", records)
    monkeypatch.setattr(bodies, "MOST_RECORDS", 2)
    parted = bodies.read_records(SOURCE, b"", records)
    assert whole.rows["record"].to_list() == [0, 3, 6]
    assert whole.rejects["record"].to_list() == [1, 5]
    assert_frame_equal(parted.rows, whole.rows)
    assert_frame_equal(parted.rejects, whole.rejects)
