"""Verdicts on pages that differ from the control's: the site's own doing, or put in its place."""

from typing import Any

import pytest

from measurement_worlds import (
    BLOCK_PAGE,
    PAGE,
    VERSIONS,
    Document,
    Site,
    World,
    document,
    everywhere,
    judged,
)

PLAIN = {"Content-Type": "text/html", "Date": "Mon, 24 Aug 2026 10:00:00 GMT", "Server": "nginx"}
FRONTS = (
    {"Server": "AkamaiGHost", "Mime-Version": "1.0"},
    {"Server": "CloudFront", "X-Amz-Cf-Id": "q"},
    {"Server": "cloudflare", "CF-RAY": "7f0"},
    {"Server": "ddos-guard"},
    {"X-Iinfo": "9-1-0"},
)
DENIED = "<title>Access Denied</title>You don't have permission to access this on this server."


def states(*found: Document) -> set[str]:
    return {each["state"] for each in judged(*found)}


def answers(*found: Document) -> set[str]:
    return {each["blocked"] for each in judged(*found)}


def answered(status: int, body: str, headers: dict[str, str]) -> list[Document]:
    """Pages in the clear that came so, whatever the control was shown."""
    found = [document(each) for each in everywhere(scheme="http")]
    for each in found:
        (request,) = each["test_keys"]["requests"]
        request["response"] = {"code": status, "body": body, "headers": headers}
    return found


def sent(first: str, location: str, page: str, headers: dict[str, str]) -> list[Document]:
    """A site that sends its visitor on; the control was shown the usual page."""
    found = [
        document(each)
        for each in everywhere(scheme=first.partition(":")[0], site=Site(host=first.split("/")[2]))
    ]
    for each in found:
        (request,) = each["test_keys"]["requests"]
        request["response"] = {"code": 302, "body": "", "headers": headers | {"Location": location}}
        onward: dict[str, Any] = {"failure": None, "request": {"url": location, "method": "GET"}}
        onward["response"] = {"code": 200, "body": page, "headers": PLAIN}
        each["test_keys"]["requests"] = [onward, request]
    return found


@pytest.mark.parametrize("front", FRONTS, ids="+".join)
def test_a_refusal_that_a_content_network_wrote_is_the_sites_own(front: dict[str, str]) -> None:
    assert states(*answered(403, DENIED, PLAIN | front)) == {"refused"}


def test_a_block_page_of_a_content_network_at_another_address_is_none_of_the_sites() -> None:
    found = document(World(scheme="http").with_censor(name_is=("81.2.69.160",), page=BLOCK_PAGE))
    found["test_keys"]["requests"][0]["response"] |= {"code": 403, "headers": PLAIN | FRONTS[2]}
    assert answers(found) == {"yes"}


def test_a_plain_refusal_as_servers_write_it_is_left_open_and_a_naked_one_is_not() -> None:
    page = "<title>403 Forbidden</title><center>nginx</center>"
    naked = {"Content-Type": "text/html"}
    assert answers(*answered(403, page, PLAIN)) == {"unknown"}
    assert answers(*answered(403, page, naked)) == {"yes"}
    assert answers(*answered(403, BLOCK_PAGE, PLAIN)) == {"yes"}


@pytest.mark.parametrize("status", [400, 404, 407, 410, 511])
def test_a_server_that_does_not_know_the_page_is_left_open_and_a_naked_answer_is_not(
    status: int,
) -> None:
    page = "<title>Not Found</title>nothing is here"
    assert answers(*answered(status, page, PLAIN)) == {"unknown"}
    if status in {400, 404, 410}:  # and a proxy that asks who the visitor is says so by its status
        assert answers(*answered(status, page, {})) == {"yes"}


@pytest.mark.parametrize(
    ("page", "state"),
    [
        ("<title>Welcome to nginx!</title>If you see this page", "insufficient"),
        ("<title>Apache2 Ubuntu Default Page: It works</title>", "insufficient"),
        ("<title>Account Suspended</title>This Account has been suspended.", "insufficient"),
        ('<title>Sign in</title><input name="p" type="password">', "insufficient"),
        ('<script src="/aes.js"></script>This site requires Javascript to work', "challenged"),
        ("<title>One moment</title>Enable JavaScript and cookies to continue", "challenged"),
    ],
)
def test_a_page_of_the_sites_hosting_is_no_block_page(page: str, state: str) -> None:
    assert states(*answered(200, page, PLAIN)) == {state}


