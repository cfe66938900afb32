"""Redirects in the clear to pages that are block pages by their address."""

from typing import Any

import pytest

from measurement_worlds import PAGE, Document, Site, document, everywhere, judged
from overblock.measurements.landings import names_block_page

SERVED = {"Date": "Mon, 24 Aug 2026 10:00:00 GMT", "Server": "nginx"}
PICTURE = "<html><head><title>ISP</title></head><body><img src='a.gif'></body></html>"
LANDINGS = ("http://warning.isp.example/i1.html", "http://isp.example/blockpage/", "http://zapret.example/",
            "https://internetpositif.example.id/", "http://isp.example/blocked.html")  # fmt: skip
MOVES = ("http://shop-global.example/", "https://blocklist.example/", "http://filters.example/",
         "http://sso.example/login?filter=blocked", "http://city.example/warnings")  # fmt: skip


def sent_to(location: str, failure: str | None = None, scheme: str = "http") -> list[Document]:
    """Pages that redirect as servers do; the control followed them to the usual page."""
    found = [document(each) for each in everywhere(scheme=scheme, site=Site(host="news.example"))]
    for each in found:
        (request,) = each["test_keys"]["requests"]
        request["response"] = {"code": 302, "body": "", "headers": SERVED | {"Location": location}}
        onward: dict[str, Any] = {"failure": failure, "request": {"url": location, "method": "GET"}}
        if not failure:
            onward["response"] = {"code": 200, "body": PICTURE, "headers": SERVED}
        each["test_keys"]["requests"] = [onward, request]
    return found


@pytest.mark.parametrize("location", LANDINGS)
def test_a_redirect_to_what_is_named_a_block_page_is_a_block(location: str) -> None:
    found = judged(*sent_to(location))
    assert {(each["blocked"], each["mechanism"]) for each in found} == {("yes", "http")}


@pytest.mark.parametrize("location", LANDINGS)
def test_a_block_page_that_does_not_load_is_known_by_its_name_too(location: str) -> None:
    found = judged(*sent_to(location, "generic_timeout_error"))
    assert all(each["blocked"] == "yes" and "http" in each["mechanism"] for each in found)


@pytest.mark.parametrize("location", MOVES)
def test_a_redirect_to_another_name_is_left_open(location: str) -> None:
    assert {each["blocked"] for each in judged(*sent_to(location))} == {"unknown"}


def test_what_a_site_under_its_certificate_redirects_to_is_its_own_doing() -> None:
    found = judged(*sent_to(LANDINGS[0], scheme="https"))
    assert "yes" not in {each["blocked"] for each in found}


def test_a_block_page_by_name_that_the_control_was_shown_too_is_the_sites_own() -> None:
    found = sent_to(LANDINGS[0])
    for each in found:
        each["test_keys"]["requests"][0]["response"]["body"] = PAGE
    assert {each["blocked"] for each in judged(*found)} == {"no"}


def test_only_whole_parts_of_an_address_name_a_block_page() -> None:
    assert all(map(names_block_page, (*LANDINGS, "http://BLOCKED.example:8080/x")))
    assert not any(map(names_block_page, (*MOVES, "", "http://unblocked.example/", "x" * 9000)))
