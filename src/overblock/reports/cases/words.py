"""Figures of a case in words: the same in the terminal, on charts and in the folder's page."""

from collections import Counter
from datetime import datetime

from overblock.cases.times import read_zone
from overblock.reports.cases.answer import CaseReport, Claim, Difference, Group, Hosted

VERDICTS = {
    "agrees": "agree",
    "rounded": "agree when rounded",
    "inside": "possible by the dates known",
    "differs": "differ",
    "contradicts": "contradicted",
    "contradicts_itself": "contradict themselves",
    "untestable": "cannot be tested",
}
UNITS = {
    "addresses": "addresses",
    "ipv4_percent": "percent of IPv4",
    "networks": "networks",
    "added": "addresses added",
    "released": "addresses released",
    "networks_released": "networks released",
    "services": "services reported hit",
}
HOST_LISTED = frozenset({"address_listed", "host_listed"})
NEAR_END = 0.01
MOST_DIGITS = 8
LONG_BEFORE = (
    180  # days: an order older than this at its first listing is an old one put to new use
)


def number(value: float) -> str:
    """``14,598,912``, or ``0.0429`` for what is no whole number."""
    if float(value).is_integer() or abs(value) >= 10_000:  # noqa: PLR2004  (four digits say enough)
        return f"{value:,.0f}"
    return f"{value:,.4g}"


def share_digits(share: float) -> int:
    """Digits after the point of a share in percent: one, or two at either end.

    More where it would be 100 % of what is less, or 0 % of what is more.
    """
    digits = 1 if share in {0, 1} or NEAR_END <= share <= 1 - NEAR_END else 2
    while share not in {0, 1} and round(100 * share, digits) in {0, 100} and digits < MOST_DIGITS:
        digits += 1
    return digits


def percent(share: float) -> str:
    """``93.9 %``, ``99.94 %``."""
    return f"{100 * share:.{share_digits(share)}f} %"


def day(at: datetime) -> str:
    """``5 May 2018``."""
    return f"{at.day} {at:%B %Y}"


def local_day(report: CaseReport, at: datetime) -> str:
    """The day that people of the place call it."""
    return day(at.astimezone(read_zone(report.utc_offset)))


def moment(at: datetime) -> str:
    """``5 May 2018, 13:25 UTC``; all moments of a report are in UTC."""
    return f"{day(at)}, {at:%H:%M} UTC"


def told(claim: Claim) -> str:
    """Who said what, when, with the figure: the statement alone speaks of *this many*."""
    when = f", {claim.said_date}" if claim.said_date else ""
    figure = claim.figure
    if figure and figure.isdigit():
        figure = number(int(figure))
    counted = f" [{figure} {claim.unit or ''}".rstrip() + "]" if figure else ""
    return f"{claim.said_by}{when}{counted}: {claim.statement}"


def verdict(claim: Claim) -> str:
    """A claim's verdict with the measured figure: ``differs: 10 networks, 6 more (150 %)``."""
    if claim.low is None or claim.high is None or claim.verdict == "untestable":
        return f"cannot be tested: {claim.why}"
    unit = claim.measured_unit or UNITS.get(claim.quantity or "", claim.unit or "")
    found = number(claim.low)
    if claim.low != claim.high:
        found = f"{number(claim.low)} to {number(claim.high)}"
    if claim.verdict in {"differs", "contradicts_itself"}:
        says = claim.verdict.replace("_", " ")
        return f"{says}: {found} {unit}, {_off(claim)}"
    words = {
        "agrees": "agrees",
        "rounded": "agrees when rounded",
        "inside": "possible, the dates allow",
        "contradicts": "contradicted",
    }
    return f"{words[claim.verdict]}: {found} {unit}"


def _off(claim: Claim) -> str:
    off = claim.off_by or 0.0
    way = "more" if off > 0 else "fewer"
    least = "at least " if claim.low != claim.high else ""
    share = f" ({percent(abs(claim.off_share))})" if claim.off_share is not None else ""
    return f"{least}{number(abs(off))} {way}{share}"


