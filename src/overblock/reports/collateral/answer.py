"""The answer to "who else is hit": figures that say what they count, of how many, and by what.

Every count has its denominator, and parts sum to the whole: the four reaches of a group to all
names of that group, the groups to all names, the keys of a split to all names again.
"""

from datetime import datetime

import msgspec

from overblock.reports.answers import Gap, Ipv4Extent, Ipv6Extent, SnapshotFacts


class NamesFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The resolutions that figures rest on: which, of when, how many."""

    source: str
    dated_at: datetime | None  # the oldest of those that answer; null: nobody said
    oldest: datetime | None  # when the first answer in them came; null: nobody said
    newest: datetime | None
    age: float | None  # seconds from the newest answer to the moment; negative: it came later
    n_names: int
    n_pairs: int  # of a name and an address
    n_rejects: int  # records that could not be read


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """How many names of one group are hit in one way."""

    by: str
    key: str | None  # null: nobody says; always so by group
    group: str  # bystander, target or parked
    reach: str  # fully, partly, not or unknown
    count: int
    denominator: int  # names of that key and group, hit or not
    share: float | None  # count / denominator
    count_ordered: int  # of count, with an ordered address; some have both
    count_attached: int  # of count, with an attached address
    witness: str | None  # the most popular of them, of equals the first in the alphabet
    witness_address: str | None


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """All names, whatever their group: the four reaches sum to ``names``."""

    names: int
    fully: int
    partly: int
    not_hit: int
    unknown: int
    bystanders: int
    bystanders_hit: int  # fully or partly
    bystanders_hit_share: float | None  # bystanders_hit / bystanders


class CollateralAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``overblock collateral``."""

    register: str
    at: datetime
    snapshot: SnapshotFacts
    ipv4: Ipv4Extent
    ipv6: Ipv6Extent
    unconfirmed_ipv4: int  # listed before the register's last silence, not seen since: hits nobody
    silent: Gap | None
    level: str  # of the evidence: names on listed addresses, nobody measured them
    targets_given: list[str]  # counted as targets because who asked said so, not an entry
    names: NamesFacts
    totals: Totals
    groups: list[Figure]  # each group and reach, also where the count is 0
    by: str
    split: list[Figure]  # the same by another key, the most bystanders hit first; by group: none
    split_from: str | None  # which tables or lists say the key, with their dates


class SeriesPoint(msgspec.Struct, frozen=True, kw_only=True):
    """How many names of a group were hit from a moment on, until the next row of that group."""

    at: datetime
    group: str
    fully: int
    partly: int


class CollateralSeries(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``overblock collateral --over-time``.

    Names live where the resolutions say, at all moments; a group is that of the last moment.
    """

    register: str
    from_at: datetime
    to_at: datetime
    level: str
    names: NamesFacts
    denominators: dict[str, int]  # names of each group
    points: list[SeriesPoint]
