"""The site as a worker has it: the pages that it answers itself, and the engine for the rest.

Few modules are imported here, so that a worker stays small.
"""

from pathlib import Path

from overblock.web.checks.page import (
    check_csv,
    check_form,
    check_form_csv,
    check_history,
    check_json,
    check_measured,
    check_page,
)
from overblock.web.serving.building import Plan, build
from overblock.web.serving.counting import Counts
from overblock.web.serving.far import asking
from overblock.web.serving.health import health
from overblock.web.serving.site import Site
from overblock.web.serving.warming import warm_check

PAGES = [
    *(check_page, check_form, check_form_csv, check_json, check_csv, check_history, check_measured),
    health,
]


def create_worker(store: Path, *, asked_a_minute: int, counts: Counts, engine: Path) -> Site:
    """The site over ``store``; ``engine`` is the socket on which the engine answers."""
    plan = Plan(
        asked_a_minute=asked_a_minute, counts=counts, engine=asking(engine), first=warm_check
    )
    return build(store, PAGES, plan)
