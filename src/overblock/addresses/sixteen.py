"""IPv6 addresses as sixteen bytes: between NumPy, Polars and pairs of machine words.

``S16`` in network order sorts as the numbers do.  The trap: one element turned into Python
``bytes`` loses its trailing zeros, so every conversion here goes through the raw buffer.
"""

from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from overblock.addresses.locate import Points

Sixteens: TypeAlias = NDArray[np.bytes_]  # (n,), S16

N_BYTES = 16


def to_words(values: Sixteens) -> tuple[Points, Points]:
    """The high and the low 64 bits of each address."""
    words = np.ascontiguousarray(values, "S16").view(">u8").reshape(-1, 2).astype(np.uint64)
    return words[:, 0].copy(), words[:, 1].copy()


def from_words(high: Points, low: Points) -> Sixteens:
    """Addresses of their high and low 64 bits.

    >>> from_words(np.array([0], np.uint64), np.array([0x3130], np.uint64)).tobytes()[-2:]
    b'10'
    """
    return np.stack([high, low], axis=1).astype(">u8").view("S16").reshape(-1)


def to_series(values: Sixteens) -> pl.Series:
    """A Polars ``Binary`` series, sixteen bytes each."""
    import pyarrow as pa  # noqa: PLC0415  (25 megabytes, which a server that only reads can spare)

    buffer = pa.py_buffer(np.ascontiguousarray(values, "S16").tobytes())
    array = pa.Array.from_buffers(pa.binary(N_BYTES), len(values), [None, buffer])
    return pl.Series(array.cast(pa.binary()), dtype=pl.Binary)


def from_series(values: pl.Series) -> Sixteens:
    """A ``Binary`` series without nulls, each of sixteen bytes, as ``S16``.

    Raises:
        ValueError: some value is null or has another length.
    """
    if values.null_count() or not (values.bin.size() == N_BYTES).all():
        raise ValueError(f"{values.name!r} holds what is not sixteen bytes")
    octets = values.bin.reinterpret(dtype=pl.Array(pl.UInt8, N_BYTES)).to_numpy()
    return np.ascontiguousarray(octets).view("S16").reshape(-1)  # no Python object per address
