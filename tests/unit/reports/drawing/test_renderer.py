"""The renderer, here and in a process of its own."""

import os
import signal
from collections.abc import Iterator

import pytest

from overblock.errors import DrawingFailed
from overblock.reports.drawing.renderer import Apart, draw_pixels, draw_spec

SPEC = {
    "data": {"values": [{"at": "2018-04-16", "n": 1}, {"at": "2018-04-17", "n": 3}]},
    "mark": "line",
    "encoding": {
        "x": {"field": "at", "type": "temporal"},
        "y": {"field": "n", "type": "quantitative"},
    },
}
SQUARE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8">'
    '<rect width="8" height="8" fill="#0072B2"/></svg>'
)


@pytest.fixture(scope="module")
def drawn_apart() -> Iterator[Apart]:
    apart = Apart()
    apart.start()
    yield apart
    apart.end()


def test_a_picture_is_the_same_wherever_it_is_drawn(drawn_apart: Apart) -> None:
    assert drawn_apart.draw("svg", SPEC, "ru-RU") == draw_spec(SPEC, "ru-RU")
    assert drawn_apart.draw("png", SQUARE, 2.0) == draw_pixels(SQUARE, 2.0)


def test_what_is_no_picture_is_told_and_the_next_one_is_drawn(drawn_apart: Apart) -> None:
    with pytest.raises(DrawingFailed) as here:
        draw_pixels("no picture")
    with pytest.raises(DrawingFailed) as there:
        drawn_apart.draw("png", "no picture", 1.0)
    assert str(there.value) == str(here.value)
    assert drawn_apart.draw("png", SQUARE, 1.0) == draw_pixels(SQUARE)


def test_a_picture_that_takes_too_long_ends_the_process() -> None:
    """It has not even loaded the engine by then."""
    apart = Apart()
    apart.start()
    with pytest.raises(DrawingFailed, match="not drawn within 0 seconds"):
        apart.draw("svg", SPEC, None, seconds=0)
    assert not apart.started


def test_a_process_that_died_is_an_error_and_can_be_started_anew() -> None:
    apart = Apart()
    apart.start()
    assert apart.process_id is not None
    os.kill(apart.process_id, signal.SIGKILL)
    with pytest.raises(DrawingFailed, match="has died"):
        apart.draw("png", SQUARE, 1.0)
    apart.start()
    assert apart.draw("png", SQUARE, 1.0) == draw_pixels(SQUARE)
    apart.end()


def test_who_starts_nothing_is_told_so() -> None:
    with pytest.raises(DrawingFailed, match="was not started"):
        Apart().draw("png", SQUARE, 1.0)
