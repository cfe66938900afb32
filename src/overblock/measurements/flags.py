"""What can be odd about a measurement: the whole list, and what each flag means.

A flag changes no fact and drops no measurement; rules and people decide what to make of it.  The
names are public: add, never rename.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

FLAGS: Mapping[str, str] = MappingProxyType({
    "bad_field": "a field was not of its type, or longer than any is; it was dropped or cut",
    "conflicting_duplicate": "another measurement has the same uid and other content: kept apart "
    "under a key of its own, and not counted",
    "foreign_resolver": "the resolver stands in another network than the probe: its answers speak "
    "of that one",
    "future_clock": "started more than a day after it came in: the probe's clock is ahead, and a "
    "certificate that looks expired may not be",
    "late": "came in more than a day after it started: uploaded late, or a clock that is behind",
    "no_clock": "does not say when it started, in any form that is known",
    "no_country": "the probe does not know its country",
    "no_network": "the probe does not know its network (AS0)",
    "no_uid": "the collector gave it no key: it is known by the digest of its line",
    "old_clock": "started before the first measurement ever was, or more than a year before it "
    "came in",
    "resubmitted": "the same report, input and start as another with a different uid: not counted",
    "scrubbed": "addresses were taken out before it was published",
    "wrong_country": "the collector filed it under another country than the probe says",
})  # fmt: skip

BAD_FIELD, CONFLICTING, RESUBMITTED = "bad_field", "conflicting_duplicate", "resubmitted"
AHEAD = timedelta(days=1)  # zones and clocks differ by less
BEHIND = timedelta(days=365)
LATE = timedelta(days=1)
FIRST = datetime(2012, 1, 1, tzinfo=UTC)  # OONI's first published measurement is of 2012
LAST = datetime(2100, 1, 1, tzinfo=UTC)  # a uid of a later year was not given by a collector
