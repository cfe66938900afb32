"""A documented case on one terminal screen that a reporter could quote from.

Every text of a case is put as plain text, never as markup: a case folder may come from anybody.
"""

from collections.abc import Iterator

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from overblock.reports.cases import words as case_words
from overblock.reports.cases.answer import CaseReport, Claim, held_by
from overblock.reports.cases.words import number, percent

SHOWN = 5  # groups: the rest is one line
TELLING = 3  # claims


def render_case(report: CaseReport) -> RenderableType:
    """The case in at most forty lines of a hundred columns."""
    return Group(
        Text(report.title, style="bold"),
        *(Text(sentence) for sentence in case_words.headline(report)),
        *_difference(report),
        *_listed(report),
        *_last_events(report),
        Text(),
        *_sectors(report),
        *_claims(report),
        Text(),
        *_evidence(report),
    )


def _difference(report: CaseReport) -> Iterator[Text]:
    if report.difference is not None:
        yield Text(case_words.difference(report.difference))


def _listed(report: CaseReport) -> Iterator[RenderableType]:
    """What stood listed, by decision and by holder; nothing where the case has no networks."""
    if report.total is None:
        return
    yield Text()
    yield _decisions(report)
    if sum(group.ipv4 for group in report.decisions) > report.total.ipv4:
        yield Text("Some addresses stand under two; the total counts each once.", "dim")
    yield Text()
    yield _holders(report, report.total.ipv4)


def _last_events(report: CaseReport) -> Iterator[RenderableType]:
    """The last restrictions of a case that has no networks."""
    if report.total is not None or not report.events:
        return
    columns = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1))
    for name in ("Day", "Service", "Feature", "Done", "Where"):
        columns.add_column(name, no_wrap=True, max_width=30, overflow="ellipsis")
    for event in report.events[-SHOWN:]:
        cells = (event.service, event.feature, event.action, event.region or "")
        columns.add_row(f"{event.at_first:%Y-%m-%d}", *(Text(cell) for cell in cells))
    yield Text()
    yield Text(f"The last {len(report.events[-SHOWN:])} of {len(report.events)} events", "bold")
    yield columns


def _columns(*names: str) -> Table:
    columns = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1))
    columns.add_column(names[0], no_wrap=True, max_width=30, overflow="ellipsis")
    for name in names[1:3]:
        columns.add_column(name, justify="right", no_wrap=True)
    for name in names[3:]:
        columns.add_column(name, no_wrap=True, max_width=44)
    return columns


def _decisions(report: CaseReport) -> Table:
    columns = _columns("Decision", "addresses", "share", "made so long before its first listing")
    for group in report.decisions[:SHOWN]:
        style = "bold" if case_words.is_old(group) else ""
        columns.add_row(
            Text(group.key or "not established", style),
            number(group.ipv4),
            percent(group.share),
            Text(case_words.age(group), style),
        )
    return columns


def _holders(report: CaseReport, whole: int) -> Table:
    columns = _columns("Holder", "addresses", "share", "networks")
    for group in report.holders[:SHOWN]:
        columns.add_row(
            Text(group.key or "not established"),
            number(group.ipv4),
            percent(group.share),
            Text(f"{group.networks}, the largest {group.witness}"),
        )
    rest = report.holders[SHOWN:]
    if rest:
        size = held_by(report, [group.key for group in rest]).size
        names = ", ".join(group.key or "not established" for group in rest)
        columns.add_row(f"{len(rest)} more", number(size), percent(size / whole), Text(names))
    return columns


def _sectors(report: CaseReport) -> Iterator[Text]:
    if report.services is None:
        return
    yield Text(
        f"Services reported hit: {number(report.services)}, by press and users, none measured here",
        "bold",
    )
    shown = "; ".join(f"{one.title} {one.services}" for one in report.sectors[:SHOWN])
    yield Text(shown, overflow="ellipsis", no_wrap=True)
    if report.hosts:
        yield Text(case_words.hosts(report))
    yield Text()


def _claims(report: CaseReport) -> Iterator[Text]:
    counted = ", ".join(
        f"{case_words.VERDICTS[state]} {n}" for state, n in report.verdicts.items() if n
    )
    yield Text(f"What was said, {len(report.claims)} claims: ", "bold").append(counted, "not bold")
    by_id = {claim.claim_id: claim for claim in report.claims}
    for name in report.telling[:TELLING]:
        if name in by_id:
            yield from _claim(by_id[name])


def _claim(claim: Claim) -> Iterator[Text]:
    yield Text(f"  {case_words.told(claim)}", overflow="ellipsis", no_wrap=True)
    yield Text(f"    {case_words.verdict(claim)}", "bold", overflow="ellipsis", no_wrap=True)


def _evidence(report: CaseReport) -> Iterator[Text]:
    listed = f"listed {number(report.total.ipv4)} addresses" if report.total else ""
    hit = f"reported {number(report.services)} services" if report.services is not None else ""
    told = "; ".join(filter(None, (listed, hit))) or "listed and reported: nothing that is counted"
    yield Text("Evidence, never added up:", "bold").append(f" {told};", "not bold")
    yield Text("exposed, observed and confirmed: nothing, as the case holds no names and no tests")
    source = f", {report.source}" if report.source else ""
    yield Text(f"Source: case {report.name}{source}", "dim")
