"""The pictures of a documented case: charts as SVG and the map of IPv4 space as PNG."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

from overblock.cases.times import read_zone
from overblock.instants import to_the_second
from overblock.reports.cases.answer import CaseReport, Count, Group, Point, held_by
from overblock.reports.cases.words import is_old
from overblock.reports.charts import LISTED, Heading, Picture, Row, bar_chart, extent_chart
from overblock.reports.document.parts import Figure, Phrase, phrase
from overblock.reports.document.words import Words, words_of
from overblock.reports.drawing.looks import HOLDERS, TARGET
from overblock.reports.maps.hilbert import Layer, MapText, draw_map
from overblock.reports.maps.lettering import Colour

DETAIL = timedelta(days=6)  # the first panel of the extent: orders come thick in the first days
OTHERS: Colour = (86, 86, 160)
BORNE_OUT = {
    "agrees": "borne out",
    "rounded": "borne out",
    "inside": "possible",
    "differs": "differs",
    "contradicts": "differs",
    "contradicts_itself": "differs",
}
ENGLISH = words_of("en")
NOT_ESTABLISHED = phrase("not established")


def draw_all(report: CaseReport, words: Words = ENGLISH) -> tuple[tuple[Picture, ...], bytes]:
    """All charts, and the map, empty where the case has no networks; both are drawn at once.

    That takes less time only where the renderer was started apart: a chart waits for it, and
    meanwhile the map is painted here.
    """
    with ThreadPoolExecutor(1) as beside:
        charts = beside.submit(draw_charts, report, words)
        drawn = b"" if report.total is None else draw_case_map(report, words)
        return charts.result(), drawn


def draw_charts(report: CaseReport, words: Words = ENGLISH) -> tuple[Picture, ...]:
    """All charts of a case, of what it has tables for, in the words of a language."""
    listed = () if report.peak is None else (_extent(report, report.peak, words),)
    grouped = (_holders(report, words), _decisions(report, words)) if report.total else ()
    return (*listed, *grouped, *((_sectors(report, words),) if report.sectors else ()))


def _extent(report: CaseReport, highest: Point, words: Words) -> Picture:
    begin, end = report.documented_from, report.documented_until
    totals = [one for one in report.counts if _is_total(one)]
    borne_out = sum(BORNE_OUT[one.verdict] != "differs" for one in totals)
    spoken = phrase(
        "Step chart of IPv4 addresses blocked from {begin} to {end}. It rises to {peak} on "
        "{peak_day} and stands at {last} at the end. Of {totals} reported totals {borne_out} can "
        "be borne out by the networks.",
        begin=_local_day(report, begin),
        end=_local_day(report, end),
        peak=_count(highest.low),
        peak_day=_local_day(report, highest.at),
        last=_count(report.series[-1].low),
        totals=_count(len(totals)),
        borne_out=_count(borne_out),
    )
    band = phrase(
        "Band: what the documented networks give, from the low to the high reading of their dates,"
    )
    points = phrase(
        "with {background} blocked before. Points and bars: totals that were reported. "
        "Case {name}.",
        background=_count(report.background),
        name=report.name,
    )
    heading = Heading(
        name="extent",
        title=words(phrase("{title}: addresses blocked over time", title=report.title)),
        subtitle=(words(band), words(points)),
        alt=words(spoken),
    )
    series: list[Row] = [
        {"at": to_the_second(point.at), "low": point.low, "high": point.high}
        for point in report.series
    ]
    parts = _panels(begin, end, words)
    return extent_chart(heading, parts, series, [_point(one) for one in totals], words)


def _panels(begin: datetime, end: datetime, words: Words) -> tuple[tuple[str, str, str], ...]:
    """The first days apart, as orders come thick in them, and the whole time."""
    detail = min(begin + DETAIL, end)
    return (
        (words(phrase("The first days")), to_the_second(begin), to_the_second(detail)),
        (words(phrase("The whole time documented")), to_the_second(begin), to_the_second(end)),
    )


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
        "at": to_the_second(first),
        "until": to_the_second(last),
        "middle": to_the_second(first + (last - first) / 2),
        "value": count.value,
        "verdict": BORNE_OUT[count.verdict],
    }


def _holders(report: CaseReport, words: Words) -> Picture:
    own = words(phrase(", the target"))
    rows: list[Row] = [
        {
            "label": group.key or words(NOT_ESTABLISHED),
            "value": group.ipv4,
            "text": _sized(group, words) + (own if group.key in report.target_holders else ""),
            "strong": int(group.key in report.target_holders),
        }
        for group in report.holders
    ]
    spoken = phrase(
        "Bar chart of listed addresses by holder on {at}: {bars}.", at=report.at, bars=_listed(rows)
    )
    heading = Heading(
        name="holders",
        title=words(phrase("Whose addresses were blocked for {target}", target=report.target)),
        subtitle=_subtitle(report, phrase("Listed IPv4 addresses by holder, each once"), words),
        alt=words(spoken),
    )
    return bar_chart(heading, rows, axis=words(LISTED), words=words)


def _decisions(report: CaseReport, words: Words) -> Picture:
    rows: list[Row] = [
        {
            "label": group.key or words(NOT_ESTABLISHED),
            "value": group.ipv4,
            "text": f"{_sized(group, words)}, {_age(group, words)}",
            "strong": int(is_old(group)),
        }
        for group in report.decisions
    ]
    spoken = phrase(
        "Bar chart of listed addresses by decision on {at}: {bars}.",
        at=report.at,
        bars=_listed(rows),
    )
    heading = Heading(
        name="decisions",
        title=words(_decisions_title(report.decisions)),
        subtitle=_subtitle(
            report, phrase("Listed IPv4 addresses by decision, and its age at first use"), words
        ),
        alt=words(spoken),
    )
    return bar_chart(heading, rows, axis=words(LISTED), words=words)


def _age(group: Group, words: Words) -> str:
    """How old a decision was on the day its first network was listed."""
    if group.decision_date is None or group.days_before_listing is None:
        return words(phrase("decision not established"))
    if group.days_before_listing == 1:
        return words(phrase("made {date}, the day before", date=str(group.decision_date)))
    return words(
        phrase(
            "made {date}, {days} days before",
            date=str(group.decision_date),
            days=_count(group.days_before_listing),
        )
    )


def _decisions_title(decisions: Sequence[Group]) -> Phrase:
    if decisions and is_old(decisions[0]) and decisions[0].decision_date:
        return phrase(
            "{share} stood under a decision of {year}",
            share=_share(decisions[0].share),
            year=str(decisions[0].decision_date.year),
        )
    return phrase("Under which decisions addresses were listed")


def _sectors(report: CaseReport, words: Words) -> Picture:
    rows: list[Row] = [
        {
            "label": one.title,
            "value": one.services,
            "text": words(_with_share(one.services, one.share)),
            "strong": 0,
        }
        for one in report.sectors
    ]
    services = _count(report.services or 0)
    spoken = phrase(
        "Bar chart of {services} services reported hit by sector: {bars}.",
        services=services,
        bars=_listed(rows),
    )
    title = phrase(
        "Services reported hit that had nothing to do with {target}", target=report.target
    )
    heading = Heading(
        name="sectors",
        title=words(title),
        subtitle=(
            words(
                phrase(
                    "{services} services by sector, as press and users reported them,",
                    services=services,
                )
            ),
            words(phrase("not measured. Case {name}.", name=report.name)),
        ),
        alt=words(spoken),
    )
    return bar_chart(heading, rows, axis=words(phrase("services reported hit")), words=words)


def _subtitle(report: CaseReport, what: Phrase, words: Words) -> tuple[str, ...]:
    said = phrase(
        "{what}; {at}. All: {total}. Case {name}.",
        what=what,
        at=report.at,
        total=_count(report.total.ipv4 if report.total else None),
        name=report.name,
    )
    return (words(said),)


def _listed(rows: Sequence[Row]) -> str:
    return "; ".join(f"{row['label']} {row['text']}" for row in rows)


def _sized(group: Group, words: Words) -> str:
    return words(_with_share(group.ipv4, group.share))


def _with_share(size: int, share: float) -> Phrase:
    return phrase("{size} ({share})", size=_count(size), share=_share(share))


def _count(value: float | None) -> Figure:
    """A number as the language writes it; a chart's numbers need no query of their own."""
    return Figure(name="", query="", value=value, unit="")


