"""Names on addresses that measurements show to be blocked, whether a register lists them or not."""

import io
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from running import Done, inside, refused

BLOCKED, FREE = "8.0.0.7", "8.0.0.9"
NAMES = f"""\
name,address,seen_at
shop.example,{BLOCKED},2026-03-01
museum.example,{BLOCKED} {FREE},2026-03-01
bank.example,{FREE},2026-03-01
mail.meant.example,{BLOCKED},2026-03-01
lost.example,,2026-03-01
"""


def measured(number: int, *, asn: int, fails: bool) -> dict[str, Any]:
    """A measurement whose address fails inside or not, and works at the control."""
    works = {"status": True, "failure": None}
    failure = "generic_timeout_error" if fails else None
    return {
        "measurement_uid": f"202603021000{number:02d}.000000_RU_webconnectivity_{number:016x}",
        "measurement_start_time": "2026-03-02 10:00:00",
        "test_name": "web_connectivity",
        "probe_cc": "RU",
        "probe_asn": f"AS{asn}",
        "report_id": f"report{number}",
        "input": "https://shop.example/",
        "test_keys": {
            "tcp_connect": [
                {"ip": address, "port": 443, "status": {"success": not failed, "failure": why}}
                for address, failed, why in ((BLOCKED, fails, failure), (FREE, False, None))
            ],
            "control": {
                "dns": {"addrs": [BLOCKED]},
                "tcp_connect": {f"{address}:443": works for address in (BLOCKED, FREE)},
            },
        },
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("observed")
    lines = [measured(number, asn=1 + number // 4, fails=number < 4) for number in range(8)]
    (made / "x.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")
    (made / "names.csv").write_text(NAMES, "utf-8")
    table = inside("events", made / "x.jsonl", "--addresses", "--format", "csv")
    (made / "blocked.csv").write_bytes(table.out)
    done = inside("measurements", "ingest", made / "x.jsonl", "--store", made / "observatory")
    assert done.code == 0, done
    return made


def ask(folder: Path, *words: str, where: str = "store", form: str = "json") -> Done:
    names = ("--names", folder / "names.csv", "--target", "meant.example")
    store = ("observed", "--store", folder / "observatory", "--at", "2026-03-02T12:00")
    file = (folder / "blocked.csv", "--source", "observed", "--store", folder / "none")
    return inside(
        "collateral", *(store if where == "store" else file), *names, *words, "--format", form
    )


@pytest.mark.parametrize("where", ["store", "file"])
def test_names_are_counted_on_addresses_that_fail_inside_and_work_at_the_control(
    folder: Path, where: str
) -> None:
    told = json.loads(ask(folder, where=where).out)
    totals = told["totals"]
    assert (totals["names"], totals["fully"], totals["partly"]) == (5, 2, 1)
    assert (totals["not_hit"], totals["unknown"]) == (1, 1)
    assert (totals["bystanders"], totals["bystanders_hit"]) == (4, 2)
    assert told["level"] == "observed"
    observed = told["observed"]
    assert (observed["ipv4"], observed["networks"], observed["countries"]) == (1, 1, ["RU"])
    assert observed["tried"] == (2 if where == "store" else None)
    assert observed["blocked_from"] == "2026-03-02T10:00:00Z"
    assert not any(one["count_ordered"] or one["count_attached"] for one in told["groups"])
    assert sum(one["count"] for one in told["groups"]) == totals["names"]


def test_a_register_of_the_same_addresses_hits_the_same_names(folder: Path) -> None:
    (folder / "list.txt").write_text(BLOCKED, "utf-8")
    words = ("--names", folder / "names.csv", "--target", "meant.example", "--format", "json")
    listed = json.loads(inside("collateral", folder / "list.txt", *words).out)
    assert json.loads(ask(folder).out)["totals"] == listed["totals"]
    assert listed["level"] == "exposed"


def test_rows_name_the_names(folder: Path) -> None:
    rows = pl.read_csv(io.BytesIO(ask(folder, form="csv").out))
    assert rows.columns[-3:] == ["n_observed", "n_unknown", "witness_address"]
    hit = [("mail.meant.example", 1), ("museum.example", 1), ("shop.example", 1)]
    assert rows.select("name", "n_observed").rows() == hit
    parquet = pl.read_parquet(io.BytesIO(ask(folder, form="parquet").out))
    assert parquet["name"].to_list() == [name for name, _ in hit]
    listed = json.loads(ask(folder, "--list", "bystanders").out)
    assert [row["name"] for row in listed] == ["museum.example", "shop.example"]
    out = ask(folder, "--list", "bystanders", form="table").out.decode()
    assert "1 of 2" in out
    assert "blocked" in out.splitlines()[0]


def test_the_table_says_that_it_counts_from_below(folder: Path) -> None:
    out = " ".join(ask(folder, "--by", "holder", form="table").out.decode().split())
    assert "observed from 2026-03-02 10:00 to 2026-03-02 11:00 UTC" in out
    assert (
        "1 IPv4 and 0 IPv6 addresses observed to be blocked, in 1 network (RU); 2 were tried" in out
    )
    assert "at least 2 of 4 bystanders are hit (50.0 %)" in out
    assert "not seen" in out
    assert "bystanders by holder" in out
    assert "listed" not in out


def test_networks_and_spans_are_chosen(folder: Path) -> None:
    told = json.loads(ask(folder, "--asn", "AS2", "--probe-cc", "ru").out)
    assert (told["totals"]["bystanders_hit"], told["observed"]["ipv4"]) == (0, 0)
    told = json.loads(ask(folder, "--from", "2026-02-01", "--asn", "AS1").out)
    assert told["totals"]["bystanders_hit"] == 2


def test_where_nobody_measured_nothing_is_said(folder: Path) -> None:
    words = ("collateral", "observed", "--store", folder / "observatory", "--at", "2026-05-01")
    assert "nothing can be said" in refused(2, *words, "--names", folder / "names.csv")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--over-time",), "no history"),
        (("--probe-cc", "RU"), "choose when"),
        (("--from", "2026-03-01"), "choose when"),
    ],
)
def test_what_makes_no_sense_of_a_file_is_refused(
    folder: Path, words: tuple[str, ...], said: str
) -> None:
    done = ask(folder, *words, where="file")
    assert done.code == 2
    assert said in done.err


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a,b\n1,2\n",
        b"probe_cc,probe_asn,address,blocked_from,blocked_until\nRU,x,1.1.1.1,a,b\n",
    ],
)
def test_what_is_no_table_of_addresses_is_refused(folder: Path, content: bytes) -> None:
    (folder / "bad.csv").write_bytes(content)
    words = ("--source", "observed", "--names", folder / "names.csv")
    refused(3, "collateral", folder / "bad.csv", *words)


def test_a_row_without_an_address_is_told(folder: Path) -> None:
    head, row = (folder / "blocked.csv").read_text("utf-8").splitlines()
    bad = row.replace(BLOCKED, "nowhere")
    (folder / "some.csv").write_text(f"{head}\n{row}\n{bad}\n", "utf-8")
    words = ("--source", "observed", "--names", folder / "names.csv")
    done = inside("collateral", folder / "some.csv", *words)
    assert "1 row rejected" in " ".join(done.out.decode().split())


def test_a_country_is_chosen_of_observed_addresses_alone(folder: Path) -> None:
    words = ("ru_zapret_csv", "--asn", "AS1", "--store", folder / "observatory")
    done = inside("collateral", *words)
    assert done.code == 2
    assert "observed addresses alone" in done.err
