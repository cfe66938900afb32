"""Every table of overblock, its columns, their types and what they mean: the one data dictionary.

Admission: a table stands here when it is written to the store or crosses from one stage to
another.  No logic belongs here but the check that a frame is of its table.  The reference page
of the tables is made from this package.

Addresses are half-open for IPv4 (``ipv4_from`` to ``ipv4_until``, integers, up to 2**32) and
closed for IPv6 (``ipv6_first`` to ``ipv6_last``, sixteen bytes in network order), because one past
the last IPv6 address does not fit sixteen bytes; see docs/decisions/0001-ipv6.md.  A single
address of a name is ``ipv4`` (an integer) or ``ipv6`` (sixteen bytes).
"""

from overblock.tables.audiences import AUDIENCES
from overblock.tables.columns import (  # noqa: F401
    ADDRESS_COLUMNS,
    DECISION_COLUMNS,
    Column,
    Kind,
    Table,
)
from overblock.tables.fleets import INVENTORY_ITEMS
from overblock.tables.holders import HOLDER_RANGES
from overblock.tables.measurements import (
    EVENTS,
    MEASUREMENT_FILES,
    MEASUREMENTS,
    OBSERVATIONS,
    SERIES,
    VERDICTS,
)
from overblock.tables.names import (
    NAME_CATEGORIES,
    NAME_RANKS,
    NAME_REJECTS,
    NAME_SIGNS,
    RESOLUTIONS,
)
from overblock.tables.registers import (
    GAPS,
    LISTINGS,
    RECORD_REJECTS,
    RECORDS,
    REGISTER_ENTRIES,
    REJECTS,
    RUNS,
    SIGNATURES,
    SNAPSHOTS,
    STATE_CHANGES,
)

ALL = (
    REGISTER_ENTRIES,
    STATE_CHANGES,
    REJECTS,
    SNAPSHOTS,
    SIGNATURES,
    RECORDS,
    RECORD_REJECTS,
    RUNS,
    LISTINGS,
    GAPS,
    HOLDER_RANGES,
    RESOLUTIONS,
    NAME_SIGNS,
    NAME_REJECTS,
    NAME_RANKS,
    NAME_CATEGORIES,
    MEASUREMENTS,
    MEASUREMENT_FILES,
    OBSERVATIONS,
    VERDICTS,
    SERIES,
    EVENTS,
    INVENTORY_ITEMS,
    AUDIENCES,
)