def test_words_of_a_hosting_do_not_hide_those_of_a_block_page_far_behind() -> None:
    page = "<script>location.reload()</script>" + "x " * 2000
    assert states(*answered(200, page, PLAIN)) == {"insufficient"}
    assert states(*answered(200, page + "blocked by order", PLAIN)) == {"blocked"}


def test_a_server_that_names_itself_alike_and_has_its_owners_headers_may_be_the_sites() -> None:
    """A page in the visitor's language, of a site whose headers are none that few send."""
    own = {"Server": "Apache/2.4.41", "X-Frame-Options": "DENY", "X-Powered-By": "PHP/8"}
    page = "<title>Laden der Dinge</title>" + "Dinge " * 2000
    other = PLAIN | own | {"Server": "x"}
    theirs: dict[str, Any] = {"headers": PLAIN | own | {"Via": "x"}, "title": "Shop"}
    assert answered_beside(page, PLAIN | own, **theirs) == {"unknown"}
    assert answered_beside(page, other, **theirs) == {"yes"}


def test_headers_that_any_server_sends_do_not_make_a_block_page_the_sites_own() -> None:
    shared = {"X-Frame-Options": "DENY", "X-Powered-By": "PHP/8"}
    found = answered(200, BLOCK_PAGE, PLAIN | shared)
    for each in found:
        each["test_keys"]["control"]["http_request"]["headers"] = PLAIN | shared
    assert answers(*found) == {"yes"}


def test_a_short_page_that_asks_for_a_proof_of_being_human_is_a_challenge_at_any_status() -> None:
    page = "<title>Are you a robot?</title><form>captcha</form>"
    assert states(*answered(200, page, PLAIN)) == {"challenged"}
    assert answers(*answered(200, page + "x" * 9000, {})) == {"yes"}


@pytest.mark.parametrize(
    ("first", "location"),
    [
        ("http://shop.com/", "http://shop.de/"),
        ("http://www.shop.com/", "http://de.shop.com/"),
        ("https://shop.com/", "http://market.org/"),
    ],
)
def test_a_site_that_moves_its_visitor_to_a_page_of_its_own_is_not_blocked(
    first: str, location: str
) -> None:
    """The same brand elsewhere, or a redirect that came under the site's own certificate."""
    found = sent(first, location, "<title>Laden der Dinge</title>" + "Dinge " * 300, PLAIN)
    assert answers(*found) <= {"no", "unknown"}


def test_a_redirect_under_the_sites_own_certificate_proves_the_page_it_leads_to() -> None:
    found = sent("https://shop.com/", "https://market.org/", DENIED, PLAIN)
    assert answers(*found) == {"no"}


def test_a_redirect_in_the_clear_to_another_site_is_a_block_where_the_page_is_another() -> None:
    for location in ("http://landing.net/", "http://10.10.34.34/"):
        found = sent("http://shop.com/", location, "<title>Hoiatus</title>x", {})
        assert answers(*found) == {"yes"}


def test_a_domain_for_sale_may_send_its_visitor_to_its_broker() -> None:
    page = "<title>shop.com</title>This domain is for sale"
    assert answers(*sent("http://shop.com/", "http://broker.net/", page, PLAIN)) == {"no"}


def test_a_page_fetched_in_the_clear_says_nothing_of_handshakes() -> None:
    """A certificate that is broken for everybody, a new probe, and an old helper beside it."""
    world = World(scheme="http", version="0.5.28", site=Site(greets="ssl_invalid_hostname"))
    found = document(world)
    del found["test_keys"]["control"]["tls_handshake"]
    assert answers(found) == {"no"}


def test_the_layer_behind_a_redirect_is_told_by_the_failure_where_no_try_was_noted() -> None:
    """Probes before 0.5 note of a redirect's target only its request."""
    told = {"connection_refused": "tcp", "dns_lookup_error": "dns", "ssl_unknown_authority": "tls",
            "connection_reset": "tls"}  # fmt: skip
    for version in VERSIONS[:2]:
        for failure, mechanism in told.items():
            found = document(World(version=version, site=Site(onward="https://far.example/")))
            lost = {"failure": failure, "request": {"url": "https://far.example/"}}
            found["test_keys"]["requests"].insert(0, lost)
            (verdict,) = judged(found)
            assert (verdict["blocked"], verdict["mechanism"]) == ("yes", mechanism)


@pytest.mark.parametrize("failure", ["network_unreachable", "host_unreachable"])
def test_a_redirect_to_where_the_probe_has_no_way_is_no_block(failure: str) -> None:
    for version in VERSIONS:
        found = document(World(version=version, site=Site(onward="http://far.example/")))
        lost = {"failure": failure, "request": {"url": "http://far.example/"}}
        found["test_keys"]["requests"].insert(0, lost)
        assert answers(found) == {"unknown"}


