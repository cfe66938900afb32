"""``overblock sources``: what can be read, and how fresh what was read is."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from overblock.cli._options import Render, Rows, format_option, open_if_there, store_option

if TYPE_CHECKING:
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
    from overblock.reports.sources import sources_health

    there, now = open_if_there(store), datetime.now(UTC)
    answer = (
        there.ask(lambda view: sources_health(view, now)) if there else sources_health(None, now)
    )

    def rows() -> Rows:
        for source in answer:
            yield {name: getattr(source, name) for name in source.__struct_fields__}

    render(answer, rows, lambda: _show(answer))


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