def age(group: Group) -> str:
    """How old a decision was on the day its first network was listed."""
    if group.decision_date is None or group.days_before_listing is None:
        return "decision not established"
    days = group.days_before_listing
    return f"made {group.decision_date}, {days:,} day{'' if days == 1 else 's'} before"


def is_old(group: Group) -> bool:
    """Whether an order was put to a new use long after it was made."""
    return (group.days_before_listing or 0) > LONG_BEFORE


def headline(report: CaseReport) -> tuple[str, ...]:
    """The three sentences to quote."""
    total, target = report.total, report.target
    if total is None or report.peak is None:
        return _headline_without_networks(report)
    listed = (
        f"On {moment(report.at)}, {number(total.ipv4)} IPv4 addresses stood listed to block "
        f"{target}: {total.ipv4_percent:.2f} % of all."
    )
    others = (
        f"{target}'s own: {number(total.target)}. All else: {number(total.others)}, "
        f"or {percent(total.others_share)} of what was listed."
    )
    peak = (
        f"Highest documented level: {number(report.peak.low)} from {moment(report.peak.at)} on "
        f"({number(report.background)} of them from before)."
    )
    return listed, others, peak


def _headline_without_networks(report: CaseReport) -> tuple[str, ...]:
    """What a case can say of which no list of networks is public."""
    documented = f"from {day(report.documented_from)} to {day(report.documented_until)}"
    told = [
        f"{number(len(rows))} {words}"
        for rows, words in (
            (report.events, "restrictions and releases"),
            (report.timeline, "orders, rulings and reports"),
        )
        if rows
    ]
    hit = (
        f"Services reported hit that had nothing to do with it: {number(report.services)}."
        if report.services is not None
        else "Services that were hit besides are not listed one by one."
    )
    return (
        f"Documented {documented}: {' and '.join(told) or 'claims only'}.",
        "No list of what was ordered is public, so no number of addresses is given.",
        hit,
    )


def difference(found: Difference) -> str:
    """Why the register says another number, in one sentence."""
    parts = []
    for line, words in (
        ("network", "in {n} networks"),
        ("single_addresses", "single addresses under {n} decisions"),
        ("not_on_register", "in {n} networks that the register has not"),
    ):
        lines = [one for one in found.lines if one.line == line]
        if lines:
            size = abs(sum(one.ipv4 for one in lines))
            parts.append(f"{number(size)} {words.format(n=len(lines))}")
    off = found.register_ipv4 - found.case_ipv4
    way = "more" if off >= 0 else "fewer"
    snapshot = f" of {moment(found.published_at)}" if found.published_at else ""
    return (
        f"The register{snapshot} ordered {number(found.register_ipv4)}, {number(abs(off))} {way}: "
        + (", ".join(parts) or "the sets are the same")
        + "."
    )


def hosts(report: CaseReport) -> str:
    """Who else was on what was listed, as far as it is documented; empty where it is not."""
    if not report.hosts:
        return ""
    listed = [one for one in report.hosts if one.state in HOST_LISTED]
    by_host = Counter(one.hosted_on or "not established" for one in listed)
    most = ", ".join(f"{host} {count}" for host, count in by_host.most_common(2))
    return (
        f"Of {len(report.hosts)} with a documented host (no census), {len(listed)} had it listed "
        f"that day: {most or 'none'}."
    )


def host(report: CaseReport, one: Hosted) -> str:
    """One such service: ``JSFiddle (search-cloud), at 165.227.250.163: in 165.227.0.0/16 ...``."""
    where = f"at {one.address}" if one.address else f"on {one.hosted_on}"
    since = f", listed from {local_day(report, one.listed_since)}" if one.listed_since else ""
    told = {
        "address_listed": f"in {one.network}{since}",
        "host_listed": f"{number(one.ipv4)} addresses of it listed, the largest {one.network}",
        "not_listed": "none of its documented networks was listed that day",
        "not_documented": "reported after the last day documented",
        "own_network": "its own network, of which the case has none",
    }[one.state]
    reported = f", reported {one.reported_date}" if one.reported_date else ""
    return f"{one.service} ({one.sector}), {where}{reported}: {told}"
