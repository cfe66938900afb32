"""A line of a measurement file to a measurement, whatever probe wrote it, or a reject.

Fast and strict first; where that fails, slowly and tolerantly (`overblock.measurements.mending`).
Nothing that a line may hold raises: it is a `Measurement` or a `Reject`.
"""

from typing import Any

import msgspec
from msgspec import Struct

from overblock.measurements.documents import NO_TEST_KEYS, Measurement, Mended
from overblock.measurements.mending import mend, read_leniently

LINE_BYTES = 16 << 20  # the longest known measurements have a few MiB
FREE_BYTES = 1 << 20  # below it, a line cannot hold enough parts to do harm
LINE_PARTS = 1_000_000  # of one line: values that would each take a hundred bytes
SHOWN = 200  # signs of a line that a reject repeats
WRAPPERS = ("raw_measurement", "content", "body")  # of the API's answers, and of uploads


class Reject(Struct, frozen=True, gc=False):
    """A line that is no measurement."""

    reason: str  # of `overblock.reasons`
    value: str  # the start of the line, or what the parser said


_strict = msgspec.json.Decoder(Measurement)


def decode(line: bytes, most_bytes: int = LINE_BYTES) -> Measurement | Reject:
    """Read one line.

    >>> decode(b'{"test_name": "telegram", "probe_cc": "RU", "test_keys": {}}').probe_cc
    'RU'
    >>> decode(b'{"test_name": ')
    Reject(reason='bad_json', value='Input data was truncated')
    """
    if len(line) > FREE_BYTES and (reject := _too_much(line, most_bytes)):
        return reject
    try:
        measurement = _strict.decode(line)
    except (ValueError, RecursionError):
        return _decode_slowly(line)
    if not measurement.test_name or measurement.test_keys is NO_TEST_KEYS:
        return _decode_slowly(line)  # an upload, or an answer of the API, around the document
    return measurement


def _too_much(line: bytes, most_bytes: int) -> Reject | None:
    if len(line) > most_bytes:
        return Reject("too_long", f"{len(line)} bytes")
    parts = line.count(b",") + line.count(b"{") + line.count(b"[")
    return Reject("too_many_parts", f"{parts} parts") if parts > LINE_PARTS else None


def _decode_slowly(line: bytes) -> Measurement | Reject:
    try:
        document = read_leniently(line)
        document = _unwrapped(document) if isinstance(document, dict) else None
        if document is None:
            return Reject("not_an_object", _start(line))
        mended, dropped = mend(document, Measurement)
        measurement = _strict.decode(mended)
    except RecursionError:
        return Reject("too_deep", _start(line))
    except ValueError as error:
        return Reject("bad_json", str(error)[:SHOWN])
    if not measurement.test_name:
        return Reject("no_test_name", _start(line))
    return _with_bad_fields(measurement, dropped) if dropped else measurement


def _with_bad_fields(measurement: Measurement, dropped: tuple[str, ...]) -> Mended:
    fields = {name: getattr(measurement, name) for name in measurement.__struct_fields__}
    return Mended(**fields, dropped=dropped)


def _unwrapped(document: dict[str, Any]) -> dict[str, Any]:
    """The document inside of a wrapper, with the uid that the wrapper may have."""
    if "test_keys" in document:
        return document
    for key in WRAPPERS:
        inner = document.get(key)
        if isinstance(inner, str):
            inner = read_leniently(inner.encode("utf-8", "replace"))
        if isinstance(inner, dict) and "test_name" in inner:
            inner.setdefault("measurement_uid", document.get("measurement_uid"))
            return inner
    return document


def _start(line: bytes) -> str:
    return line[:SHOWN].decode("utf-8", "replace")
