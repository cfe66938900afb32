"""Signs of the page: the chain of redirects, how it ended, and the answer beside the control's."""

import re
from urllib.parse import urljoin

from msgspec import Raw, Struct

from overblock.measurements import opening
from overblock.measurements.blocks import HttpResponse, HttpTransaction, NetworkEvent
from overblock.measurements.brands import names_its_site
from overblock.measurements.documents import TestKeys
from overblock.measurements.hosts import Place, address_of, failed_as, place_of, site_of
from overblock.measurements.landings import names_block_page, names_blocker
from overblock.measurements.page_words import frames_local, kinds_of, text_of
from overblock.measurements.signs import WebSigns

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 10  # that probes and helpers follow
REFUSALS = frozenset({401, 403, 406, 451})
BODY_BYTES = 1 << 16  # of a body that are looked at
UTF8_BYTES = 4  # that a sign takes at most
FIRST_SIGNS, MOST_SIGNS = 2048, 1 << 14  # of a page that are searched for words: at once, at most
LONGEST_WORDS = 64
WEAKEST = frozenset({"hosting"})  # words after which more are looked for
FIRST_ERROR = 400
LEGAL_REASONS = 451  # RFC 7725
LOG_IN_FIRST = 511  # RFC 6585, section 6: of a network, never of a site
MOST_LIKE = 0.7  # bodies whose lengths differ by less are alike, as OONI has it
STALL_SECONDS = 4.0
BEGINNINGS = frozenset({"connect", "tls_handshake_done", "http_transaction_start"})
NO_ANSWER_BYTES = 4096  # more than a connection says before the first byte of an answer
# What any server sends, that of a block page too: as in OONI's specification.
COMMON_HEADERS = frozenset({
    "accept-ranges", "age", "allow", "cache-control", "connection", "content-encoding",
    "content-language", "content-length", "content-security-policy", "content-type", "date", "etag",
    "expires", "keep-alive", "last-modified", "link", "location", "mime-version", "p3p", "pragma",
    "referrer-policy", "server", "set-cookie", "strict-transport-security", "transfer-encoding",
    "upgrade", "vary", "via", "x-cache", "x-content-type-options", "x-frame-options",
    "x-powered-by", "x-ua-compatible", "x-xss-protection",
})  # fmt: skip
SET_BY_OWNERS = frozenset({
    "content-language", "content-security-policy", "link", "p3p", "referrer-policy",
    "strict-transport-security", "x-content-type-options", "x-frame-options", "x-powered-by",
    "x-ua-compatible", "x-xss-protection",
})  # fmt: skip
FEW_SET = 2
# Content networks, as they name themselves in Server or by headers of their own.
FRONTS = ("akamaighost", "awselb", "cloudflare", "cloudfront", "ddos-guard", "imperva", "qrator",
          "sucuri")  # fmt: skip
FRONT_HEADERS = frozenset({
    "cf-ray", "x-akamai-request-id", "x-amz-cf-id", "x-azure-ref", "x-iinfo", "x-sucuri-id",
})  # fmt: skip
UNREAD = "\N{REPLACEMENT CHARACTER}"  # what a helper makes of a title that is no UTF-8
SHORT_PAGE = 8192  # signs: a page that only asks for a proof of being human
LONG_PAGE = 16384  # signs: more than block pages have, but for those with words that say so
ABSOLUTE = re.compile(r"https?://[a-z0-9-]+(\.[a-z0-9-]+)*[/?#]")


class Chain(Struct, gc=False):
    """How fetching went: where it got to, and what it was then waiting for."""

    last: HttpTransaction | None  # the newest that was answered to the end, else the newest
    pending: Place | None  # what was not fetched; None if all was, or the redirect leads nowhere
    n_redirects: int = 0
    failure: str | None = None  # class of the newest failure, while something is pending
    broken_redirect: bool = False


