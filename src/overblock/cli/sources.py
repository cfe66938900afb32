"""``overblock sources``: what can be read, and how fresh what was read is."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from overblock.cli._columns import RowsOf, rows_of
from overblock.cli._options import Render, format_option, open_if_there, store_option
from overblock.instants import to_the_second

if TYPE_CHECKING:
    from overblock.reports.answers import Gap
    from overblock.reports.sources import SourceHealth


@click.command("sources")
@store_option
@format_option
def command(store: Path, render: Render) -> None:
    """List every source: publisher, licence, newest snapshot, age and health.

    \b
    Example:
      overblock sources --format json | jq '.[] | select(.health != "fine")'
    """
    from overblock.reports.sources import SourceHealth, sources_health

    there, now = open_if_there(store), datetime.now(UTC)
    answer = (
        there.ask(lambda view: sources_health(view, now)) if there else sources_health(None, now)
    )

    def rows() -> RowsOf:
        return rows_of(SourceHealth, answer, instead={"last_gap": (str | None, _span)})

    render(answer, rows, lambda: _show(answer))


def _span(gap: "Gap | None") -> str | None:
    """A silence in one cell, as ISO 8601 writes a time between two moments."""
    if gap is None:
        return None
    until = to_the_second(gap.silent_until) if gap.silent_until else ".."
    return f"{to_the_second(gap.silent_from)}/{until}"


def _show(answer: "list[SourceHealth]") -> None:
    from overblock.cli import _tables

    lines = [
        [
            source.name,
            source.country or "world",
            source.fills,
            source.snapshots,
            f"{source.newest_at:%Y-%m-%d %H:%M}" if source.newest_at else "",
            source.health,
        ]
        for source in answer
    ]
    columns = ["source", "country", "fills", "#snapshots", "newest (UTC)", "health"]
    _tables.console().print(_tables.table(columns, lines))
