"""What a worker answers itself, and what it counts of the rest."""

from pathlib import Path

from overblock.web.app import PAGES, create_app
from overblock.web.serving.building import static_file
from overblock.web.serving.counting import Counts
from overblock.web.serving.far import is_near
from overblock.web.serving.tally import MOST_PAGES, WORDS, page_of
from overblock.web.serving.worker import PAGES as NEAR
from overblock.web.serving.worker import create_worker


def test_it_answers_itself_just_what_is_near() -> None:
    near = {path for handler in (*NEAR, static_file) for path in handler.paths}
    assert near == {
        path for handler in (*PAGES, static_file) for path in handler.paths if is_near(path)
    }


def test_every_page_is_counted_wherever_it_is_answered() -> None:
    paths = {path for handler in (*PAGES, static_file) for path in handler.paths}
    assert {page_of(path) for path in paths} == {*WORDS}
    assert len(WORDS) < MOST_PAGES


def test_the_site_alone_asks_no_engine_and_a_worker_has_no_description(tmp_path: Path) -> None:
    counts = Counts()
    worker = create_worker(tmp_path, asked_a_minute=0, counts=counts, engine=tmp_path / "engine")
    assert worker.openapi_config is None
    assert create_app(tmp_path, counts=counts).openapi_config is not None
