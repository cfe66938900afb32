"""What the name of a file of measurements says: the hour it came in, the country, the test.

OONI's raw data lie by the hour at which they came in, with the country and the test in each path;
that hour is the collector's, so that no probe's clock can bend it.

::

    raw/20240301/00/AM/webconnectivity/2024030100_AM_webconnectivity.n1.0.jsonl.gz    since 2020
    jsonl/webconnectivity/AM/20200301/00/20200301_AM_webconnectivity.l.0.jsonl.gz     until 2020
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

_NAME = re.compile(
    r"(?P<day>20\d{6})(?P<hour>\d{2})?_(?P<country>[A-Z]{2})_(?P<test>[a-z0-9]+)\.[^/]*\Z"
)
_MEASUREMENTS = re.compile(r".*\.jsonl?", re.IGNORECASE)
_UID = re.compile(r"\d{14}\.\d{6}_[A-Z]{2}_[a-z0-9]+_[0-9a-f]{16}")
_TWIN = re.compile(r"(.*)\.tar(\.gz|\.zst)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurementFile:
    """One file of measurements: how it is called, and what its name says."""

    name: str
    received_at: datetime | None = None  # the hour in its name, or the day
    country: str | None = None
    test: str | None = None  # as paths spell it: webconnectivity
    uid: str | None = None  # of a file that is one measurement, as it was uploaded
    artefact: str = ""  # digest of the raw file that holds it, where files are kept


def file_of(name: str, artefact: str = "") -> MeasurementFile:
    """Read a name.

    >>> file_of("raw/20240301/00/AM/telegram/2024030107_AM_telegram.n1.0.jsonl.gz").received_at
    datetime.datetime(2024, 3, 1, 7, 0, tzinfo=datetime.timezone.utc)
    """
    base = name.rpartition("/")[2]
    if uid := _UID.match(base):
        return MeasurementFile(name=name, uid=uid[0], artefact=artefact)
    found = _NAME.search(base)
    if not found:
        return MeasurementFile(name=name, artefact=artefact)
    try:
        moment = datetime.strptime(f"{found['day']}{found['hour'] or '00'}+0000", "%Y%m%d%H%z")
    except ValueError:
        return MeasurementFile(name=name, artefact=artefact)
    return MeasurementFile(
        name=name,
        received_at=moment.astimezone(UTC),
        country=found["country"],
        test=found["test"],
        artefact=artefact,
    )


def is_measurements(basename: str) -> bool:
    """Whether a file of this name, without the suffix of its compression, holds measurements."""
    return bool(_MEASUREMENTS.fullmatch(basename))


def twin_of(name: str) -> str | None:
    """The beginning that a ``.tar.gz`` shares with the ``.jsonl.gz`` that holds the same; or None.

    OONI keeps measurements twice, as they were uploaded and a line each: who reads both counts
    all twice.
    """
    found = _TWIN.fullmatch(name)
    return f"{found[1]}.jsonl" if found else None


def day_of_uid(uid: str) -> str | None:
    """The day on which the collector gave a key, as partitions are called; None if it does not say.

    >>> day_of_uid("20240301071530.250000_RU_telegram_0123456789abcdef")
    '2024-03-01'
    """
    if not _UID.match(uid):
        return None
    return f"{uid[:4]}-{uid[4:6]}-{uid[6:8]}"
