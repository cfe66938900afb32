"""Lists and trackers agree with slow models: `ipaddress`, and a clock that asks every minute."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from overblock.sources import plain_list
from overblock.sources.es_hayahora import BadRecordError, StateChange, intervals

START = datetime(2026, 4, 19, 14, tzinfo=UTC)


@given(
    st.lists(
        st.one_of(
            st.ip_addresses().map(str),
            st.tuples(st.ip_addresses(), st.integers(0, 128)).map("{0[0]}/{0[1]}".format),
            st.text("0123456789abc.:/", max_size=12),
        ),
        max_size=8,
    )
)
@settings(deadline=None)  # polars wakes up slowly on a busy machine
def test_a_line_is_an_address_where_python_says_so(lines: list[str]) -> None:
    """Save what could mean two things: netmasks and mapped addresses are the codec's to judge."""
    kept = plain_list.read("\n".join(lines).encode()).rows["addresses"].explode().drop_nulls()
    assert kept.to_list() == [line for line in lines if is_network(line)]


def is_network(line: str) -> bool:
    try:
        network = ip_network(line)
    except ValueError:
        return False
    mapped = network.version == 6 and network.network_address.ipv4_mapped is not None
    return not mapped or network.prefixlen < 96


def change(minutes: int, *, state: bool) -> StateChange:
    at = START + timedelta(minutes=minutes)
    return StateChange(timestamp=f"{at:%Y-%m-%d %H:%M:%SZ}", state=state)


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), max_size=8))
@example([(0, False), (1, True), (2, True), (3, False), (3, False), (4, True)])
@example([(1, True), (1, False)])
@example([(2, True), (1, False)])
def test_an_interval_is_the_minutes_in_which_it_was_blocked(drawn: list[tuple[int, bool]]) -> None:
    """The slow model asks of each minute what the last change before it said."""
    changes = [change(minute, state=state) for minute, state in drawn]
    contradicts = any(
        later < earlier or (later == earlier and state != before)
        for (earlier, before), (later, state) in pairwise(drawn)
    )
    if contradicts:
        with pytest.raises(BadRecordError, match="bad_order"):
            intervals(changes)
        return
    minutes = [START + timedelta(minutes=minute) for minute in range(32)]
    said = [
        any(since <= at and (until is None or at < until) for since, until in intervals(changes))
        for at in minutes
    ]
    assert said == [
        next((state for at, state in reversed(drawn) if at <= minute), False)
        for minute in range(32)
    ]
