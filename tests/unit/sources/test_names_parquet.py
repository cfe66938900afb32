"""Tables of another observatory come back as they went out."""

from io import BytesIO

import polars as pl
import pytest

from overblock.errors import SourceDrift
from overblock.sources import Reading, find_source

OWN = b"""name,address,seen_at
shop.example,93.184.216.34,2018-04-16T20:58:00Z
shop.example,2a00:1450:4010::5:0,2018-04-16T20:58:00Z
school.example,255.255.255.254,2018-04-16T20:59:00.000001Z
gone.example,,2018-04-16T21:00:00Z
"""
WHAT = ["name", "ipv4", "ipv6", "seen_at"]


def read_parquet(frame: pl.DataFrame) -> Reading:
    written = BytesIO()
    frame.write_parquet(written)
    return find_source("names_parquet").read(written.getvalue())


def test_a_table_of_resolutions_is_read_as_it_was_written() -> None:
    there = find_source("names_csv").read(OWN).rows.select(WHAT)
    assert there["ipv4"].null_count() < len(there) > there["ipv6"].null_count()
    here = read_parquet(there)
    assert here.rows.select(WHAT).equals(there)
    assert here.rejects.is_empty()


@pytest.mark.parametrize("column", ["name", "ipv4"])
def test_bytes_that_are_no_address_are_no_form_that_is_known(column: str) -> None:
    frame = pl.DataFrame({"name": ["shop.example"], "seen_at": ["2018-04-16"], column: [b"\xff"]})
    with pytest.raises(SourceDrift, match=f"column '{column}' is of type Binary"):
        read_parquet(frame)


@pytest.mark.parametrize(
    ("column", "kind", "bad"),
    [
        ("ipv4", pl.Int64, -1),
        ("ipv4", pl.Int64, 2**32),
        ("ipv6", pl.Binary, b""),
        ("ipv6", pl.Binary, bytes(15)),
        ("ipv6", pl.Binary, bytes(17)),
    ],
    ids=["below", "above", "empty", "short", "long"],
)
def test_what_holds_no_address_where_one_is_wanted_is_rejected(
    column: str, kind: type[pl.DataType], bad: object
) -> None:
    good = 1_572_395_042 if column == "ipv4" else b"\x20\x01\x04" + bytes(13)
    found = read_parquet(
        pl.DataFrame(
            {
                "name": ["a.example", "b.example", "c.example"],
                "seen_at": ["2018-04-16"] * 3,
                column: pl.Series([bad, good, None], dtype=kind),
            }
        )
    )
    assert found.rows.select("name", column).rows() == [("b.example", good), ("c.example", None)]
    assert found.rejects.select("record", "reason").rows() == [(1, "not_an_address")]
