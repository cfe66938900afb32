"""How a case accounts for itself: measurements, times, claims, safeguards, method and limits."""

from collections.abc import Iterator
from datetime import datetime

from overblock.cases.facts import Safeguards
from overblock.reports.cases.answer import CaseReport, Claim
from overblock.reports.document.case_figures import CaseFigures
from overblock.reports.document.case_findings import verdicts_said
from overblock.reports.document.case_people import measured
from overblock.reports.document.parts import (
    Block,
    Checklist,
    Paragraph,
    Phrase,
    Safeguard,
    Table,
    Value,
    phrase,
)

SAFEGUARDS = {
    "impact_assessment": phrase("an assessment of the impact before the block"),
    "independent_approval": phrase("approval by an independent body"),
    "notice_to_third_parties": phrase("notice to those who are hit besides"),
    "access_to_decision": phrase("access to the decision"),
    "review_of_harm": phrase("a review that weighs the harm"),
}
KINDS = {"fine": phrase("penalty")}  # the word also says that all is well
VERDICTS = {
    "agrees": phrase("agrees"),
    "rounded": phrase("agrees within its rounding"),
    "inside": phrase("possible by the dates known"),
    "differs": phrase("differs"),
    "contradicts": phrase("contradicted"),
    "contradicts_itself": phrase("contradicts itself"),
    "untestable": phrase("cannot be tested"),
}


def fails(case: CaseFigures) -> Iterator[Block]:
    """What measurements say; most cases hold claims about them only."""
    if case.facts.measurements:
        yield Paragraph(
            text=phrase(
                "Measured by others: {who}. Their figures stand among the claims below.",
                who=", ".join(case.facts.measurements),
            )
        )
    if case.report.measurements:
        yield from measured(case)
        return
    yield Paragraph(
        text=phrase(
            "This case holds no measurements of its own: that something was listed does not "
            "say that it failed."
        )
    )


def when(case: CaseFigures) -> Iterator[Block]:
    """Acts and events in the order of time."""
    report = case.report
    if report.timeline:
        yield _timeline(report)
    if report.events:
        yield _events(report)
    if not report.timeline and not report.events:
        yield Paragraph(
            text=phrase(
                "Documented from {begin} to {end}; days are those of the place ({offset}).",
                begin=report.documented_from,
                end=report.documented_until,
                offset=report.utc_offset,
            )
        )


def _timeline(report: CaseReport) -> Table:
    return Table(
        name="timeline",
        caption=phrase("Orders, rulings and reports"),
        columns=(phrase("day"), phrase("kind"), phrase("who"), phrase("what")),
        rows=tuple(
            (
                _day(act.at_first, act.at_precision),
                KINDS.get(act.kind, Phrase(act.kind)),
                act.actor,
                act.summary,
            )
            for act in report.timeline
        ),
    )


def _events(report: CaseReport) -> Table:
    return Table(
        name="events",
        caption=phrase("Restrictions and releases"),
        columns=(
            phrase("day"),
            phrase("service"),
            phrase("feature"),
            phrase("done"),
            phrase("how"),
        ),
        rows=tuple(
            (
                _day(event.at_first, event.at_precision),
                event.service,
                Phrase(event.feature),
                Phrase(event.action),
                event.technique,
            )
            for event in report.events
        ),
    )


def claims(case: CaseFigures) -> Iterator[Block]:
    """Each claim with its verdict and the query it was set against."""
    yield Paragraph(text=verdicts_said(case))
    yield Table(
        name="claims",
        caption=phrase("Each published figure and what it was set against"),
        columns=(
            phrase("claim"),
            phrase("who, when"),
            phrase("what was said"),
            phrase("measured"),
            phrase("verdict"),
            phrase("set against, or why not"),
        ),
        rows=tuple(_claim(case, claim) for claim in case.report.claims),
    )


def _claim(case: CaseFigures, claim: Claim) -> tuple[Value, ...]:
    statement: Value = claim.statement
    if claim.figure:
        statement = phrase(
            "{figure} {unit}: {statement}",
            figure=claim.figure,
            unit=Phrase(claim.unit or ""),
            statement=claim.statement,
        )
    reason = [claim.quantity, claim.why]
    measured: Value = ""
    unit = claim.measured_unit or claim.unit or ""
    if claim.low is not None:
        low = case.number(f"claim[{claim.claim_id}].low", claim.low, unit, query=claim.quantity)
        high = case.number(f"claim[{claim.claim_id}].high", claim.high, unit, query=claim.quantity)
        apart = phrase("{low} to {high}", low=low, high=high)
        measured = phrase(
            "{figure} {unit}", figure=low if claim.low == claim.high else apart, unit=Phrase(unit)
        )
    return (
        claim.claim_id,
        ", ".join(filter(None, (claim.said_by, str(claim.said_date or "")))),
        statement,
        measured,
        VERDICTS[claim.verdict],
        "; ".join(filter(None, reason)),
    )


def safeguards(case: CaseFigures) -> Iterator[Block]:
    """The court's checklist."""
    yield Paragraph(
        text=phrase(
            "The European Court of Human Rights found five safeguards missing in Kharitonov v. "
            "Russia (10795/14, 2020). What is established of each here:"
        )
    )
    yield safeguard_list(case.facts.safeguards)


def safeguard_list(known: Safeguards | None) -> Checklist:
    """The five safeguards with what is known of each; None knows nothing."""
    items = []
    for name, title in SAFEGUARDS.items():
        found = getattr(known, name) if known else None
        items.append(
            Safeguard(
                title=title,
                met=found.met if found else None,
                note=found.note if found else "",
                source=found.source_url if found else "",
            )
        )
    return Checklist(items=tuple(items))


METHOD = (
    phrase(
        "An address counts once, however many networks and decisions hold it; groups may overlap, "
        "so their sum may be more than the total."
    ),
    phrase(
        "A day without an hour is its first to its last instant: where that matters, two readings "
        "are given, the low and the high one."
    ),
    phrase(
        "A verdict is computed from the figure said and the figure measured; nobody types it in. "
        "What the same publisher prints twice is no test of itself."
    ),
    phrase(
        "Listed is not failing, and reported is not measured: neither says how many people were "
        "turned away."
    ),
)


def method(case: CaseFigures) -> Iterator[Block]:
    """How figures are made, and what speaks against them."""
    for text in (*METHOD, *(phrase("{words}", words=limit) for limit in case.facts.limits)):
        yield Paragraph(text=text)
    counts = case.report.verdicts
    differ = sum(counts[state] for state in ("differs", "contradicts", "contradicts_itself"))
    yield Paragraph(
        text=phrase(
            "Against this report speak: {differ} claims that its tables do not bear out, and "
            "{untestable} that nothing public can test.",
            differ=case.number("claims.not_borne_out", differ, "claims", level="claimed"),
            untestable=case.number(
                "claims.untestable", counts["untestable"], "claims", level="claimed"
            ),
        )
    )


def _day(at: datetime, precision: str) -> Value:
    """A day, month or year as it was documented."""
    forms = {"year": "%Y", "month": "%Y-%m", "day": "%Y-%m-%d"}
    return f"{at:{forms[precision]}}" if precision in forms else at