def _share(value: float) -> Figure:
    return Figure(name="", query="", value=value, unit="", form="share")


def _local_day(report: CaseReport, at: datetime) -> date:
    return at.astimezone(read_zone(report.utc_offset)).date()


def map_alt(report: CaseReport, words: Words = ENGLISH) -> str:
    """The words that stand for the map."""
    layers = _layers(report, words)
    sized = [phrase("{size}", size=_count(layer.addresses.size)) for layer in layers]
    held = "; ".join(
        f"{layer.label} {words(size)}" for layer, size in zip(layers, sized, strict=True)
    )
    if report.total is None:
        return words(phrase("A map of nothing: the case has no networks."))
    return words(
        phrase(
            "Map of all IPv4 addresses as one square, along a Hilbert curve. On {at}, {total} "
            "stood listed to block {target}, {share} of all. In colour: {held}.",
            at=report.at,
            total=_count(report.total.ipv4),
            target=report.target,
            share=_share(report.total.ipv4_percent / 100),
            held=held,
        )
    )


def draw_case_map(report: CaseReport, words: Words = ENGLISH) -> bytes:
    """What stood listed at the moment of the figures, on the map of IPv4 space, as PNG."""
    reading = phrase(
        "Each small square is a /8 block of 16.8 million addresses; neighbours on the map are "
        "neighbours by number (Hilbert curve)."
    )
    rings = phrase(
        "Rings: {target}'s own networks. Case {name} of overblock: {source}.",
        target=report.target,
        name=report.name,
        source=report.source,
    )
    text = MapText(
        title=report.headline,
        subtitle=words(
            phrase("All IPv4 addresses as one square; in colour, listed on {at}", at=report.at)
        ),
        total_label=words(phrase("Listed")),
        compared=(words(phrase("All listed, and to the same scale")), report.target),
        remainder=words(phrase("was not {target}'s own", target=report.target)),
        notes=(words(reading), words(rings)),
        each_once=words(phrase("IPv4 addresses, each once")),
        of_all=words(phrase("of all there are")),
        reserved=words(phrase("not for public hosts")),
        number=lambda value: words(_count(value)),
        percent=lambda value: words(_share(value)),
    )
    return draw_map(_layers(report, words), text, description=map_alt(report, words))


def _layers(report: CaseReport, words: Words) -> tuple[Layer, ...]:
    """The largest holders in a colour each, all others in one, the target on top with rings."""
    keys = [group.key for group in report.holders if group.key not in report.target_holders]
    large = [key for key in keys if key is not None][: len(HOLDERS)]
    rest = [key for key in keys if key not in large]
    layers = [
        Layer(label=key, colour=colour, addresses=held_by(report, [key]), named=index < 2)  # noqa: PLR2004  (two names have room)
        for index, (key, colour) in enumerate(zip(large, HOLDERS, strict=False))
    ]
    if rest:
        layers.append(
            Layer(label=words(phrase("others")), colour=OTHERS, addresses=held_by(report, rest))
        )
    own = held_by(report, report.target_holders)
    return (*layers, Layer(label=report.target, colour=TARGET, addresses=own, ringed=True))
