"""The slow, tolerant way to read a document: what is not of its type is dropped, and named.

Old and foreign probes write numbers as text, text as numbers, and empty lists for nothing; these
are put right in silence.  Anything else that does not fit goes alone, so that a wrong type in one
field never costs the measurement.  What a field may be is read from the structs themselves.
"""

import json
import math
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

MOST_NAMED = 16  # dropped fields that are named; a hostile document may have a million

_LONE_SURROGATE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_NUMBER = re.compile(r"-?\d{1,18}(\.\d{1,18})?")
_BAD: Any = object()  # no value of JSON


def read_leniently(line: bytes) -> Any:  # noqa: ANN401  (any JSON)
    """A JSON document as plain values, where it breaks the rules of JSON in a known way.

    Bytes that are no UTF-8 and halves of surrogate pairs become U+FFFD, NaN and infinities null.

    Raises:
        ValueError: it is no JSON even so.
        RecursionError: it is nested too deeply.
    """
    text = _LONE_SURROGATE.sub(r"\\ufffd", line.decode("utf-8-sig", "replace"))
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return json.loads(text, strict=False, parse_constant=lambda _: None)


def mend(document: Any, wanted: type[msgspec.Struct]) -> tuple[bytes, tuple[str, ...]]:  # noqa: ANN401  (any JSON)
    """The document as JSON that decodes into ``wanted``, and the paths of what was dropped."""
    dropped: list[str] = []
    mended = _fit(document, _type_of(wanted), "", dropped)
    kept = mended if isinstance(mended, dict) else {}
    try:
        return msgspec.json.encode(kept), tuple(dropped)
    except OverflowError:  # a whole number beyond 64 bits, in a part that is left undecoded
        return json.dumps(kept).encode(), tuple(dropped)


def _fit(value: Any, wanted: inspect.Type, path: str, dropped: list[str]) -> Any:  # noqa: ANN401  (any JSON)
    """``value`` as far as it is of the wanted type; `_BAD` where it is not at all."""
    options = wanted.types if isinstance(wanted, inspect.UnionType) else (wanted,)
    if value is None:
        return None if any(isinstance(option, inspect.NoneType) for option in options) else _BAD
    for option in options:
        fitted = _fit_whole_part(value, option, path, dropped)
        if fitted is not _BAD:
            return fitted
    for option in options:
        convert = _SCALARS.get(type(option))
        if convert and (fitted := convert(value, option)) is not _BAD:
            return fitted
    if value not in ("", [], {}) and len(dropped) < MOST_NAMED:
        dropped.append(path or "document")
    return _BAD


def _fit_whole_part(value: Any, wanted: inspect.Type, path: str, dropped: list[str]) -> Any:  # noqa: ANN401  (any JSON)
    """Objects and lists, item by item, and what is left undecoded."""
    if isinstance(wanted, inspect.RawType):
        return value
    if isinstance(wanted, inspect.StructType) and isinstance(value, dict):
        return _fit_struct(value, wanted.cls, path, dropped)
    if isinstance(wanted, inspect.DictType) and isinstance(value, dict):
        fitted = {
            key: _fit(each, wanted.value_type, f"{path}{{}}", dropped)
            for key, each in value.items()
        }
        return {key: each for key, each in fitted.items() if each is not _BAD}
    if isinstance(wanted, inspect.ListType) and isinstance(value, list):
        items = (_fit(each, wanted.item_type, f"{path}[]", dropped) for each in value)
        return [each for each in items if each is not _BAD]
    return _BAD


def _fit_struct(
    value: dict[str, Any], wanted: type[msgspec.Struct], path: str, dropped: list[str]
) -> dict[str, Any]:
    fitted: dict[str, Any] = {}
    for name, kind in _fields(wanted):
        if name in value:
            found = _fit(value[name], kind, f"{path}.{name}" if path else name, dropped)
            if found is not _BAD:
                fitted[name] = found
    return fitted


@cache
def _type_of(wanted: type[msgspec.Struct]) -> inspect.Type:
    """What a struct may hold; to find it out takes as long as reading hundreds of lines."""
    return inspect.type_info(wanted)


@cache
def _fields(wanted: type[msgspec.Struct]) -> tuple[tuple[str, inspect.Type], ...]:
    described = _type_of(wanted)
    fields = described.fields if isinstance(described, inspect.StructType) else ()
    return tuple((field.encode_name, field.type) for field in fields)


def _fit_text(value: object, _: inspect.Type) -> object:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else _BAD


def _fit_bool(value: object, _: inspect.Type) -> object:
    return bool(value) if isinstance(value, int) and value in (0, 1) else _BAD


def _fit_whole(value: object, wanted: inspect.Type) -> object:
    number = _fit_number(value, wanted)
    if not isinstance(number, int | float) or not math.isfinite(number) or number != int(number):
        return _BAD
    if not isinstance(wanted, inspect.IntType) or wanted.ge is None or wanted.le is None:
        return int(number)
    return int(number) if wanted.ge <= number <= wanted.le else _BAD


def _fit_number(value: object, _: inspect.Type) -> object:
    if isinstance(value, bool):
        return _BAD
    if isinstance(value, int | float):
        return value if abs(value) < 2.0**1000 else _BAD
    if isinstance(value, str) and _NUMBER.fullmatch(text := value.strip()):
        return float(text) if "." in text else int(text)
    return _BAD


_SCALARS: dict[type[inspect.Type], Callable[[object, inspect.Type], object]] = {
    inspect.BoolType: _fit_bool,
    inspect.StrType: _fit_text,
    inspect.IntType: _fit_whole,
    inspect.FloatType: _fit_number,
}
