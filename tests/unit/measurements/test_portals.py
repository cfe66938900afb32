"""What looks like a block and is a network's own: its log-in page, its names, its lost answers."""

from typing import Any, Literal

import pytest

from measurement_worlds import (
    BLOCK_PAGE,
    VERSIONS,
    Document,
    Site,
    World,
    document,
    everywhere,
    hit,
    judged,
    verdicts,
)

LOG_IN = "<title>Welcome</title><h1>Hotel Wi-Fi</h1><form><input name='room'></form>"
WORDLESS = "<title>Welcome</title><form><input name='room'></form>"
OPEN = ("unknown", None)
INSIDE = ("10.1.2.3",)


def answered(world: World, *answers: tuple[int, str, dict[str, str]]) -> Document:
    """The measurement, with these answers in the clear: status, page and headers, last first."""
    found = document(world)
    urls = [answer[2].get("Location", world.url) for answer in answers[1:]] + [world.url]
    found["test_keys"]["requests"] = [
        {
            "failure": None,
            "request": {"url": url, "method": "GET"},
            "response": {"code": status, "body": page, "headers": headers},
        }
        for url, (status, page, headers) in zip(urls, answers, strict=True)
    ]
    return found


def told(*found: Document) -> set[tuple[str, str | None, str]]:
    return {(each["blocked"], each["mechanism"], each["rule_id"]) for each in judged(*found)}


def facts(found: Document) -> dict[str, Any]:
    return judged(found)[0]


@pytest.mark.parametrize(
    "answers",
    [
        [(200, LOG_IN, {})],
        [(511, WORDLESS, {})],
        [(200, LOG_IN, {}), (302, "", {"Location": "http://10.5.0.1/login?to=shop"})],
        [(200, LOG_IN, {}), (302, "", {"Location": "http://welcome.hotel.example/"})],
    ],
)
def test_a_page_that_asks_guests_to_log_in_is_no_block(answers: list[Any]) -> None:
    worlds = everywhere(scheme="http")
    local = hit(worlds, "name_is", ("10.5.0.1",))
    found = [answered(each, *answers) for each in [*worlds, *local]]
    assert told(*found) == {(*OPEN, "web.portal")}


def test_a_block_page_on_a_local_address_stays_one() -> None:
    local = hit(everywhere(scheme="http"), "name_is", ("10.5.0.1",))
    found = [answered(each, (200, BLOCK_PAGE, {})) for each in local]
    assert {each[:2] for each in told(*found)} == {("yes", "dns+http")}


def test_a_sites_own_page_may_speak_of_free_wifi() -> None:
    site = Site(page="<title>Shop of Things</title>free wifi " + "things " * 200)
    worlds = everywhere(site=site)
    assert set(verdicts(*worlds)) == {("no", None)}


@pytest.mark.parametrize("control", ["fails", "none"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_local_address_that_nobody_contradicts_is_left_open(control: str, scheme: str) -> None:
    """A portal that does not speak TLS, a block, or a name of the network: nothing tells which."""
    old = [each for each in everywhere(scheme=scheme, control=control) if "0.5" not in each.version]
    assert set(verdicts(*hit(old, "name_is", INSIDE))) == {OPEN}


@pytest.mark.parametrize("control", ["fails", "none"])
def test_a_local_address_is_left_open_where_resolvers_far_away_say_the_same(
    control: Literal["fails", "none"],
) -> None:
    new = World(scheme="http", version="0.5.28", control=control)
    found = document(new.with_censor(injects=True, name_is=INSIDE))
    keys = found["test_keys"]
    keys["queries"] = [one for one in keys["queries"] if one["engine"] != "doh"]
    keys["requests"] = []
    assert told(found) == {(*OPEN, "web.local_answer")}


def test_a_name_that_lives_within_the_network_is_neither_blocked_nor_down() -> None:
    inside = Site(host="wiki.corp", resolves=False)
    worlds = [World(site=inside, version=each) for each in VERSIONS]
    found = map(document, hit(worlds, "name_is", INSIDE))
    assert told(*found) == {(*OPEN, "web.local_answer")}


def test_a_local_address_is_a_block_where_another_resolver_finds_a_public_one() -> None:
    worlds = [World(version="0.5.28", control="fails")]
    assert verdicts(*hit(worlds, "name_is", INSIDE)) == [("yes", "dns")]


def test_a_silent_resolver_is_a_block_only_where_it_answers_for_others() -> None:
    """Poor networks lose what goes over UDP; over TCP it is sent again."""
    far = Site(host="far.example", addresses=("93.184.216.40",))
    found = document(World(version="0.5.28", beyond=far))
    alone = document(World(version="0.5.28"))
    for each in (found, alone):
        first = each["test_keys"]["queries"][0]
        first |= {"failure": "generic_timeout_error", "answers": []}
        each["test_keys"]["requests"] = []
    assert facts(found)["detail"] == "timeout"
    assert facts(alone)["blocked"] == "unknown"


@pytest.mark.parametrize(
    ("link", "answer"),
    [
        ('<https://isp.example/orders>; rel="blocked-by"', "yes"),
        ('<https://cdn.example/x.css>; rel=preload, <http://isp.example>; rel="blocked-by"', "yes"),
        ('<https://shop.example/legal>; rel="blocked-by"', "unknown"),
        ("<https://cdn.example/x.css>; rel=preload", "unknown"),
        ("<" * 5000, "unknown"),
    ],
)  # fmt: skip
def test_who_says_that_he_withholds_a_page_in_the_sites_place_is_believed(
    link: str, answer: str
) -> None:
    withheld = (451, "<title>451</title>", {"Date": "x", "Link": link})
    found = [answered(each, withheld) for each in everywhere(scheme="http")]
    assert {each["blocked"] for each in judged(*found)} == {answer}


def test_a_whole_is_no_surer_than_what_it_rests_on() -> None:
    """A page in the clear that is alike is fine with 0.9, one that was proved with 0.99."""
    proved, alike = judged(document(World()), document(World(scheme="http", version="0.4.3")))
    assert (proved["confidence"], alike["confidence"]) == (0.95, 0.9)
