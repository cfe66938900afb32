"""Inventories that are JSON: decoded into structs that name only the fields we read.

What a struct does not name is skipped by the decoder and never becomes an object.  A message says
where a file is wrong and never what stands there, for it may be a secret.
"""

from typing import TypeVar

import msgspec

from overblock.errors import SourceDrift

T = TypeVar("T")


def decode(raw: bytes, form: type[T], called: str) -> T:
    """Decode ``raw`` as ``form``.

    Raises:
        SourceDrift: it is no JSON, or not of that form.
    """
    try:
        return msgspec.json.decode(raw, type=form)
    except msgspec.ValidationError as error:  # says types and a path of our own fields
        message = f"the inventory is not of the form of {called}: {error}"
    except (msgspec.DecodeError, UnicodeDecodeError):
        message = "the inventory is no JSON: it is damaged or cut"
    except RecursionError:
        message = "the inventory is no such JSON: it is nested too deeply"
    raise SourceDrift(message)  # outside: no trace of the bytes hangs on it
