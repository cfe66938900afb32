"""The pictures of a documented case: charts as SVG and the map of IPv4 space as PNG."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from overblock.reports.case_answer import CaseReport, Count, Group, Point, held_by
from overblock.reports.case_words import (
    age,
    headline,
    is_old,
    local_day,
    moment,
    number,
    percent,
)
from overblock.reports.charts import Heading, Picture, Row, bar_chart, extent_chart
from overblock.reports.hilbert_map import Colour, Layer, MapText, draw_map

DETAIL = timedelta(days=6)  # the first panel of the extent: orders come thick in the first days
COLOURS: tuple[Colour, ...] = ((230, 159, 0), (0, 114, 178), (0, 158, 115))  # the largest holders
OTHERS: Colour = (86, 86, 160)
TARGET: Colour = (213, 0, 50)
BORNE_OUT = {
    "agrees": "borne out",
    "rounded": "borne out",
    "inside": "possible",
    "differs": "differs",
    "contradicts": "differs",
    "contradicts_itself": "differs",
}


def draw_charts(report: CaseReport) -> tuple[Picture, ...]:
    """All charts of a case, of what it has tables for."""
    listed = () if report.peak is None else (_extent(report, report.peak),)
    grouped = (_holders(report), _decisions(report)) if report.total else ()
    return (*listed, *grouped, *((_sectors(report),) if report.sectors else ()))


def _extent(report: CaseReport, highest: Point) -> Picture:
    begin, end = report.documented_from, report.documented_until
    detail = min(begin + DETAIL, end)
    totals = [one for one in report.counts if _is_total(one)]
    borne_out = sum(BORNE_OUT[one.verdict] != "differs" for one in totals)
    peak = f"{number(highest.low)} on {local_day(report, highest.at)}"
    words = (
        f"Step chart of IPv4 addresses blocked from {local_day(report, begin)} to "
        f"{local_day(report, end)}. It rises to {peak} and stands at "
        f"{number(report.series[-1].low)} at the end. Of {len(totals)} reported totals "
        f"{borne_out} can be borne out by the networks."
    )
    band = (
        "Band: what the documented networks give, from the low to the high reading of their dates,"
    )
    points = (
        f"with {number(report.background)} blocked before. Points and bars: totals that were "
        f"reported. Case {report.name}."
    )
    heading = Heading(
        name="extent",
        title=f"{report.title}: addresses blocked over time",
        subtitle=(band, points),
        alt=words,
    )
    series: list[Row] = [
        {"at": _iso(point.at), "low": point.low, "high": point.high} for point in report.series
    ]
    parts = (
        ("The first days", _iso(begin), _iso(detail)),
        ("The whole time documented", _iso(begin), _iso(end)),
    )
    return extent_chart(heading, parts, series, [_point(one) for one in totals])


def _is_total(count: Count) -> bool:
    return (
        count.metric == "blocked_ipv4_total"
        and count.verdict in BORNE_OUT
        and count.during_from is not None
    )


def _point(count: Count) -> Row:
    first = count.during_from or datetime.min.replace(tzinfo=UTC)
    last = count.during_until or first
    return {
        "at": _iso(first),
        "until": _iso(last),
        "middle": _iso(first + (last - first) / 2),
        "value": count.value,
        "verdict": BORNE_OUT[count.verdict],
    }


def _holders(report: CaseReport) -> Picture:
    rows: list[Row] = [
        {
            "label": group.key or "not established",
            "value": group.ipv4,
            "text": f"{number(group.ipv4)} ({percent(group.share)})"
            + (", the target" if group.key in report.target_holders else ""),
            "strong": int(group.key in report.target_holders),
        }
        for group in report.holders
    ]
    heading = Heading(
        name="holders",
        title=f"Whose addresses were blocked for {report.target}",
        subtitle=_subtitle(report, "Listed IPv4 addresses by holder, each once"),
        alt=f"Bar chart of listed addresses by holder on {moment(report.at)}: {_listed(rows)}.",
    )
    return bar_chart(heading, rows, axis="IPv4 addresses listed")


def _decisions(report: CaseReport) -> Picture:
    rows: list[Row] = [
        {
            "label": group.key or "not established",
            "value": group.ipv4,
            "text": f"{number(group.ipv4)} ({percent(group.share)}), {age(group)}",
            "strong": int(is_old(group)),
        }
        for group in report.decisions
    ]
    heading = Heading(
        name="decisions",
        title=_decisions_title(report.decisions),
        subtitle=_subtitle(report, "Listed IPv4 addresses by decision, and its age at first use"),
        alt=f"Bar chart of listed addresses by decision on {moment(report.at)}: {_listed(rows)}.",
    )
    return bar_chart(heading, rows, axis="IPv4 addresses listed")


def _decisions_title(decisions: Sequence[Group]) -> str:
    if decisions and is_old(decisions[0]) and decisions[0].decision_date:
        share = percent(decisions[0].share)
        return f"{share} stood under a decision of {decisions[0].decision_date.year}"
    return "Under which decisions addresses were listed"


def _sectors(report: CaseReport) -> Picture:
    rows: list[Row] = [
        {
            "label": one.title,
            "value": one.services,
            "text": f"{one.services} ({percent(one.share)})",
            "strong": 0,
        }
        for one in report.sectors
    ]
    heading = Heading(
        name="sectors",
        title=f"Services reported hit that had nothing to do with {report.target}",
        subtitle=(
            f"{number(report.services or 0)} services by sector, as press and users reported them,",
            f"not measured. Case {report.name}.",
        ),
        alt=f"Bar chart of {report.services} services reported hit by sector: {_listed(rows)}.",
    )
    return bar_chart(heading, rows, axis="services reported hit")


def _subtitle(report: CaseReport, what: str) -> tuple[str, ...]:
    listed = number(report.total.ipv4) if report.total else "unknown"
    return (f"{what}; {moment(report.at)}. All: {listed}. Case {report.name}.",)


def _listed(rows: Sequence[Row]) -> str:
    return "; ".join(f"{row['label']} {row['text']}" for row in rows)


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def map_alt(report: CaseReport) -> str:
    """The words that stand for the map."""
    held = "; ".join(f"{layer.label} {number(layer.addresses.size)}" for layer in _layers(report))
    return (
        "Map of all IPv4 addresses as one square, along a Hilbert curve. "
        f"{' '.join(headline(report))} In colour: {held}."
    )


def draw_case_map(report: CaseReport) -> bytes:
    """What stood listed at the moment of the figures, on the map of IPv4 space, as PNG."""
    reading = (
        "Each small square is a /8 block of 16.8 million addresses; neighbours on the map are "
        "neighbours by number (Hilbert curve)."
    )
    source = (
        f"Rings: {report.target}'s own networks. Case {report.name} of overblock: {report.source}."
    )
    text = MapText(
        title=report.headline,
        subtitle=f"All IPv4 addresses as one square; in colour, listed on {moment(report.at)}",
        total_label="Listed",
        compared=("All listed, and to the same scale", report.target),
        remainder=f"was not {report.target}'s own",
        notes=(reading, source),
    )
    return draw_map(_layers(report), text, description=map_alt(report))


def _layers(report: CaseReport) -> tuple[Layer, ...]:
    """The largest holders in a colour each, all others in one, the target on top with rings."""
    keys = [group.key for group in report.holders if group.key not in report.target_holders]
    large = [key for key in keys if key is not None][: len(COLOURS)]
    rest = [key for key in keys if key not in large]
    layers = [
        Layer(label=key, colour=colour, addresses=held_by(report, [key]), named=index < 2)  # noqa: PLR2004  (two names have room)
        for index, (key, colour) in enumerate(zip(large, COLOURS, strict=False))
    ]
    if rest:
        layers.append(Layer(label="others", colour=OTHERS, addresses=held_by(report, rest)))
    own = held_by(report, report.target_holders)
    return (*layers, Layer(label=report.target, colour=TARGET, addresses=own, ringed=True))
