"""The parts of a measurement that decode only when somebody asks: bodies, headers, events.

Each function takes a part as it stands in the document (`msgspec.Raw`) and gives what is sound in
it; where nothing is, an empty value.  None of them raises.
"""

import binascii
import re
from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec
from msgspec import Raw

from overblock.measurements.blocks import Lookup, NetworkEvent, TlsHandshake, TorTarget
from overblock.measurements.mending import mend, read_leniently

T = TypeVar("T")
_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")


class _Tagged(msgspec.Struct, frozen=True, gc=False):
    """Bytes that are no text, as df-001 writes them."""

    data: str = ""
    format: str = ""


class _Events(msgspec.Struct, frozen=True, gc=False):
    of: list[NetworkEvent] | None = None


class _Targets(msgspec.Struct, frozen=True, gc=False):
    of: dict[str, TorTarget] | None = None


class _TargetList(msgspec.Struct, frozen=True, gc=False):
    of: list[TorTarget] | None = None


class _Lookups(msgspec.Struct, frozen=True, gc=False):
    of: dict[str, Lookup] | None = None


class _Handshake(msgspec.Struct, frozen=True, gc=False):
    of: TlsHandshake | None = None


_text_or_tagged = msgspec.json.Decoder(str | _Tagged | None)
_plain_text = msgspec.json.Decoder(str)
_certificates = msgspec.json.Decoder(list[_Tagged] | None)
_headers = msgspec.json.Decoder(dict[str, str | _Tagged | list[str | _Tagged]] | None)
_plain_headers = msgspec.json.Decoder(dict[str, str])
_header_list = msgspec.json.Decoder(list[list[str | _Tagged]] | None)
_texts = msgspec.json.Decoder(list[str | _Tagged] | None)
_events = msgspec.json.Decoder(list[NetworkEvent] | None)


def body(part: Raw) -> bytes:
    """A body as bytes, UTF-8 where it stood as text; empty if there is none or it is broken."""
    return _plain(_decoded(_text_or_tagged, part))


def body_text(part: Raw) -> str | None:
    """A body that stands as text in the document; None of any other."""
    try:
        return _plain_text.decode(part)
    except (ValueError, RecursionError):
        return None


def headers(part: Raw) -> dict[str, str]:
    """Headers by name in lower case; the first of equal names."""
    try:
        plain = _plain_headers.decode(part)
    except (ValueError, RecursionError):
        plain = {}
    found = {name.lower(): value for name, value in plain.items()}
    if found and len(found) == len(plain):  # nearly always: only texts, no two names alike
        return found
    found = {}
    for name, value in (_decoded(_headers, part) or {}).items():
        first = value[0] if isinstance(value, list) and value else value
        if isinstance(first, str | _Tagged):
            found.setdefault(name.lower(), _text(first))
    return found


def header(part: Raw, wanted: str) -> str | None:
    """One header by its name in lower case; the first of equal names."""
    try:
        plain = _plain_headers.decode(part)
    except (ValueError, RecursionError):
        return headers(part).get(wanted)
    length = len(wanted)
    for name, value in plain.items():
        if len(name) == length and name.lower() == wanted:
            return value
    return None


def header_list(part: Raw) -> list[tuple[str, str]]:
    """All headers in order, names in lower case."""
    pairs = _decoded(_header_list, part) or []
    return [(_text(pair[0]).lower(), _text(pair[1])) for pair in pairs if len(pair) > 1]


def certificates(part: Raw) -> list[bytes]:
    """Certificates in DER, the server's own first; broken ones are left out."""
    return list(_sound_certificates(part))


def first_certificate(part: Raw) -> bytes | None:
    """The first of `certificates`: the others are not even unpacked."""
    return next(_sound_certificates(part), None)


def _sound_certificates(part: Raw) -> Iterator[bytes]:
    return filter(None, map(_plain, _decoded(_certificates, part) or []))


def texts(part: Raw) -> list[str]:
    """A list of texts, of which some may be tagged as base64."""
    return [_text(each) for each in _decoded(_texts, part) or []]


def network_events(part: Raw) -> list[NetworkEvent]:
    """What the sockets did, in order."""
    try:
        return _events.decode(part) or []
    except (ValueError, RecursionError):
        return _mended(part, _Events).of or []


def tor_targets(part: Raw) -> dict[str, TorTarget]:
    """Bridges and directories by their ids; those of a list, until 2020-01-27, by their places."""
    if bytes(part).lstrip().startswith(b"["):
        return {str(place): each for place, each in enumerate(_mended(part, _TargetList).of or ())}
    return _mended(part, _Targets).of or {}


def lookups(part: Raw) -> dict[str, Lookup]:
    """What dnscheck saw, by the endpoint's URL."""
    return _mended(part, _Lookups).of or {}


def handshake(part: Raw) -> TlsHandshake | None:
    """A handshake that stands alone."""
    return _mended(part, _Handshake).of


_M = TypeVar("_M", bound=msgspec.Struct)


def _mended(part: Raw, wanted: type[_M]) -> _M:
    """``{"of": part}`` as ``wanted``, dropping what does not fit."""
    around = b'{"of":' + bytes(part) + b"}"
    try:
        return msgspec.json.decode(around, type=wanted)
    except (ValueError, RecursionError):
        pass
    try:
        return msgspec.json.decode(mend(read_leniently(around), wanted)[0], type=wanted)
    except (ValueError, RecursionError):
        return wanted()


def _decoded(decoder: "msgspec.json.Decoder[T]", part: Raw) -> T | None:
    try:
        return decoder.decode(part)
    except (ValueError, RecursionError):
        return None


def _plain(value: Any) -> bytes:  # noqa: ANN401  (what the decoders above give)
    if isinstance(value, str):
        return value.encode("utf-8", "replace")
    return _from_base64(value.data) if isinstance(value, _Tagged) else b""


def _text(value: str | _Tagged) -> str:
    return value if isinstance(value, str) else _from_base64(value.data).decode("latin-1")


def _from_base64(data: str) -> bytes:
    """Base64, with or without its padding; empty where it is none."""
    written = data.encode("ascii", "replace")
    kept = written.rstrip(b"=\r\n ")
    if _BASE64.search(kept):
        return b""
    try:
        return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))
    except binascii.Error:
        return b""