def chain_of(requests: list[HttpTransaction] | None, start: Place) -> Chain:
    """Follow requests from the input (the last of the list) to the newest.

    v0.5 may try several addresses for one URL: one that worked decides.
    """
    if not requests:
        return Chain(None, start)
    newest = requests[0]
    worked = newest if _answered(newest) else next(filter(_answered, requests), None)
    if worked is None:
        lost = failed_as(newest.failure) or "other"
        return Chain(newest, _place(newest) or start, 0, lost)
    if not _is_redirect(worked.response):
        return Chain(worked, None, _n_redirects(requests) if len(requests) > 1 else 0)
    n_redirects = _n_redirects(requests)
    onward = _onward(worked)
    if newest.failure:  # a later hop
        failure, pending = failed_as(newest.failure), _place(newest) or onward
        return Chain(newest, pending, n_redirects, failure, onward is None)
    loops = n_redirects >= MOST_REDIRECTS
    return Chain(worked, onward, n_redirects, None, onward is None or loops)


def _n_redirects(requests: list[HttpTransaction]) -> int:
    """How many different URLs redirected."""
    if len(requests) == 1:
        return int(_is_redirect(requests[0].response))
    return len({
        each.request.url
        for each in requests
        if each.request and not each.failure and _is_redirect(each.response)
    })  # fmt: skip


def _answered(each: HttpTransaction) -> bool:
    response = each.response
    return not each.failure and response is not None and bool(response.code)


def _is_redirect(response: HttpResponse | None) -> bool:
    return response is not None and response.code in REDIRECTS


def _place(each: HttpTransaction) -> Place | None:
    request = each.request
    return place_of(request.url) if request and request.url else None


def location_of(response: HttpResponse | None) -> str | None:
    """Where a response sends its reader."""
    if response is None:
        return None
    named = opening.header(response.headers, "location")
    if named is None:
        pairs = opening.header_list(response.headers_list)
        named = next((value for name, value in pairs if name == "location"), None)
    return named


def _onward(each: HttpTransaction) -> Place | None:
    """The next place of a redirect; the same place where it names none, as 304-like answers do."""
    base = each.request.url if each.request else None
    target = location_of(each.response)
    if not base or target is None:
        return None
    if ABSOLUTE.match(target):  # nothing to join, as nearly always
        return place_of(target)
    try:
        return place_of(urljoin(base, target))
    except ValueError:
        return None


def take_page(signs: WebSigns, keys: TestKeys, chain: Chain, start: Place) -> None:
    """Signs of the newest answer beside the control's page."""
    last = chain.last
    response = last.response if last else None
    if last is None or response is None or not response.code:
        return
    signs.status = response.code
    at = _place(last) or start
    cleartext = False
    if at.host != start.host:
        cleartext = _leaves(start, at) and any(map(_sends_away, keys.requests or ()))
        signs.redirect_away = cleartext
        signs.moved = not cleartext and _plain_host(at) != _plain_host(start)
    signs.fetched = chain.pending is None and not chain.broken_redirect and not last.failure
    signs.page_proved = at.scheme == "https" and not last.failure and not cleartext
    if cleartext:
        signs.away_secure = at.scheme == "https"
        bare = address_of(at.host) is not None
        signs.redirect_naked = bare or any(map(_is_naked_redirect, keys.requests or ()))
        signs.away_named = last.request is not None and names_block_page(last.request.url or "")
    if last.failure:
        signs.part_received = True
        return
    if not signs.fetched:
        return
    _compare(signs, keys, response)
    if response.code >= FIRST_ERROR or not (signs.page_proved or _plainly_alike(signs)):
        _read_page(signs, keys, response, start.host)


def _leaves(here: Place, there: Place) -> bool:
    """Whether one place is of another site than the other; shop.com and shop.de are of one."""
    if here.host == there.host:
        return False
    mine, other = site_of(here.host), site_of(there.host)
    return mine != other and mine.partition(".")[0] != other.partition(".")[0]


