"""Answers of measurements, series and events as rows, for CSV."""

from collections.abc import Iterator
from typing import Any

from overblock.reports.measured.matrix import MatrixAnswer
from overblock.reports.measured.series import SeriesAnswer


def matrix_rows(answer: MatrixAnswer) -> Iterator[dict[str, Any]]:
    """A row a cell that somebody measured."""
    for row in answer.rows:
        for column, cell in zip(answer.columns, row.cells, strict=True):
            if cell is None:
                continue
            yield {
                "since": answer.since,
                "until": answer.until,
                "test": row.test,
                "target": row.target,
                "feature": row.feature,
                "probe_cc": column.probe_cc or answer.probe_cc,
                "probe_asn": column.probe_asn,
                "day": column.day,
                "as_name": column.as_name,
                **{name: getattr(cell, name) for name in cell.__struct_fields__},
            }


def series_rows(answer: SeriesAnswer) -> Iterator[dict[str, Any]]:
    """A row an hour or day; what the series is of stands in each."""
    asked = answer.selection
    for point in answer.points:
        yield {
            "test": asked.test,
            "target": asked.target,
            "feature": asked.feature,
            "probe_cc": asked.probe_cc,
            "probe_asn": asked.probe_asn,
            "grain": answer.grain,
            "at": point.at,
            "n_judged": point.n_judged,
            "n_failing": point.n_failing,
            "failing_share": point.failing_share,
            "n_networks": point.n_networks,
            "states": [f"{state} {count}" for state, count in point.states.items()],
        }
