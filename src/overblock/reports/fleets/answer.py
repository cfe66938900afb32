"""The answer of ``overblock watch``: the structs that JSON, HTTP and tables share.

Fields are public: add, never rename.  Times are UTC; a null says that the thing is unknown.
"""

from datetime import date, datetime
from typing import Literal, TypeAlias

import msgspec

from overblock.fleets.changes import Change
from overblock.reports.checks.check import HolderAnswer, SourceAnswer

ItemState: TypeAlias = Literal["listed", "exposed", "unconfirmed", "unknown", "free", "private"]


class WatchedItem(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One thing of an inventory, and how it stands."""

    label: str
    target: str
    target_kind: str  # address, network or name
    inventory: str  # the file that holds it
    place: str  # where in it
    state: ItemState  # docs/howto/watch-a-fleet.md says what each means
    listed: bool | None  # as `overblock check` says of the target
    kind: str | None  # ordered if any entry orders it, else attached
    since: datetime | None
    registers: tuple[str, ...]  # those that list it
    authority: str | None  # of the entry that has listed it longest
    decision: str | None
    decision_date: date | None
    entries: int
    named: tuple[str, ...]  # whom the entries name: the first of them, in alphabetical order
    named_in_all: int
    holder: HolderAnswer | None
    addresses: int | None  # of a name: those it is known to resolve into
    addresses_listed: int | None  # how many of these are listed
    unconfirmed: tuple[str, ...]  # registers that listed it and can no longer be believed
    unlisted_at: datetime | None = None  # of `since`: when the register did not list it yet


class SourceDoubt(msgspec.Struct, frozen=True, kw_only=True):
    """How fresh a register is, and why it cannot be believed, if so."""

    source: SourceAnswer
    doubt: str | None


class InventoryFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What was read of one inventory."""

    name: str
    form: str
    items: int
    rejects: int
    reject_reasons: dict[str, int]
    first_reject: str | None  # where it stands; never what stands there


class CandidateAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Whether an address is clean, and for how long it has been, as far as the registers remember.

    The neighbourhood is the /24 that holds an IPv4 address, the /64 that holds one of IPv6.
    """

    label: str
    target: str
    clean: bool | None  # neither it nor its neighbourhood is listed; null: nobody can say
    listed: bool | None  # as `overblock check` says of the target
    neighbours_listed: int  # listings in its neighbourhood now, its own too
    last_listed_until: datetime | None  # when its last listing ended; null: never listed, or still
    last_register: str | None  # the register of that
    neighbours_last_until: datetime | None  # the same of its neighbourhood
    clean_since: datetime | None  # the later of these, or when records begin; null: not clean
    since_records_begin: bool  # no listing is remembered at all
    records_begin: datetime | None  # the first snapshot that any register here has
    silences: int  # times that a register said nothing since: it may have listed it then


class WatchAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How a fleet stands at one moment, and what changed since it was last looked at."""

    at: datetime
    before: datetime | None  # the last look; null: this is the first
    inventories: list[InventoryFacts]
    counts: dict[str, int]  # items by state
    sources: list[SourceDoubt]
    changes: list[Change]
    candidates: list[CandidateAnswer]
    items: list[WatchedItem]