def _plain_host(place: Place) -> str:
    return place.host.removeprefix("www.")


def _sends_away(each: HttpTransaction) -> bool:
    """Whether it is an answer in the clear that sends the reader to another site."""
    place = _place(each)
    if place is None or place.scheme == "https" or not _answered(each):
        return False
    onward = _onward(each) if _is_redirect(each.response) else place
    return onward is None or _leaves(place, onward)


def _plainly_alike(signs: WebSigns) -> bool:
    """Whether what the probe compared settles it, so that the body need not be read."""
    is_like = (signs.body_share or 0) > MOST_LIKE and signs.same_title is not False
    alike = signs.same_title or is_like
    return bool(signs.same_status and alike and not signs.redirect_away)


def sends_to_block_page(each: HttpTransaction) -> bool:
    """Whether it is an answer in the clear that redirects to another site's, by name a block page.

    It tells where a redirect led that could not be followed.
    """
    if not _is_redirect(each.response) or not names_block_page(location_of(each.response) or ""):
        return False
    return _sends_away(each)


def _is_naked_redirect(each: HttpTransaction) -> bool:
    """A redirect in the clear whose headers are not those of a server that tells the time."""
    place = _place(each)
    if place is None or place.scheme == "https" or not _is_redirect(each.response):
        return False
    return each.response is not None and "date" not in _headers(each.response)


def _headers(response: HttpResponse) -> dict[str, str]:
    return opening.headers(response.headers) or dict(opening.header_list(response.headers_list))


def _compare(signs: WebSigns, keys: TestKeys, response: HttpResponse) -> None:
    """Compare with the control: numbers that stand there, or are easily made."""
    if not signs.control_status:
        return
    signs.same_status = response.code == signs.control_status
    signs.same_headers = keys.headers_match
    signs.same_title = keys.title_match
    signs.body_share = keys.body_proportion or None


def _read_page(signs: WebSigns, keys: TestKeys, response: HttpResponse, host: str) -> None:
    """Signs that only headers and body show."""
    headers = _headers(response)
    text = page_of(response.body)
    signs.page_naked = "date" not in headers
    kinds = kinds_of(text[:FIRST_SIGNS])
    if kinds <= WEAKEST:
        kinds |= kinds_of(text[FIRST_SIGNS - LONGEST_WORDS : MOST_SIGNS])
    is_error = (signs.status or 0) >= FIRST_ERROR
    signs.page_front = is_error and _is_of_front(headers)
    is_short = not signs.page_proved and len(text) < SHORT_PAGE
    signs.page_challenge = "cf-mitigated" in headers or (
        (is_error or is_short) and "challenge" in kinds
    )
    signs.page_parked = "parked" in kinds
    signs.page_portal = "portal" in kinds or signs.status == LOG_IN_FIRST
    if signs.status == LEGAL_REASONS and "link" in headers:
        signs.page_blocker = names_blocker(headers["link"], host)
    may_refuse = is_error and not signs.page_naked  # as a site's own server does
    signs.page_words = "block" in kinds or ("refusal" in kinds and not may_refuse)
    if not signs.page_proved and "<iframe" in text:
        signs.page_local_frame = frames_local(text)
    _compare_closely(signs, keys, headers, text)
    if signs.same_title is False and not signs.page_proved:
        theirs = keys.control.http_request if keys.control else None
        title = title_of(text)
        signs.page_own = names_its_site(text, title, (theirs and theirs.title) or "", host)
        signs.page_usual = "hosting" in kinds or len(text) > LONG_PAGE


def _is_of_front(headers: dict[str, str]) -> bool:
    """Whether a content network that stands before the site's own server wrote the answer."""
    server = headers.get("server", "").lower()
    return not FRONT_HEADERS.isdisjoint(headers) or any(name in server for name in FRONTS)


