"""An observatory with a register, names and measurements, all read in as users read them in.

Two networks of a country, four hours a day for eight days: a shop is fetched for four of them and
its connects fail from then on, a museum is fetched all the time, Telegram always works.  Strings
that are foreign, the target, the program, a decision, hold what may harm who reads them.
"""

import copy
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

from litestar.testing import TestClient

from measurement_worlds import Censor, Document, Site, World, document
from overblock.store import Store
from overblock.web.serving.site import Site as WebSite
from register_worlds import DUMP, HOUR, START, dump, line
from running import inside
from service_worlds import telegram

Client: TypeAlias = TestClient[WebSite]
SCRIPT = "<script>alert(1)</script>"
TURNED = "\u202ecod.exe"  # read from right to left
STEERING = "\x1b[31m"
HOSTILE = f"{SCRIPT}{TURNED}{STEERING}"
DAY = 24 * HOUR
BEGINS = datetime(2026, 3, 2, tzinfo=UTC)
BLOCKED_AT = BEGINS + timedelta(days=4)
DAYS = 8
HOURS = (1, 7, 13, 19)
NETWORKS = (64500, 64501)
SHOP = "https://shop.example/"
NAMES = """name,address,seen_at
casino.example,93.184.216.1,2015-01-01
museum.example,93.184.216.1,2015-01-01
bank.example,93.184.216.1,2015-01-01
bank.example,93.184.217.9,2015-01-01
school.example,93.184.218.7,2015-01-01
free.example,93.184.217.50,2015-01-01
"""
LISTED = (
    [line("93.184.216.1", "casino.example", decision=f"=1+{SCRIPT}{STEERING}")],
    [line("93.184.216.1", "casino.example", decision=f"=1+{SCRIPT}{STEERING}"),
     line("93.184.218.0/24", decision="2")],
)  # fmt: skip


def uid(at: datetime, number: int, test: str = "webconnectivity") -> str:
    return f"{at:%Y%m%d%H%M%S}.000000_XA_{test}_{number:016x}"


def measured(found: Document, at: datetime, number: int, network: int) -> Document:
    """A measurement of its own, as its collector keeps it."""
    made = copy.deepcopy(found)
    test = made["test_name"].replace("_", "")
    return made | {
        "measurement_uid": uid(at, number, test),
        "measurement_start_time": f"{at:%Y-%m-%d %H:%M:%S}",
        "report_id": f"report{number}",
        "probe_asn": f"AS{network}",
        "probe_cc": "XA",
    }


def pages() -> list[Document]:
    """All measurements of the world, in the order of time."""
    shop = World(site=Site(host="shop.example"))
    museum = document(World(site=Site(host="museum.example")))
    fine = document(shop)
    blocked = document(World(site=shop.site, censor=Censor(connect="generic_timeout_error")))
    found: list[Document] = []
    for day in range(DAYS):
        for hour in HOURS:
            for network in NETWORKS:
                at = BEGINS + timedelta(days=day, hours=hour, minutes=network % 60)
                one = fine if at < BLOCKED_AT else blocked
                for each in (one, museum, telegram()):
                    found.append(measured(each, at, len(found), network))
    return found


def hostile() -> Document:
    """A measurement whose every foreign text is hostile."""
    found = document(World(written=f"https://shop.example/{HOSTILE}"))
    keys: dict[str, Any] = found["test_keys"]
    for query in keys["queries"]:
        query["failure"] = f"unknown_failure: {HOSTILE}"
        query["hostname"] = HOSTILE
    found["software_name"], found["software_version"] = HOSTILE, "1"
    return measured(found, BEGINS + timedelta(days=1), 10**6, NETWORKS[0])


def measured_observatory(folder: Path) -> Store:
    """The observatory, made by the commands that users give."""
    store = Store.create(folder / "observatory")
    dumps = folder / "dumps"
    dumps.mkdir()
    for number, lines in enumerate(LISTED):
        (dumps / f"dump-{number}-of.csv").write_bytes(dump(START + number * DAY, lines))
    (folder / "names.csv").write_text(NAMES, "utf-8")
    measurements = b"".join(json.dumps(one).encode() + b"\n" for one in [*pages(), hostile()])
    (folder / "measured.jsonl").write_bytes(measurements)
    for words in (
        ("ingest", DUMP, dumps),
        ("ingest", "names_csv", folder / "names.csv"),
        ("measurements", "ingest", folder / "measured.jsonl", "--processes", "1"),
    ):
        done = inside(*words, "--store", store.root)
        assert done.code == 0, done
    return store


def told(client: Client, path: str, **asked: str) -> Any:
    """The data at an address."""
    answer = client.get(path, params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def page(client: Client, path: str, **asked: str) -> str:
    """The words of a page, without its tags."""
    answer = client.get(path, params=asked)
    assert answer.status_code == 200, answer.text
    return " ".join(re.sub(r"<[^>]*>", " ", answer.text).split())
