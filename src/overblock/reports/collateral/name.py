"""One name: whether it is hit, how far, and by which decisions its addresses are listed.

Only the rows of that name are read, so that the answer comes at once however many names there are.
"""

from datetime import date, datetime
from ipaddress import IPv6Address
from typing import Any

import msgspec
import polars as pl

from overblock.addresses.formats import format_ipv4
from overblock.errors import BadAddress, MissingNames
from overblock.names.canonical import canonical_name
from overblock.reports.collateral.collateral import EXPOSED, Question, names_hit
from overblock.reports.collateral.page import NameHit, name_hits, plain_rows
from overblock.reports.names.at_hand import NamesTable, names_for
from overblock.reports.names.worlds import HOW_TO_HAVE_NAMES, Names
from overblock.reports.registers.states import State, state_in_store
from overblock.store import View
from overblock.tables import GAPS, LISTINGS, NAME_SIGNS, RESOLUTIONS

MOST_ENTRIES = 20  # that list one address
MOST_ADDRESSES = 64


class ListedBy(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that lists an address of a name."""

    resource: str
    kind: str  # ordered or attached
    decision: str | None
    authority: str | None
    decision_date: date | None
    listed_from: datetime


class NameAddress(msgspec.Struct, frozen=True, kw_only=True):
    """One address of a name, and by what it is listed; no entry: it is free."""

    address: str
    seen_at: datetime | None  # when the name was last seen there
    listed_by: list[ListedBy]
    entries: int


class OneNameAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Whether one name is hit, how far, and by which decisions."""

    name: str
    register: str
    at: datetime
    snapshot: str | None  # digest of the register's newest then
    level: str  # of the evidence: it lives on listed addresses, nobody measured it
    known: bool  # whether the resolutions at hand name it
    hit: NameHit | None  # null: they know no address of it
    addresses: list[NameAddress]
    source: str  # the resolutions that were asked


def one_name(view: View, register: str, at: datetime, written: str) -> OneNameAnswer:
    """One name in full: where it lives, and what lists that.

    Raises:
        BadAddress: it is no name.
        MissingNames: there are no resolutions.
        UnknownRegister: the observatory has no such register.
        NoSnapshot: it has none at or before that moment.
    """
    name = canonical_name(written.strip())
    if name is None:
        raise BadAddress(f"{written[:80]!r} is no name: write shop.example")
    tables = names_for(view, at)
    if not tables:
        raise MissingNames(f"no resolutions at hand: {HOW_TO_HAVE_NAMES}")
    state = state_in_store(view, register, at)
    answers = _answers(view, tables, name)
    known = answers.filter(pl.col("ipv4").is_not_null() | pl.col("ipv6").is_not_null())
    hit = _hit(view, state, at, answers, _signs(view, tables, name)) if len(known) else None
    return OneNameAnswer(
        name=name,
        register=register,
        at=at,
        snapshot=state.snapshot.digest,
        level=EXPOSED,
        known=len(answers) > 0,
        hit=hit,
        addresses=_addresses(known, state.addresses),
        source=Names(tables).source,
    )


def _answers(view: View, tables: list[NamesTable], name: str) -> pl.DataFrame:
    """What all tables say of a name; of one that none names, what holds below its parents."""
    wanted = [name, *(f"*.{above}" for above in _above(name))]
    found = pl.concat([_of_table(view, table, wanted) for table in tables])
    nearest = next((one for one in wanted if (found["name"] == one).any()), name)
    return found.filter(pl.col("name") == nearest).with_columns(name=pl.lit(name))


def _of_table(view: View, table: NamesTable, wanted: list[str]) -> pl.DataFrame:
    asked = pl.col("name").is_in(wanted)
    if table.name in view.partitions(RESOLUTIONS):
        return view.scan(RESOLUTIONS, table.name).filter(asked).collect()
    return pl.concat([RESOLUTIONS.empty(), *(batch.filter(asked) for batch in table.batches())])


def _signs(view: View, tables: list[NamesTable], name: str) -> pl.DataFrame:
    held = set(view.partitions(NAME_SIGNS))
    asked = pl.col("name") == name
    frames = [
        view.scan(NAME_SIGNS, table.name).filter(asked).collect()
        for table in tables
        if table.name in held
    ]
    return pl.concat([NAME_SIGNS.empty(), *frames])


def _above(name: str) -> list[str]:
    labels = name.split(".")
    return [".".join(labels[start:]) for start in range(1, len(labels))]


def _hit(
    view: View, state: State, at: datetime, answers: pl.DataFrame, signs: pl.DataFrame
) -> NameHit | None:
    table = NamesTable(
        name="one name",
        dated_at=None,
        batches=lambda: iter([answers]),
        signs=lambda: iter([signs]),
    )
    question = Question(state=state, at=at, names=Names([table]))
    history = view.read(LISTINGS, state.register), view.read(GAPS, state.register)
    found = [plain_rows(frame) for frame in names_hit(question, "all", history)]
    return next(iter(name_hits(pl.concat(found))), None)


def _addresses(known: pl.DataFrame, listed: pl.DataFrame) -> list[NameAddress]:
    """Each address once, those that are listed first."""
    spots = known.group_by("ipv4", "ipv6").agg(pl.col("seen_at").max()).sort("ipv4", "ipv6")
    made = [_address(row, listed) for row in spots.head(MOST_ADDRESSES).iter_rows(named=True)]
    return sorted(made, key=lambda one: not one.entries)


def _address(row: dict[str, Any], listed: pl.DataFrame) -> NameAddress:
    if row["ipv4"] is not None:
        inside = (pl.col("ipv4_from") <= row["ipv4"]) & (pl.col("ipv4_until") > row["ipv4"])
        text = format_ipv4([row["ipv4"]])[0]
    else:
        inside = (pl.col("ipv6_first") <= row["ipv6"]) & (pl.col("ipv6_last") >= row["ipv6"])
        text = str(IPv6Address(row["ipv6"]))
    entries = listed.filter(inside).sort("listed_from", "resource")
    return NameAddress(
        address=text,
        seen_at=row["seen_at"],
        listed_by=[
            ListedBy(
                resource=entry["resource"],
                kind=entry["kind"],
                decision=entry["decision_number"],
                authority=entry["authority"],
                decision_date=entry["decision_date"],
                listed_from=entry["listed_from"],
            )
            for entry in entries.head(MOST_ENTRIES).iter_rows(named=True)
        ],
        entries=len(entries),
    )
