"""The probe's clock beside others': a certificate looks out of date where it is off by days.

Who took the measurement in says when: the collector in its key, or in the id of the report; and the
page that the control fetched has the date of its server.
"""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from overblock.measurements import opening
from overblock.measurements.documents import Measurement

MOST_SKEW_SECONDS = 86_400
MOMENT_DIGITS = 14  # with which a uid begins
MOMENT_SIGNS = 16  # with which the id of a report begins: 20221110T100756Z
START_SIGNS = 19
MOST_DATE = 64  # signs of a date in a header
NO_YEAR = 1000  # keys of the first years begin otherwise, and may look like a year of antiquity


def received_at(measurement: Measurement) -> datetime | None:
    """When a measurement was taken in by other clocks than the probe's; None where none says."""
    uid, report = measurement.measurement_uid or "", measurement.report_id or ""
    return _moment(uid[:MOMENT_DIGITS]) or _moment(report[:MOMENT_SIGNS]) or _dated(measurement)


def is_clock_off(measurement: Measurement) -> bool:
    """Whether the probe's clock differs by a day or more from another's."""
    received = received_at(measurement)
    written = measurement.measurement_start_time or ""
    began = _moment(written[:START_SIGNS])
    if received is None or began is None:
        return False
    return abs((received - began).total_seconds()) >= MOST_SKEW_SECONDS


def _moment(written: str) -> datetime | None:
    """A moment as documents and ids write it: 2026-08-24 10:00:00, 20260824100000."""
    digits = "".join(filter(str.isdecimal, written))[:MOMENT_DIGITS]
    try:
        found = datetime.fromisoformat(f"{digits[:8]}T{digits[8:]}").replace(tzinfo=UTC)
    except ValueError:
        return None
    return found if found.year > NO_YEAR else None


def _dated(measurement: Measurement) -> datetime | None:
    """What the server of the control's page had for a date."""
    control = measurement.test_keys.control
    if control is None or control.http_request is None:
        return None
    written = opening.headers(control.http_request.headers).get("date", "")
    try:
        found = parsedate_to_datetime(written[:MOST_DATE])
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