def page_of(part: Raw) -> str:
    """The beginning of a body as lower-case text."""
    text = opening.body_text(part)
    if text is not None:
        if text.isascii():
            return text[:BODY_BYTES].lower()
        if len(text) <= BODY_BYTES // UTF8_BYTES:
            return text.lower()
    return text_of(opening.body(part)[:BODY_BYTES])


def _compare_closely(signs: WebSigns, keys: TestKeys, headers: dict[str, str], text: str) -> None:
    """Compare title, length and headers where the probe did not."""
    control = keys.control.http_request if keys.control else None
    if control is None or not signs.control_status:
        return
    if not signs.same_title and control.title and kinds_of(control.title.lower()):
        signs.same_title = signs.body_share = None  # the control was refused, or asked for a proof
        return
    if signs.same_title is None and control.title and UNREAD not in control.title:
        title = title_of(text)
        if title is not None:
            signs.same_title = _words(title) == _words(control.title)
        elif 0 < len(text) < BODY_BYTES:  # a whole page without one
            signs.same_title = False
    length = control.body_length or 0
    mine = len(text)
    if signs.body_share is None and length > 0 and 0 < mine < BODY_BYTES:
        signs.body_share = min(mine, length) / max(mine, length)
    if headers:
        theirs = opening.headers(control.headers)
        signs.own_headers = not COMMON_HEADERS.issuperset(headers.keys() & theirs)
        if not signs.same_headers:
            one = signs.own_headers or _is_of_one_server(headers, theirs)
            signs.same_headers = one or (
                signs.same_headers is None and headers.keys() == theirs.keys()
            )


def _is_of_one_server(mine: dict[str, str], theirs: dict[str, str]) -> bool:
    """Whether both answers name the same server, and have headers that its owner sets."""
    shared = mine.keys() & theirs
    same_server = "server" in shared and mine["server"] == theirs["server"]
    return same_server and len(SET_BY_OWNERS & shared) >= FEW_SET


def title_of(text: str) -> str | None:
    """What stands in the first title; a pattern would begin anew at every one of a hostile page."""
    tag = text.find("<title")
    begin = text.find(">", tag) if tag >= 0 else -1
    end = text.find("</title", begin) if begin >= 0 else -1
    return text[begin + 1 : end] if end >= 0 else None


def _words(title: str) -> str:
    return " ".join(title.casefold().split())


def take_transfer(signs: WebSigns, keys: TestKeys, last: HttpTransaction) -> None:
    """How much of an answer came before it broke off, and whether it stopped at one point."""
    body = len(opening.body(last.response.body)) if last.response else 0
    _take_reads(signs, [each for each in _events_of(keys, last) if each.operation == "read"], body)


def take_unnoted_transfer(signs: WebSigns, keys: TestKeys, last: HttpTransaction) -> None:
    """The same where the probe noted no answer, and its sockets did read more than greetings."""
    events = _events_of(keys, last)
    begun = max((at for at, each in enumerate(events) if each.operation in BEGINNINGS), default=-1)
    reads = [each for each in events[begun + 1 :] if each.operation == "read"]
    if sum(each.num_bytes or 0 for each in reads) >= NO_ANSWER_BYTES:
        signs.part_received = True
        _take_reads(signs, reads, 0)


def _events_of(keys: TestKeys, last: HttpTransaction) -> list[NetworkEvent]:
    return [
        each
        for each in opening.network_events(keys.network_events)
        if not last.transaction_id or each.transaction_id == last.transaction_id
    ]


def _take_reads(signs: WebSigns, reads: list[NetworkEvent], body: int) -> None:
    signs.bytes_received = max(sum(each.num_bytes or 0 for each in reads), body) or None
    good = [each.t for each in reads if each.num_bytes and each.t is not None]
    ends = [each.t for each in reads if each.t is not None]
    signs.stalled = bool(good and ends) and max(ends) - max(good) >= STALL_SECONDS
