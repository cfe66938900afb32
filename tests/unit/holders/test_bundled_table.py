"""The table that comes with overblock, against the library that it comes from."""

import gzip
import pickle
import re
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from geoip2fast import GeoIP2Fast, GeoIPDetail

from overblock.errors import MissingHolders, SourceDrift
from overblock.sources import Reading, geoip2fast_bundle
from overblock.sources.geoip2fast_bundle import FILES, installed, read, read_installed
from overblock.tables import HOLDER_RANGES


def test_it_bears_the_date_of_its_data(ipv4: Reading) -> None:
    assert ipv4.published_at == datetime(2024, 6, 18, tzinfo=UTC)


def test_it_says_country_and_name_but_no_number(both: Reading) -> None:
    assert both.rows["asn"].null_count() == both.rows.height
    assert both.rows["country"].n_unique() > 240
    assert both.rows["as_name"].n_unique() > 70_000
    assert both.rejects.is_empty()


def test_its_ranges_are_disjoint_and_its_key_is_unique(both: Reading) -> None:
    assert both.rows.select(HOLDER_RANGES.key).is_duplicated().sum() == 0
    ipv4 = both.rows.drop_nulls("ipv4_from")
    assert (ipv4["ipv4_from"] < ipv4["ipv4_until"]).all()
    assert (ipv4["ipv4_until"] <= ipv4["ipv4_from"].shift(-1)).all()
    ipv6 = both.rows.drop_nulls("ipv6_first")
    assert (ipv6["ipv6_first"] <= ipv6["ipv6_last"]).all()
    assert (ipv6["ipv6_last"] < ipv6["ipv6_first"].shift(-1)).all()


def test_neighbours_say_different_things(ipv4: Reading) -> None:
    """A row ends where what is said changes, so that there are as few rows as can be."""
    rows = ipv4.rows
    touching = rows["ipv4_until"] == rows["ipv4_from"].shift(-1)
    same = rows.select(
        pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift(-1)))
        for name in ("as_name", "country")
    )
    assert not (touching & same["as_name"] & same["country"]).any()


def test_both_files_say_the_same_of_ipv4(ipv4: Reading, both: Reading) -> None:
    assert both.rows.drop_nulls("ipv4_from").equals(ipv4.rows)


def test_every_address_is_told_as_the_library_tells_it(ipv4: Reading) -> None:
    """At random and at the edges of ranges, where an error of one would show."""
    library = GeoIP2Fast(geoip2fast_data_file=FILES["ipv4"])
    edges = ipv4.rows["ipv4_from"].sample(1_000, seed=1).to_numpy()
    random = np.random.default_rng(1).integers(0, 2**32, 1_000, np.uint64)
    points = np.concatenate([random, edges, edges[edges > 0] - np.uint64(1)])
    countries = _said(ipv4.rows, "country", points)
    names = _said(ipv4.rows, "as_name", points)
    for point, country, name in zip(points.tolist(), countries, names, strict=True):
        found = library.lookup(".".join(str(byte) for byte in point.to_bytes(4, "big")))
        assert country == _country(found)
        if found.cidr:  # where it knows no country, it does not look for a name
            assert (name or "") == found.asn_name


def test_every_ipv6_address_has_the_country_that_the_library_tells(both: Reading) -> None:
    library = GeoIP2Fast(geoip2fast_data_file=FILES["both"])
    rows = both.rows.drop_nulls("ipv6_first").sample(200, seed=1)
    for row in rows.iter_rows(named=True):
        for edge in ("ipv6_first", "ipv6_last"):
            found = library.lookup(_ipv6_text(row[edge]))
            assert row["country"] == _country(found)
            assert (row["as_name"] or "") == found.asn_name


def _country(found: GeoIPDetail) -> str | None:
    """The library's answer, where it is a country; it takes Andorra for a private network."""
    if found.country_name == "Andorra":
        return "AD"
    return found.country_code if re.fullmatch("[A-Z]{2}", found.country_code) else None


def _said(rows: pl.DataFrame, column: str, points: np.ndarray) -> list[str | None]:
    place = np.searchsorted(rows["ipv4_from"].to_numpy(), points, side="right") - 1
    inside = points < rows["ipv4_until"].to_numpy()[place]
    said = rows[column].gather(place)
    return [word if held else None for word, held in zip(said, inside.tolist(), strict=True)]


def _ipv6_text(address: bytes) -> str:
    return ":".join(address[i : i + 2].hex() for i in range(0, 16, 2))


def test_the_installed_file_is_read_unpacked_too(ipv4: Reading) -> None:
    """Whoever ingests it as a file unpacks what ends in .gz."""
    assert read(gzip.decompress(installed("ipv4"))).rows.equals(ipv4.rows)


class Bomb:
    """A pickle of this writes a file when it is opened."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("packed", [False, True])
def test_a_pickle_from_elsewhere_is_never_opened(*, packed: bool, tmp_path: Path) -> None:
    bomb = pickle.dumps(Bomb(tmp_path / "went off"))
    with pytest.raises(SourceDrift, match="not a data file of the installed geoip2fast"):
        read(gzip.compress(bomb) if packed else bomb)
    assert not (tmp_path / "went off").exists()


def test_even_the_installed_file_may_not_run_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second lock: a package that was tampered with."""
    package = tmp_path / "geoip2fast"
    package.mkdir()
    (package / "__init__.py").touch()
    bomb = pickle.dumps(Bomb(tmp_path / "went off"))
    (package / FILES["ipv4"]).write_bytes(gzip.compress(bomb))
    spec = type("Spec", (), {"submodule_search_locations": [str(package)]})
    monkeypatch.setattr(geoip2fast_bundle, "find_spec", lambda _: spec)
    with pytest.raises(SourceDrift, match="asks for"):
        read_installed("ipv4")
    assert not (tmp_path / "went off").exists()


def test_without_the_package_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geoip2fast_bundle, "find_spec", lambda _: None)
    with pytest.raises(MissingHolders, match="install"):
        read_installed("ipv4")


@pytest.mark.parametrize(
    "content", [b"no pickle", pickle.dumps([120, {}, 1, []]), pickle.dumps([99, {}, 1, []]), b""]
)
def test_an_installed_file_of_another_form_is_drift(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / FILES["ipv4"]).write_bytes(gzip.compress(content))
    spec = type("Spec", (), {"submodule_search_locations": [str(tmp_path)]})
    monkeypatch.setattr(geoip2fast_bundle, "find_spec", lambda _: spec)
    with pytest.raises(SourceDrift):
        read_installed("ipv4")
