from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from overblock.addresses.intervals import IntervalSet
from overblock.events.addresses import blocked_hours, blocked_intervals, blocked_set
from overblock.tables import OBSERVATIONS

AT = datetime(2026, 3, 2, 10, 20, tzinfo=UTC)
ADDRESS = "192.0.2.7"
Row = dict[str, object]


def attempts(
    vantage: str,
    failures: list[str | None],
    layer: str = "tcp",
    **given: object,
) -> list[Row]:
    """One attempt a measurement; a failure stands for its class too."""
    base: Row = {"vantage": vantage, "layer": layer, "address": ADDRESS, "number": 0}
    base |= {"observed_at": AT, "probe_cc": "RU", "probe_asn": 1}
    return [
        base | {"measurement_uid": f"{vantage}{place}", "failure": failure}
        | {"failure_class": failure} | given
        for place, failure in enumerate(failures)
    ]  # fmt: skip


def seen(*rows: list[Row]) -> pl.DataFrame:
    columns = OBSERVATIONS.schema()
    flat = [dict.fromkeys(columns) | row for each in rows for row in each]
    return pl.DataFrame(flat, schema=columns)


SIX_FINE: list[str | None] = [None] * 6


@pytest.mark.parametrize(
    ("control", "inside", "blocked"),
    [
        (SIX_FINE, ["timeout"] * 2, True),
        (SIX_FINE, ["timeout"], False),  # one inside tells nothing
        ([None] * 5, ["timeout"] * 2, False),  # nor do five outside
        ([*SIX_FINE, "timeout"], ["timeout"] * 2, False),  # it fails elsewhere too
        ([None] * 150 + ["timeout"], ["timeout"] * 2, True),  # under one in a hundred
        (SIX_FINE, ["timeout"] * 9 + [None], False),  # nine in ten is not above nine in ten
        (SIX_FINE, ["timeout"] * 19 + [None], True),
        ([], ["timeout"] * 20, False),  # no control
        (SIX_FINE, ["unreachable"] * 20, False),  # the probe never got out
    ],
)
def test_an_address_is_blocked_where_it_fails_inside_and_works_outside(
    control: list[str | None], inside: list[str | None], *, blocked: bool
) -> None:
    found = blocked_hours(seen(attempts("control", control), attempts("probe", inside)))
    assert found.height == blocked
    if blocked:
        row = found.row(0, named=True)
        assert (row["address"], row["probe_asn"], row["reason"]) == (ADDRESS, 1, "fails_inside")
        assert row["n_inside"] == len(inside)
        assert row["n_control"] == len(control)
        assert row["hour_at"] == AT.replace(minute=0)


def test_one_forged_certificate_is_enough() -> None:
    control = attempts("control", [None], layer="tls")
    found = blocked_hours(seen(control, attempts("probe", ["cert_authority"], layer="tls")))
    assert found["reason"].to_list() == ["forged_certificate"]


def test_a_certificate_that_is_bad_for_the_control_too_is_the_sites_own() -> None:
    control = attempts("control", ["cert_authority"], layer="tls")
    assert blocked_hours(
        seen(control, attempts("probe", ["cert_authority"], layer="tls"))
    ).is_empty()


def test_a_connection_that_works_is_none_where_every_handshake_on_it_fails() -> None:
    inside = [
        *attempts("probe", [None] * 2),
        *attempts("probe", ["reset"] * 2, layer="tls", number=1),
    ]
    found = blocked_hours(seen(attempts("control", SIX_FINE), inside))
    assert found.select("n_inside", "n_failed").row(0) == (2, 2)


def test_networks_are_judged_apart_and_an_unknown_one_is_none() -> None:
    inside = [
        *attempts("probe", ["timeout"] * 2),
        *attempts("probe", [None] * 2, probe_asn=2, measurement_uid="two"),
        *attempts("probe", ["timeout"] * 2, probe_asn=None, measurement_uid="none"),
    ]
    found = blocked_hours(seen(attempts("control", SIX_FINE), inside))
    assert found["probe_asn"].to_list() == [1]


def test_hours_that_follow_one_another_are_one_interval_and_an_unknown_hour_ends_it() -> None:
    rows = [
        row | {"observed_at": AT + timedelta(hours=hour), "address": address}
        | {"measurement_uid": f"{row['measurement_uid']} {hour} {address}"}
        for hour, address in [(0, ADDRESS), (1, ADDRESS), (3, ADDRESS), (1, "2001:db8::7")]
        for row in [*attempts("control", SIX_FINE), *attempts("probe", ["timeout"] * 2)]
    ]  # fmt: skip
    found = blocked_intervals(blocked_hours(seen(rows)))
    begin = AT.replace(minute=0)
    hours = [
        ((row["blocked_from"] - begin).seconds // 3600, row["n_hours"], row["n_inside"])
        for row in found.iter_rows(named=True)
    ]
    assert hours == [(0, 2, 4), (3, 1, 2), (1, 1, 2)]
    assert blocked_set(found) == IntervalSet.of([0xC0000207], [0xC0000208])
    assert found["ipv6_first"].drop_nulls().to_list() == [
        bytes.fromhex("20010db8") + bytes(11) + b"\x07"
    ]


def test_without_observations_nothing_is_blocked() -> None:
    assert blocked_intervals(blocked_hours(OBSERVATIONS.empty())).is_empty()
