"""Google's networks: ``goog.json`` (all of them) and ``cloud.json`` (let to customers).

::

    {"syncToken": "1626282093087", "creationTime": "2021-07-14T10:01:33.087737",
     "prefixes": [{"ipv4Prefix": "34.80.0.0/15", "service": "Google Cloud", "scope": "asia-east1"},
                  {"ipv6Prefix": "2600:1900:4000::/44"}]}

``goog.json`` has no service and no scope: what is in it and not in ``cloud.json`` carries
Google's own services.  ``creationTime`` bears no zone and is the time in California; the sync
token is the same moment in milliseconds since 1970, in UTC, and is what dates the file.
"""

from datetime import UTC, datetime, timedelta

import msgspec
import polars as pl

from overblock.errors import SourceDrift
from overblock.sources import Reading, Source
from overblock.sources._ranges import Row, decoded, json_records, reading, with_prefix
from overblock.tables import HOLDER_RANGES

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FURTHEST_ZONE = timedelta(hours=14)  # no clock on earth is further from UTC


class _Prefix(msgspec.Struct):
    ipv4Prefix: str | None = None  # noqa: N815  (the publisher's words)
    ipv6Prefix: str | None = None  # noqa: N815
    service: str | None = None
    scope: str | None = None


class _File(msgspec.Struct):
    syncToken: str  # noqa: N815  (the publisher's words)
    creationTime: str  # noqa: N815
    prefixes: list[msgspec.Raw]


def read(raw: bytes) -> Reading:
    """Read ``goog.json`` or ``cloud.json``.

    Raises:
        SourceDrift: not JSON, not of that form, or its two dates contradict each other.
    """
    file = decoded(raw, _File, "google_ranges")
    records = json_records(file.prefixes, _Prefix, _row)
    return reading(with_prefix(records.with_columns(as_name=pl.lit("Google"))), _published_at(file))


def _row(prefix: _Prefix) -> Row:
    """The record's one prefix; null if it names none or two, which nobody can split."""
    texts = [text for text in (prefix.ipv4Prefix, prefix.ipv6Prefix) if text is not None]
    return texts[0] if len(texts) == 1 else None, prefix.service, prefix.scope


def _published_at(file: _File) -> datetime:
    try:
        moment = EPOCH + timedelta(milliseconds=int(file.syncToken))
        local = datetime.fromisoformat(file.creationTime)
    except (ValueError, OverflowError) as error:
        dates = f"{file.syncToken[:40]!r}, {file.creationTime[:40]!r}"
        raise SourceDrift(
            f"google_ranges: syncToken or creationTime is no date: {dates}"
        ) from error
    if abs(local.replace(tzinfo=UTC) - moment) > FURTHEST_ZONE:
        raise SourceDrift(
            f"google_ranges: creationTime {file.creationTime!r} is not the moment of syncToken"
            f" {file.syncToken!r}, {moment.isoformat()}"
        )
    return moment


SOURCE = Source(
    name="google_ranges",
    title="Google's networks (goog.json, cloud.json)",
    country=None,
    homepage="https://support.google.com/a/answer/10026322",
    licence="none stated; facts, cite Google",
    fills=HOLDER_RANGES,
    at_least=50,  # prefixes: goog.json has about a hundred, cloud.json several hundred
    read=read,
    files=r"(.*/)?(goog|cloud)\.json",
)
