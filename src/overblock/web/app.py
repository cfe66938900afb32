"""The site as one application: all its pages."""

from pathlib import Path

from litestar.openapi import OpenAPIConfig

from overblock import __version__
from overblock.web.cases import case_page, cases_json, cases_page
from overblock.web.checks.page import (
    check_csv,
    check_form,
    check_form_csv,
    check_history,
    check_json,
    check_measured,
    check_page,
)
from overblock.web.collateral.lists import (
    dead_csv,
    dead_json,
    dead_page,
    impact_csv,
    impact_json,
    impact_page,
)
from overblock.web.collateral.over_time import over_time_csv, over_time_json, over_time_svg
from overblock.web.collateral.page import (
    collateral_csv,
    collateral_json,
    collateral_page,
    name_json,
    name_page,
    names_csv,
    names_json,
    names_page,
)
from overblock.web.feeds.page import check_feed, events_feed, register_feed
from overblock.web.maps.page import map_csv, map_json, map_moments, map_of_case, map_page
from overblock.web.maps.pictures import map_png, map_svg, map_tile
from overblock.web.measured.events import event_page, events_csv, events_json, events_page
from overblock.web.measured.measurements import (
    list_csv,
    list_json,
    list_page,
    matrix_csv,
    matrix_json,
    matrix_page,
    measurement_page,
    rules_json,
    rules_page,
)
from overblock.web.measured.series import (
    series_csv,
    series_json,
    series_page,
    series_svg,
    series_vega,
)
from overblock.web.metrics import metrics
from overblock.web.now import now_csv, now_json, now_page
from overblock.web.openapi.page import api_page
from overblock.web.openapi.schema import SchemaPlugin, tell_refusals
from overblock.web.registers.badge import badge, badges_page
from overblock.web.registers.decisions import (
    decision_svg,
    decisions_csv,
    decisions_json,
    decisions_page,
)
from overblock.web.registers.diff import diff_csv, diff_json, diff_page
from overblock.web.registers.history import history_csv, history_json, history_spec, history_svg
from overblock.web.registers.page import register_page
from overblock.web.robots import robots
from overblock.web.serving.building import ASKED_A_MINUTE, Plan, build
from overblock.web.serving.counting import Counts
from overblock.web.serving.health import health
from overblock.web.serving.site import Site
from overblock.web.sources import sources_csv, sources_json, sources_page
from overblock.web.vega import vega_bundle
from overblock.web.words import glossary_json, glossary_page, method_json, method_page

PAGES = [
    *(now_page, now_json, now_csv),
    *(badge, badges_page),
    *(register_feed, events_feed, check_feed),
    *(check_page, check_form, check_form_csv, check_json, check_csv, check_history, check_measured),
    register_page,
    *(history_json, history_csv, history_svg, history_spec, vega_bundle),
    *(decisions_page, decisions_json, decisions_csv, decision_svg),
    *(diff_page, diff_json, diff_csv),
    *(map_page, map_json, map_csv, map_moments, map_of_case, map_svg, map_png, map_tile),
    *(collateral_page, collateral_json, collateral_csv),
    *(over_time_json, over_time_csv, over_time_svg),
    *(names_page, names_json, names_csv, name_page, name_json),
    *(dead_page, dead_json, dead_csv, impact_page, impact_json, impact_csv),
    *(matrix_page, matrix_json, matrix_csv, list_page, list_json, list_csv),
    *(series_page, series_json, series_csv, series_svg, series_vega),
    *(rules_page, rules_json, measurement_page),
    *(events_page, events_json, events_csv, event_page),
    *(cases_page, cases_json, case_page),
    *(sources_page, sources_json, sources_csv, health, metrics),
    *(glossary_page, glossary_json, method_page, method_json, api_page, robots),
]


def create_app(
    store: Path, *, asked_a_minute: int = ASKED_A_MINUTE, counts: Counts | None = None
) -> Site:
    """The site over the observatory at ``store``, which need not be there yet.

    A client may ask so many questions a minute, 0: any number; ``counts`` are those that several
    workers share.
    """
    tell_refusals(PAGES)
    plan = Plan(asked_a_minute=asked_a_minute, counts=counts or Counts(), described=_described())
    return build(store, PAGES, plan)


def _described() -> OpenAPIConfig:
    """How the site describes itself to programs."""
    return OpenAPIConfig(
        title="overblock",
        version=__version__,
        description="What is blocked, since when, by which decision, and who else is hit.",
        path="/schema",
        render_plugins=[SchemaPlugin(path=["/", "/openapi.json"])],
        use_handler_docstrings=True,
    )
