"""An answer written a part at a time is the answer written at once."""

import msgspec
import pytest

from overblock.cli._frames import write_json
from overblock.cli._options import Rendering


class Row(msgspec.Struct):
    """One of many."""

    text: str
    more: list[int]


class Answer(msgspec.Struct):
    """What holds them."""

    name: str
    rows: list[Row]
    after: str


HOSTILE = '"rows": []\n[x]\\n'
ROWS = [Row(HOSTILE, [number] * (number % 3)) for number in range(7)]


@pytest.mark.parametrize("n_rows", [0, 1, 2, 7])
@pytest.mark.parametrize("size", [1, 2, 100])
def test_json_in_parts_is_json_at_once(
    n_rows: int, size: int, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = ROWS[:n_rows]
    Rendering("json")(Answer(HOSTILE, rows, HOSTILE), tuple, lambda: None)
    whole = capsys.readouterr().out
    parts = (rows[begin : begin + size] for begin in range(0, len(rows), size))
    write_json(Answer(HOSTILE, [], HOSTILE), "rows", parts)
    assert capsys.readouterr().out == whole
    assert msgspec.json.decode(whole, type=Answer).rows == rows


def test_a_list_that_is_not_there_is_no_place_for_rows() -> None:
    with pytest.raises(ValueError, match="no empty list others in Answer"):
        write_json(Answer("", [], ""), "others", [])
