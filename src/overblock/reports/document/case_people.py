"""What people told a case and what their probes measured, as blocks of a report."""

from collections import Counter
from collections.abc import Iterator
from datetime import timezone

from overblock.cases.times import read_zone
from overblock.reports.cases.people import Complaint
from overblock.reports.document.case_figures import CaseFigures
from overblock.reports.document.parts import Block, Paragraph, Table, Value, phrase

ROLES = {
    "owner": phrase("owner"),
    "operator": phrase("operator"),
    "user": phrase("user"),
    "other": phrase("other"),
}
PROBED = {
    "ok": phrase("works"),
    "down": phrase("down for all"),
    "blocked": phrase("blocked"),
    "throttled": phrase("slowed down"),
    "insufficient": phrase("says too little"),
}
MOST_ROWS = 100  # of a table in the report; the data hold all


def complaints(case: CaseFigures) -> Iterator[Block]:
    """What people said of themselves; a case without complaints says nothing here."""
    told = case.report.complaints
    if not told:
        return
    yield Paragraph(
        text=phrase(
            "{all} complaints were made to those who compiled this case, {owners} of them by the "
            "owner of what failed. A complaint is a report, not a measurement.",
            all=case.number("complaints.count", len(told), "complaints", level="reported"),
            owners=case.number(
                "complaints.role[owner]",
                sum(one.role == "owner" for one in told),
                "complaints",
                level="reported",
            ),
        )
    )
    yield Table(
        name="complaints",
        caption=phrase("Complaints; networks are those of whoever complained"),
        columns=(
            phrase("complaint"),
            phrase("day"),
            phrase("who"),
            phrase("what"),
            phrase("network"),
            phrase("effect"),
        ),
        rows=tuple(_complaint(one, read_zone(case.report.utc_offset)) for one in told[:MOST_ROWS]),
    )


def _complaint(one: Complaint, zone: timezone) -> tuple[Value, ...]:
    who = ", ".join(filter(None, (one.name, one.organisation, one.email, one.phone, one.contact)))
    network = " ".join(filter(None, (f"AS{one.asn}" if one.asn else "", one.operator)))
    return (
        one.complaint_id,
        one.made_at_first.astimezone(zone).date(),
        phrase("{role}: {who}", role=ROLES[one.role], who=who) if who else ROLES[one.role],
        ", ".join(filter(None, (one.domain, one.address, one.sector))),
        network,
        one.effect,
    )


def measured(case: CaseFigures) -> Iterator[Block]:
    """The measurements that a case holds, counted by network and verdict."""
    rows = case.report.measurements
    networks = {one.probe_asn for one in rows}
    yield Paragraph(
        text=phrase(
            "This case holds {all} measurements from {networks} networks. Each verdict is that of "
            "its row's source; numbers of measurements say nothing of numbers of people.",
            all=case.number("measurements.count", len(rows), "measurements", level="observed"),
            networks=case.number(
                "measurements.networks", len(networks), "networks", level="observed"
            ),
        )
    )
    counted = Counter((one.target, one.probe_asn, one.verdict) for one in rows)
    yield Table(
        name="measurements",
        caption=phrase("Measurements by target, network and verdict"),
        columns=(phrase("target"), phrase("network"), phrase("verdict"), phrase("measurements")),
        rows=tuple(
            (
                target,
                f"AS{asn}",
                PROBED[verdict],
                case.number(
                    f"measurements[{target},AS{asn},{verdict}]",
                    number,
                    "measurements",
                    level="observed",
                ),
            )
            for (target, asn, verdict), number in sorted(counted.items())[:MOST_ROWS]
        ),
    )
