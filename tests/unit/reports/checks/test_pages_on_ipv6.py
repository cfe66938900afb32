"""A page whose name is an IPv6 address is looked up like one on IPv4."""

from pathlib import Path

import pytest

from overblock.reports.checks.check import check
from register_worlds import START, dump, ingest, line, observatory

HIT = "2a05:d01c::7"


@pytest.mark.parametrize(("page", "listed"), [(HIT, True), ("2a05:d01c::8", False)])
def test_a_page_is_hit_with_the_address_that_it_stands_on(
    tmp_path: Path, page: str, *, listed: bool
) -> None:
    store = observatory(tmp_path / "observatory")
    path = tmp_path / "dump.csv"
    path.write_bytes(dump(START, [line("192.0.2.200"), line(HIT, decision="2")]))
    ingest(store, [path])
    [told] = check(store.view(), [f"http://[{page}]/shop"], START)
    assert told.listed is listed
