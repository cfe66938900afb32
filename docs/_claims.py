"""The verdicts of the cases that ship, for docs/explanation/claims.md."""

from collections.abc import Iterator
from functools import cache

from overblock.cases.loading import bundled_cases, load_case
from overblock.reports.cases.answer import CaseReport
from overblock.reports.cases.case import replay_case
from overblock.reports.cases.words import VERDICTS, told, verdict

MOST_SIGNS = 120


@cache
def _replayed(name: str) -> CaseReport:
    """A case, replayed once for all that is told of it."""
    return replay_case(load_case(name))


def counts() -> str:
    """How many claims of each case have which verdict."""
    head = ("case", "claims", *VERDICTS.values())
    rows = []
    for name in bundled_cases():
        report = _replayed(name)
        counted = (str(report.verdicts[state]) for state in VERDICTS)
        rows.append((name, str(len(report.claims)), *counted))
    return _grid(head, rows)


def tested() -> str:
    """Every claim that could be tested, case by case."""
    return "\n\n".join(_tested(name) for name in bundled_cases())


def _tested(name: str) -> str:
    report = _replayed(name)
    head = ("claim", "who said what", "what the case says", "set against")
    return f"### {report.title}\n\n" + _grid(head, list(_rows(name)))


def _rows(name: str) -> Iterator[tuple[str, ...]]:
    for claim in _replayed(name).claims:
        if claim.verdict != "untestable":
            said = told(claim)
            shown = said if len(said) <= MOST_SIGNS else said[: MOST_SIGNS - 1] + "…"
            yield claim.claim_id, shown, verdict(claim), claim.quantity or ""


def _grid(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
