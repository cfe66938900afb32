"""What every answer is made of: the structs that JSON, HTTP and tables share.

Fields are public: add, never rename.  Times are UTC; a null says that the thing is unknown.
"""

from datetime import date, datetime

import msgspec


class SignedFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The publisher's own signature of a snapshot, as it was checked when it came in."""

    state: str  # verified, altered or not_checkable
    reason: str  # why it is not verified
    signer: str | None
    organisation: str | None
    certificate: str | None  # SHA-256
    signed_at: datetime | None  # by the signer's clock
    in_its_time: bool | None  # while the certificate was valid
    chain: str  # trusted, untrusted or unchecked: apart from the integrity of the content


class SnapshotFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The snapshot that a figure rests on."""

    published_at: datetime | None
    digest: str | None
    records: int
    rejects: int
    flags: list[str]
    signed: SignedFacts | None = None  # None: no signature is at hand


class Ipv4Extent(msgspec.Struct, frozen=True, kw_only=True):
    """Unions of IPv4 addresses; ordered and attached may share some, so they need not add up."""

    all: int
    ordered: int
    attached: int


class Ipv6Extent(msgspec.Struct, frozen=True, kw_only=True):
    """IPv6 as minimal prefixes and as /64s touched, never as a count of addresses."""

    prefixes: int
    slash64s: int


class Group(msgspec.Struct, frozen=True):
    """One group of an extent; groups may overlap, so shares need not add up to one."""

    key: str | None
    ipv4: int
    share: float | None
    networks: int
    witness: str | None
    since: datetime | None = None
    authority: str | None = None
    decision_date: date | None = None
    decided_days_before: int | None = None  # the listing of ``witness``, or the snapshot
    reused_ipv4: int | None = None  # listed more than a year after the decision


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A register said nothing between two moments."""

    silent_from: datetime
    silent_until: datetime | None


class CoTenants(msgspec.Struct, frozen=True, kw_only=True):
    """Names that live on the same address by the resolutions at hand; none of them is the target.

    A name counts once, however many of the target's addresses it shares.
    """

    names: list[str]  # the first of them, in alphabetical order
    in_all: int
    source: str  # which resolutions, with their day
    dated_at: datetime | None  # the oldest of them; null: nobody said
