"""The map over HTTP: what each network of it says, its pictures, and what it refuses."""

import csv
import html
import io
import re
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from lxml import etree
from PIL import Image

from overblock.addresses.special import IPV4_REACHABLE, IPV4_SPECIAL
from overblock.store import Store
from overblock.web.app import create_app
from overblock.web.serving.site import Site
from real_registers import answer as command_answer
from register_worlds import DUMP, HOUR, START, dump, hour_by_hour, ingest, line, observatory

HOSTILE = "<script>alert(1)</script>"
HOURS = 4
AT = f"{START + HOURS * HOUR:%Y-%m-%dT%H:%M}"
ORDERED, BOTH = (213, 94, 0), (190, 100, 150)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Each hour a line more: ordered /16, a page on an address of it, one elsewhere, IPv6."""
    folder = tmp_path_factory.mktemp("map")
    lines = [
        line("52.58.0.0/16", decision=f"=1+{HOSTILE}"),
        line("52.58.1.9", "shop.example", "http://shop.example/a", decision="2"),
        line("91.108.4.7", "t.example", "http://t.example/", decision="2"),
        line("2a00:1450::1", decision="3"),
    ]
    return hour_by_hour(folder, lines)


def asked(client: TestClient[Site], **query: str) -> Any:
    told = client.get("/map.json", params={"at": AT, **query})
    assert told.status_code == 200, told.text
    return told.json()


def picture(client: TestClient[Site], path: str) -> Image.Image:
    told = client.get(path)
    assert told.status_code == 200, told.text
    assert told.headers["content-type"] == "image/png"
    assert "immutable" in told.headers["cache-control"]
    return Image.open(io.BytesIO(told.content)).convert("RGBA")


def test_the_whole_map_counts_what_the_command_counts(
    client: TestClient[Site], store: Store
) -> None:
    told = asked(client)
    printed = command_answer("extent", DUMP, "--at", AT, "--store", store.root)
    layers = {layer["key"]: layer["ipv4"] for layer in told["layers"]}
    assert told["ipv4"] == sum(layers.values()) == printed["ipv4"]["all"] == 65537
    assert layers["ordered"] + layers["both"] == printed["ipv4"]["ordered"]
    assert layers["attached"] + layers["both"] == printed["ipv4"]["attached"]
    assert told["snapshot"] == printed["snapshot"]
    assert told["ipv6_prefixes"] == printed["ipv6"]["prefixes"] == 1
    special = sum(IPv4Network(one).num_addresses for one in IPV4_SPECIAL)
    assert told["special"] == special - len(IPV4_REACHABLE)


@pytest.mark.parametrize(
    ("network", "viewed", "asked_for", "ipv4"),
    [
        ("", "0.0.0.0/0", None, 65537),
        ("52.0.0.0/8", "52.0.0.0/8", None, 65536),
        ("52.58.0.0/15", "52.56.0.0/14", "52.58.0.0/15", 65536),
        ("52.58.1.9", "52.58.1.0/24", "52.58.1.9/32", 256),
        ("91.108.4.0/26", "91.108.4.0/24", "91.108.4.0/26", 1),
        ("10.0.0.0/8", "10.0.0.0/8", None, 0),
    ],
)
def test_a_network_is_shown_within_the_square_that_holds_it(
    client: TestClient[Site], network: str, viewed: str, asked_for: str | None, ipv4: int
) -> None:
    told = asked(client, network=network)
    assert (told["network"], told["asked"], told["ipv4"]) == (viewed, asked_for, ipv4)
    children = [IPv4Network(child["network"]) for child in told["children"]]
    assert children == list(IPv4Network(viewed).subnets(8))
    assert sum(child["ipv4"] for child in told["children"]) == ipv4
    assert sum(child["special"] for child in told["children"]) == told["special"]


def test_decisions_are_those_that_list_addresses_here(client: TestClient[Site]) -> None:
    here = asked(client, network="52.58.1.0/24")["decisions"]
    assert [(act["decision"], act["ipv4"]) for act in here] == [(f"=1+{HOSTILE}", 256), ("2", 1)]
    elsewhere = asked(client, network="91.0.0.0/8")["decisions"]
    assert [(act["decision"], act["ipv4"], act["share"]) for act in elsewhere] == [("2", 1, 1.0)]


def test_rows_are_csv_that_no_spreadsheet_runs(client: TestClient[Site]) -> None:
    told = client.get("/map.csv", params={"at": AT, "network": "52.0.0.0/8"})
    rows = {row["network"]: row for row in csv.DictReader(io.StringIO(told.text))}
    assert len(rows) == 256
    assert rows["52.58.0.0/16"]["ipv4_ordered"] == "65535"
    assert rows["52.58.0.0/16"]["ipv4_both"] == "1"


def test_a_tile_has_the_colour_of_what_is_listed_and_is_clear_elsewhere(
    client: TestClient[Site],
) -> None:
    told = asked(client, network="52.58.1.0/24")
    found = re.search(
        r'href="(/map/tiles/[^"]+)"',
        client.get("/map", params={"at": AT, "network": "52.58.1.9"}).text,
    )
    assert found is not None
    tile = picture(client, found[1])
    assert tile.size == (1024, 1024)
    colours = tile.convert("RGB").getcolors() or []
    assert sorted(colours) == [(64 * 64, BOTH), (255 * 64 * 64, ORDERED)]
    whole = picture(client, f"/map/tiles/{DUMP}/{told['state']}/0/0/0.png")
    assert whole.size == (512, 512)
    assert whole.getpixel((500, 500)) == (0, 0, 0, 0)
    multicast = whole.crop((300, 10, 301, 11)).getchannel("A").getextrema()
    assert multicast == (72, 72)


def test_a_picture_belongs_to_a_change_and_says_so_when_it_has_gone(
    client: TestClient[Site],
) -> None:
    moments = client.get("/map/moments.json").json()
    assert [moment["ipv4"] for moment in moments] == [65536, 65536, 65537]
    pictures = [
        client.get(f"/map/tiles/{DUMP}/{moment['state']}/8/{1}/{1}.png").status_code
        for moment in moments
    ]
    assert pictures == [200, 200, 200]
    wrong = moments[0]["state"][:-1] + "x"
    gone = client.get(f"/map/tiles/{DUMP}/{wrong}/0/0/0.png")
    assert (gone.status_code, "immutable" in gone.headers["cache-control"]) == (404, False)


def test_a_reader_is_led_from_change_to_change(client: TestClient[Site]) -> None:
    told = asked(client, network="91.108.4.0/24")
    before = asked(client, network="91.108.4.0/24", at=told["before"]["at"])
    assert (told["ipv4"], before["ipv4"]) == (1, 0)
    assert before["after"]["state"] == told["state"]
    assert told["after"] is None


def test_the_case_of_2018_grows_and_shrinks_as_it_is_documented(
    client: TestClient[Site],
) -> None:
    moments = client.get("/map/moments.json", params={"case": "telegram-2018"}).json()
    sizes = [moment["ipv4"] for moment in moments]
    assert sizes[0] == 0
    assert max(sizes) == 17_941_248
    assert sizes[-1] == 14_631_680
    told = asked(client, case="telegram-2018", at="")
    holders = {layer["key"]: layer["ipv4"] for layer in told["layers"]}
    assert holders["Telegram"] == 9_472
    assert list(holders) == ["Telegram", "Amazon", "Google", "DigitalOcean", "others"]
    assert told["at"] == "2018-05-05T13:25:00Z"
    assert told["ipv4"] == 14_598_912
    assert told["unplaced_ipv4"] == 38_000


def test_a_case_is_shown_without_an_observatory(tmp_path_factory: pytest.TempPathFactory) -> None:
    nowhere = tmp_path_factory.mktemp("nowhere") / "nothing"
    with TestClient(create_app(nowhere, asked_a_minute=0)) as client:
        page = client.get("/map")
        assert page.status_code == 200
        assert "Telegram, Russia, April to June 2018" in page.text
        assert client.get("/map/telegram-2018").url.query == b"case=telegram-2018"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/map?network=2a00:1450::/32", 400),
        (f"/map?network={HOSTILE}", 400),
        ("/map?network=" + "9" * 5000, 413),
        ("/map?register=nothing", 404),
        (f"/map?case={HOSTILE}", 404),
        ("/map?register=a&case=b", 400),
        ("/map?at=2011-01-01", 404),
        ("/map?at=0000-01-01", 400),
        ("/map?at=9999-12-31", 200),
        ("/map?case=telegram-2018&at=2020-01-01", 404),
        (f"/map/{HOSTILE}", 404),
        (f"/map/tiles/{DUMP}/1-x/0/0/0.png", 404),
        (f"/map/tiles/{DUMP}/{'9' * 400}-x/0/0/0.png", 404),
        (f"/map/tiles/{DUMP}/1-x/13/0/0.png", 400),
        (f"/map/tiles/{DUMP}/1-x/1/2/0.png", 400),
        (f"/map/tiles/{DUMP}/1-x/1/0/9999999999.png", 400),
        (f"/map/tiles/{DUMP}/1-x/1/0/0.exe", 400),
        (f"/map/tiles/{DUMP}/1-x/-1/0/0.png", 400),
        (f"/map/tiles/{DUMP}/1-x/9999999999999999999/0/0.png", 400),
    ],
)
def test_odd_questions_are_answered_or_refused_in_words(
    client: TestClient[Site], path: str, status: int
) -> None:
    told = client.get(path)
    assert told.status_code == status, told.text
    assert "<script>" not in told.text


def test_names_of_decisions_are_text_on_the_page(client: TestClient[Site]) -> None:
    page = client.get("/map", params={"at": AT}).text
    assert "&lt;script&gt;alert(1)" in page
    assert HOSTILE not in page
    assert "style=" not in page


def test_the_page_speaks_russian(client: TestClient[Site]) -> None:
    page = client.get("/map", params={"at": AT, "lang": "ru"}).text
    assert "Карта IPv4" in page
    assert 'lang="ru"' in page


@pytest.mark.parametrize("path", ["/", f"/registers/{DUMP}?at={AT}", "/cases"])
def test_pages_lead_to_the_map_of_what_they_tell(client: TestClient[Site], path: str) -> None:
    links = re.findall(r'href="(/map\?[^"]+)"', client.get(path).text)
    assert links
    assert {client.get(html.unescape(link)).status_code for link in links} == {200}


@pytest.mark.parametrize("form", ["svg", "png"])
def test_a_network_is_drawn_for_print_with_its_legend(client: TestClient[Site], form: str) -> None:
    told = client.get(f"/map.{form}", params={"at": AT, "network": "52.58.1.9", "lang": "ru"})
    assert told.status_code == 200
    assert told.headers["content-language"] == "ru"
    if form == "png":
        assert Image.open(io.BytesIO(told.content)).size == (2048, 1840)
        return
    drawing = etree.fromstring(told.content)
    words = " ".join(drawing.itertext())
    assert "Карта 52.58.1.0/24" in words
    assert asked(client)["snapshot"]["digest"] in words
    assert "script" not in {etree.QName(one).localname for one in drawing.iter("{*}*")}


def test_moments_are_those_between_two(client: TestClient[Site]) -> None:
    query = {"case": "telegram-2018", "from": "2018-04-17", "to": "2018-04-17"}
    moments = client.get("/map/moments.json", params=query).json()
    sizes = [moment["ipv4"] for moment in moments]
    assert sizes[0] == 1_844_480  # as it stood when the day began
    assert sizes[-1] == 15_279_360
    page = client.get("/map", params=query).text
    assert page.count("data-state=") == len(moments) == 6
    backward = {"case": "telegram-2018", "from": "2018-05-17", "to": "2018-04-17"}
    assert client.get("/map/moments.json", params=backward).json() == []
    assert client.get("/map", params=backward).status_code == 200


def test_what_was_not_seen_since_a_silence_is_told_and_not_drawn(tmp_path: Path) -> None:
    """After 40 days of silence one of two networks is missing from a cut file: it may stand."""
    made = observatory(tmp_path / "observatory")
    both = [line("203.0.113.0/24"), line("198.51.100.0/24", decision="2")]
    later = START + 40 * 24 * HOUR
    for name, content in (
        ("first", dump(START, both)),
        ("cut", dump(later, both[:1], ended=False)),
    ):
        path = tmp_path / f"{name}.csv"
        path.write_bytes(content)
        ingest(made, [path])
    with TestClient(create_app(made.root, asked_a_minute=0)) as client:
        at = f"{later + HOUR:%Y-%m-%dT%H:%M}"
        told = client.get("/map.json", params={"at": at}).json()
        printed = command_answer("extent", DUMP, "--at", at, "--store", made.root)
        assert (told["ipv4"], told["unconfirmed_ipv4"]) == (
            printed["ipv4"]["all"],
            printed["unconfirmed_ipv4"],
        )
        assert told["unconfirmed_ipv4"] > 0
        page = client.get("/map", params={"at": at}).text
        assert "not been seen since: not counted" in page
        assert "newest snapshot is flagged: cut" in page


def test_a_broken_part_is_named_and_the_case_still_shown(tmp_path: Path) -> None:
    made = observatory(tmp_path / "observatory")
    path = tmp_path / "dump.csv"
    path.write_bytes(dump(START, [line("203.0.113.0/24")]))
    ingest(made, [path])
    for part in (made.root / "tables" / "listings").rglob("*.parquet"):
        part.write_bytes(b"no Parquet at all")
    with TestClient(create_app(made.root, asked_a_minute=0)) as client:
        told = client.get("/map.json")
        assert told.status_code == 503
        assert f"listings/{DUMP}" in told.json()["says"]
        assert client.get("/map?case=telegram-2018").status_code == 200
