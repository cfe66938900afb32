"""The tables of a case that tell of people: complaints, and measurements by somebody's probe.

Shops that complained in public of a block were warned by the authority; a probe's address leads
to a home.  So each column that can tell who it was is named here, with the reason: it is what a
redacted report leaves out.  Networks stay, for a block is one of a network, and so does what
anybody can read in a public archive of measurements.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from overblock.cases.forms import Form, count, link, own_address, text, time, words

Kind: TypeAlias = Literal["name", "mail", "phone", "address", "domain", "exact", "prose"]

COMPLAINTS = Form(
    file="complaints.csv",
    key=("complaint_id",),
    fields=(
        text("complaint_id"),  # of the compiler's own, and telling nothing: C-001
        time("made_at"),
        time("began_at", required=False),
        words("role", "owner", "operator", "user", "other"),
        text("name", required=False),
        text("organisation", required=False),
        text("email", required=False),
        text("phone", required=False),
        text("contact", required=False),
        text("domain", required=False),
        own_address("address"),
        count("asn", required=False),
        text("operator", required=False),
        text("sector", required=False),
        text("effect"),
        text("own_words", required=False),
        text("record_kept"),
    ),
)
MEASUREMENTS = Form(
    file="measurements.csv",
    key=(),  # one target may be measured twice in a moment
    fields=(
        time("measured_at"),
        text("target"),
        text("test"),
        text("feature", required=False),
        text("probe_country"),
        count("probe_asn"),
        own_address("probe_address"),
        text("probe_id", required=False),
        own_address("resolver_address"),
        text("report_id", required=False),
        text("measurement_uid", required=False),
        words("verdict", "ok", "down", "blocked", "throttled", "insufficient"),
        text("failure", required=False),
        link(required=False),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One column that can tell who complained or whose probe it was."""

    table: str
    column: str
    kind: Kind  # how the same is told again elsewhere; prose is not looked for
    why: str
    unless_public: bool = False  # kept where the row's source is a public archive


RULES = (
    Rule(table="complaints", column="name", kind="name", why="it says who complained"),
    Rule(table="complaints", column="organisation", kind="exact", why="it says who complained"),
    Rule(table="complaints", column="email", kind="mail", why="it leads to who complained"),
    Rule(table="complaints", column="phone", kind="phone", why="it leads to who complained"),
    Rule(table="complaints", column="contact", kind="exact", why="it leads to who complained"),
    Rule(table="complaints", column="domain", kind="domain", why="its owner is on record"),
    Rule(
        table="complaints",
        column="address",
        kind="address",
        why="it leads to a connection or a server; the network stays",
    ),
    Rule(
        table="complaints",
        column="own_words",
        kind="prose",
        why="people tell in their own words who they are",
    ),
    Rule(
        table="complaints",
        column="record_kept",
        kind="prose",
        why="it leads to the letter itself",
    ),
    Rule(
        table="measurements",
        column="probe_address",
        kind="address",
        why="it leads to a home; the network stays",
    ),
    Rule(table="measurements", column="probe_id", kind="exact", why="it names one probe"),
    Rule(
        table="measurements",
        column="resolver_address",
        kind="address",
        why="it may be a router at home; the network stays",
    ),
    Rule(
        table="measurements",
        column="report_id",
        kind="exact",
        why="it ties all measurements of one probe together",
        unless_public=True,
    ),
    Rule(
        table="measurements",
        column="measurement_uid",
        kind="exact",
        why="it leads to the measurement with its probe",
        unless_public=True,
    ),
)
PUBLIC_ARCHIVES = ("ooni.org", "ooni.io")  # anybody can read there what has these numbers
