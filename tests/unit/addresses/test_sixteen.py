import polars as pl
import pytest

from overblock.addresses.sixteen import from_series


@pytest.mark.parametrize("bad", [None, b"", bytes(15), bytes(17)])
def test_what_is_not_sixteen_bytes_is_refused_by_name(bad: bytes | None) -> None:
    values = pl.Series("ipv6_first", [bytes(16), bad], pl.Binary)
    with pytest.raises(ValueError, match="'ipv6_first' holds what is not sixteen bytes"):
        from_series(values)