def test_an_old_probe_that_noted_no_handshake_still_tells_of_a_forged_answer() -> None:
    world = World(version="0.0.1").with_censor(name_is=("81.2.69.160",))
    found = document(world)
    for each in found["test_keys"]["requests"]:
        each["failure"] = "ssl_invalid_hostname"
    for each in found["test_keys"]["tcp_connect"]:
        each["status"] = {"failure": None, "success": True}
    (verdict,) = judged(found)
    assert (verdict["blocked"], verdict["mechanism"]) == ("yes", "dns+tls")


def test_an_address_without_a_name_has_handshakes_too() -> None:
    """Old probes note none: the request that broke off is all there is."""
    found = document(World(version="0.0.1", site=Site(host="93.184.216.34")))
    keys = found["test_keys"]
    keys["queries"] = []
    keys["requests"][0] |= {"failure": "connection_reset", "response": {"code": 0}}
    assert [each["mechanism"] for each in judged(found)] == ["tls"]


def test_a_page_of_the_usual_length_is_the_sites_own() -> None:
    page = PAGE.replace("Shop of Things", "Summer Sale")
    assert answers(*answered(200, page, PLAIN)) == {"no"}


def answered_beside(page: str, mine: dict[str, str], **theirs: Any) -> set[str]:
    """A page in the clear beside a control's page of other facts."""
    found = answered(200, page, mine)
    for each in found:
        each["test_keys"]["control"]["http_request"] |= {"headers": PLAIN, **theirs}
    return answers(*found)


def test_a_block_page_as_long_as_the_sites_own_is_known_by_title_and_words() -> None:
    tiny = {"title": "Tiny Corner", "body_length": len(BLOCK_PAGE)}
    plain = "<title>Tiny Place</title>" + "x" * (len(BLOCK_PAGE) - 25)
    assert answered_beside(BLOCK_PAGE, PLAIN, **tiny) == {"yes"}
    assert answered_beside(plain, PLAIN, **tiny) == {"no"}


def test_a_length_alone_makes_no_block_of_a_page_without_titles() -> None:
    untitled = {"title": "", "body_length": 9000}
    assert answered_beside("x" * 900, PLAIN, **untitled) == {"unknown"}
    assert answered_beside("x" * 900, {}, **untitled) == {"yes"}


def test_a_page_without_the_title_that_the_control_saw_is_another() -> None:
    titled = {"title": "Tiny Corner", "body_length": 9000}
    headers = {"Content-Type": "text/html", "Date": PLAIN["Date"]}
    assert answered_beside("<h1>Prohibido</h1>", headers, **titled) == {"yes"}


def test_a_title_that_the_helper_could_not_read_is_not_compared() -> None:
    page = "<title>Новости</title>" + "новости " * 100
    headers = {"Content-Type": "text/html", "Date": PLAIN["Date"]}
    unread = {"title": "\ufffd\ufffd\ufffd", "body_length": 9000}
    assert answered_beside(page, headers, **unread) == {"unknown"}


def test_a_redirect_as_servers_write_it_to_another_page_is_left_open() -> None:
    """Of a short link, say, to a page that differs by visit; words of a block page decide."""
    page = "<title>Seen today</title>" + "news " * 30
    assert answers(*sent("http://short.com/", "http://news.org/", page, PLAIN)) == {"unknown"}
    assert answers(*sent("http://short.com/", "http://203.0.114.7/", page, PLAIN)) == {"yes"}
    assert answers(*sent("http://short.com/", "http://news.org/", BLOCK_PAGE, PLAIN)) == {"yes"}


@pytest.mark.parametrize("words", ["siteye erişim mahkeme", "ce site est bloqué",
    "сайт внесён в реестр запрещённых сайтов", "seite wurde gesperrt", "situs ini diblokir",
    "tato stránka: zákona o hazardních hrách", "该网站已被封锁", "این سایت فیلتر شده"])  # fmt: skip
def test_block_pages_are_known_in_the_languages_they_are_served_in(words: str) -> None:
    assert answers(*answered(403, f"<title>!</title>{words}", PLAIN)) == {"yes"}


@pytest.mark.parametrize("words", ["Access denied", "Acceso denegado", "Доступ запрещен"])
def test_words_of_refusal_decide_only_where_no_server_says_them(words: str) -> None:
    page = f"<title>!</title>{words}"
    assert answers(*answered(403, page, PLAIN)) == {"unknown"}
    assert answers(*answered(403, page, {})) == answers(*answered(200, page, PLAIN)) == {"yes"}
