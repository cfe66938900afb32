"""Networks on pages of measurements: by their names, where a table of holders knows them."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from measured_worlds import NETWORKS, SHOP, Client, page, pages, told
from overblock.instants import TICK
from overblock.reports.measured.network_names import network_names
from overblock.store import Store
from overblock.tables import HOLDER_RANGES
from register_worlds import START
from running import inside

KNOWN, UNKNOWN = NETWORKS
NAME = "HOME-NET <b>Home</b> Networks of a long name"
DAY = "2015-01-01"


def ranges(*rows: dict[str, Any]) -> pl.DataFrame:
    """A table of holders."""
    empty = HOLDER_RANGES.empty()
    return pl.DataFrame(list(rows), schema_overrides=empty.schema).select(
        pl.col(name) if name in rows[0] else pl.lit(None, kind).alias(name)
        for name, kind in empty.schema.items()
    )


def said(first: int, after: int, asn: int | None, name: str | None) -> dict[str, Any]:
    """One range of it."""
    return {"ipv4_from": first, "ipv4_until": after, "asn": asn, "as_name": name}


def observatory_with(folder: Path, **tables: pl.DataFrame) -> Store:
    """An observatory of tables of holders alone."""
    store = Store.create(folder / "observatory")
    with store.writing("a made world") as writer:
        for source, rows in tables.items():
            writer.append(HOLDER_RANGES, f"{source}@{DAY}", rows)
        writer.publish()
    return store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A day of measurements, and a table that knows one of the two networks."""
    folder = tmp_path_factory.mktemp("named")
    made = observatory_with(folder, iptoasn=ranges(said(0, 256, KNOWN, NAME)))
    lines = b"".join(json.dumps(one).encode() + b"\n" for one in pages()[:24])
    (folder / "measured.jsonl").write_bytes(lines)
    words = ("measurements", "ingest", folder / "measured.jsonl", "--processes", "1")
    done = inside(*words, "--store", made.root)
    assert done.code == 0, done
    return made


def test_the_matrix_names_the_networks_that_a_table_knows(client: Client) -> None:
    columns = told(client, "/measurements.json")["columns"]
    assert [(one["probe_asn"], one["as_name"]) for one in columns] == [
        (KNOWN, NAME),
        (UNKNOWN, None),
    ]
    head = page(client, "/measurements")
    assert f"AS{KNOWN} HOME-NET &lt;b&gt;Home&lt;/b&gt; Networks" in head
    rows = client.get("/measurements.csv").text.splitlines()
    assert any("HOME-NET" in row for row in rows)


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/measurements/list", {}),
        ("/measurements/series", {"test": "web_connectivity", "cc": "XA", "asn": str(KNOWN)}),
        ("/check", {"q": "shop.example", "at": "until"}),
    ],
)
def test_other_pages_name_it_too(client: Client, path: str, asked: dict[str, str]) -> None:
    until = told(client, "/measurements.json")["until"]
    shown = page(client, path, **{name: asked[name].replace("until", until) for name in asked})
    assert "HOME-NET" in shown
    assert "<b>Home" not in shown


def test_one_measurement_says_whose_network_it_was(client: Client) -> None:
    found = told(client, "/measurements/list.json", target=SHOP, asn=f"AS{KNOWN}")
    uid = found["measurements"][0]["measurement_uid"]
    assert f"AS{KNOWN} HOME-NET" in page(client, f"/measurements/{uid}")


def test_numbers_of_one_table_and_names_of_another_name_a_network(tmp_path: Path) -> None:
    numbers = ranges(
        said(0, 256, 64500, None),
        said(512, 768, 64500, None),
        said(1024, 1280, 64500, None),
        said(2048, 2304, 64501, None),
        said(4096, 4352, None, "{AS64502_64503}"),
    )
    names = ranges(
        said(0, 300, None, "Ahead"),
        said(512, 2000, None, "Commonest"),
        said(4096, 4352, None, "Not one network"),
    )
    store = observatory_with(tmp_path, caida_pfx2as=numbers, geoip2fast_bundle=names)
    asked = [64500, 64501, 64502, None]
    assert network_names(store.view(), asked, START) == {64500: "Commonest"}


def test_a_table_that_has_both_is_believed_first(tmp_path: Path) -> None:
    store = observatory_with(
        tmp_path,
        caida_pfx2as=ranges(said(0, 256, 64500, None), said(256, 512, 64501, None)),
        geoip2fast_bundle=ranges(said(0, 512, None, "By its ranges")),
        iptoasn=ranges(said(0, 256, 64500, "By its number")),
    )
    found = network_names(store.view(), [64500, 64501], START + TICK)
    assert found == {64500: "By its number", 64501: "By its ranges"}


def test_a_broken_table_names_nobody_and_breaks_no_answer(tmp_path: Path) -> None:
    store = observatory_with(tmp_path, iptoasn=ranges(said(0, 256, 64500, "Somebody")))
    for part in (store.root / "tables" / HOLDER_RANGES.name).rglob("*.parquet"):
        part.write_bytes(b"nothing that can be read")
    assert network_names(store.view(), [64500], START) == {}
