"""What a case found: in one minute, what was ordered, whose it is, who else was hit."""

from collections.abc import Iterator, Sequence

from overblock.cases.quantities import IPV4_SPACE
from overblock.reports.cases import words as case_words
from overblock.reports.cases.answer import Group
from overblock.reports.document.case_figures import CaseFigures
from overblock.reports.document.case_people import complaints
from overblock.reports.document.parts import Block, Paragraph, Phrase, Table, phrase


def minute(case: CaseFigures) -> Iterator[Block]:
    """What to quote."""
    report, total = case.report, case.report.total
    if total is None or report.peak is None:
        yield Paragraph(text=_documented(case), strong=True)
        yield Paragraph(
            text=phrase(
                "No list of what was ordered is public, so no number of addresses is given."
            )
        )
    else:
        listed = phrase(
            "On {at}, {total} IPv4 addresses stood listed to block {target}: "
            "{share} of all IPv4 addresses.",
            at=report.at,
            total=case.extent("all", total.ipv4),
            target=report.target,
            share=case.number("extent.ipv4.share_of_all", total.ipv4 / IPV4_SPACE, form="share"),
        )
        others = phrase(
            "{target}'s own were {own}; {others} addresses, {share} of what was listed, were not.",
            target=report.target,
            own=case.extent("target", total.target),
            others=case.extent("others", total.others),
            share=case.number("extent.ipv4.others.share", total.others_share, form="share"),
        )
        peak = phrase(
            "The highest documented level was {peak} addresses, from {at} on, counting {before} "
            "that had been blocked before.",
            peak=case.number("extent.ipv4.peak", report.peak.low, "addresses"),
            at=report.peak.at,
            before=case.number("extent.ipv4.before", report.background, "addresses"),
        )
        yield Paragraph(text=listed, strong=True)
        yield Paragraph(text=others, strong=True)
        yield Paragraph(text=peak)
        yield from _old_orders(case)
    yield Paragraph(text=verdicts_said(case))


def _old_orders(case: CaseFigures) -> Iterator[Block]:
    """An old order that was put to a new use stands out by itself."""
    for group in case.report.decisions:
        if case_words.is_old(group) and group.decision_date is not None:
            yield Paragraph(
                text=phrase(
                    "{share} of what stood listed hung on decision {decision} of {date}, "
                    "made {days} days before its first listing here.",
                    share=case.share_of("decision", group),
                    decision=group.key or "",
                    date=group.decision_date,
                    days=case.number(
                        f"decision[{group.key}].days_before_listing",
                        group.days_before_listing,
                        "days",
                    ),
                ),
                strong=True,
            )


def _documented(case: CaseFigures) -> Phrase:
    report = case.report
    return phrase(
        "From {begin} to {end}: {events} restrictions and releases and {acts} orders, rulings "
        "and reports are documented.",
        begin=report.documented_from,
        end=report.documented_until,
        events=case.number("events.count", len(report.events), "events", level="reported"),
        acts=case.number("timeline.count", len(report.timeline), "acts", level="reported"),
    )


def verdicts_said(case: CaseFigures) -> Phrase:
    """How many claims are borne out, may be true, are not borne out, and cannot be tested."""
    counts = case.report.verdicts
    agree = counts["agrees"] + counts["rounded"]
    differ = sum(counts[state] for state in ("differs", "contradicts", "contradicts_itself"))
    return phrase(
        "Of {all} published claims {agree} are borne out, {possible} are possible by the dates "
        "known, {differ} are not borne out, and {untestable} cannot be tested with what is public.",
        all=case.number("claims.count", len(case.report.claims), "claims", level="claimed"),
        agree=case.number("claims.borne_out", agree, "claims", level="claimed"),
        possible=case.number("claims.possible", counts["inside"], "claims", level="claimed"),
        differ=case.number("claims.not_borne_out", differ, "claims", level="claimed"),
        untestable=case.number(
            "claims.untestable", counts["untestable"], "claims", level="claimed"
        ),
    )


def ordered(case: CaseFigures) -> Iterator[Block]:
    """Decisions, how old they were, and the extent over time."""
    report = case.report
    if report.total is None:
        yield Paragraph(text=phrase("The orders and their lists are not public."))
        return
    yield from case.picture("extent")
    yield _groups(case, "decision", report.decisions)
    yield from case.picture("decisions")
    if report.difference is not None:
        yield Paragraph(text=phrase("{words}", words=case_words.difference(report.difference)))


def whose(case: CaseFigures) -> Iterator[Block]:
    """Holders."""
    if case.report.total is None:
        yield Paragraph(
            text=phrase("Without a list of addresses nothing can be said of whose they are.")
        )
        return
    yield from case.picture("map")
    yield _groups(case, "holder", case.report.holders)
    yield from case.picture("holders")


def hit(case: CaseFigures) -> Iterator[Block]:
    """Levels of evidence apart; services by sector."""
    report = case.report
    others = report.total.others if report.total else None
    unknown = phrase("not established by this case")
    yield Table(
        name="levels",
        caption=phrase("Evidence by level; levels are never added up"),
        columns=(phrase("level"), phrase("what"), phrase("count")),
        rows=(
            (
                phrase("listed"),
                phrase("addresses that are not the target's own"),
                case.extent("others", others) if others is not None else unknown,
            ),
            (phrase("exposed"), phrase("unrelated names that lived there"), unknown),
            (phrase("observed"), phrase("names seen to fail"), unknown),
            (phrase("confirmed"), phrase("failures with order and second source"), unknown),
            (
                phrase("reported"),
                phrase("services that press and users named as hit"),
                unknown
                if report.services is None
                else case.number("services.count", report.services, "services", level="reported"),
            ),
        ),
    )
    if report.sectors:
        yield from _sectors(case)
    yield from complaints(case)


def _sectors(case: CaseFigures) -> Iterator[Block]:
    rows = tuple(
        (
            one.title,
            case.number(
                f"services.sector[{one.sector}]", one.services, "services", level="reported"
            ),
            case.number(
                f"services.sector[{one.sector}].share",
                one.share,
                "share",
                form="share",
                level="reported",
            ),
        )
        for one in case.report.sectors
    )
    yield Table(
        name="sectors",
        caption=phrase("Services reported hit, by sector; reports, not measurements"),
        columns=(phrase("sector"), phrase("services"), phrase("share")),
        rows=rows,
    )
    yield from case.picture("sectors")


def _groups(case: CaseFigures, by: str, groups: Sequence[Group]) -> Table:
    """Listed addresses by decision or holder."""
    rows = tuple(
        (
            group.key or phrase("not established"),
            case.number(f"{by}[{group.key}].ipv4", group.ipv4, "addresses"),
            case.share_of(by, group),
            case.number(f"{by}[{group.key}].networks", group.networks, "networks"),
            group.since_date,
            group.decision_date or "",
        )
        for group in groups
    )
    title = phrase("decision") if by == "decision" else phrase("holder")
    caption = (
        phrase("Listed IPv4 addresses by decision; groups may overlap")
        if by == "decision"
        else phrase("Listed IPv4 addresses by holder; groups may overlap")
    )
    columns = (
        title,
        phrase("addresses"),
        phrase("share"),
        phrase("networks"),
        phrase("listed from"),
        phrase("decided on"),
    )
    by_holder = by != "decision"
    return Table(
        name=by,
        caption=caption,
        columns=columns[:-1] if by_holder else columns,
        rows=tuple(row[:-1] for row in rows) if by_holder else rows,
    )
