"""Takes the signs of one web_connectivity measurement: the way from the name to the page.

The parts stand in `web_names`, `web_layers` and `web_pages`; here they are put in order, and it is
found at which layer of which hop fetching ended.
"""

from overblock.measurements import opening
from overblock.measurements.blocks import Control
from overblock.measurements.breaks import broke_at
from overblock.measurements.certificates import is_of_own_machine, read_certificate
from overblock.measurements.clocks import is_clock_off, received_at
from overblock.measurements.documents import Measurement, TestKeys
from overblock.measurements.fingerprints import Fingerprints
from overblock.measurements.hosts import (
    ADDRESSES,
    HOSTS,
    MOST_SIGNS,
    PLACES,
    Place,
    failed_as,
)
from overblock.measurements.onward import onward_names
from overblock.measurements.signs import WebSigns
from overblock.measurements.web_layers import (
    Counts,
    count_connects,
    count_handshakes,
    count_quic,
    proved_by_probe,
    take_odd_addresses,
)
from overblock.measurements.web_names import (
    UNASKED,
    Names,
    names_by_host,
    proved_by_control,
    take_control_names,
    take_names,
)
from overblock.measurements.web_pages import (
    Chain,
    chain_of,
    sends_to_block_page,
    take_page,
    take_transfer,
    take_unnoted_transfer,
)

CERTIFICATE = frozenset({"cert_name", "cert_authority", "cert_other"})


def web_signs(measurement: Measurement, known: Fingerprints | None = None) -> WebSigns:
    """The signs of a web_connectivity measurement, or of one that looks like it."""
    signs, keys = WebSigns(), measurement.test_keys
    start = start_of(measurement)
    if start is None:
        return signs
    theirs = _take_control(signs, keys)
    by_host = names_by_host(keys.queries)
    names = by_host.get(start.host, UNASKED)
    mine = names.first.addresses
    proved: set[str] = set()
    if mine.isdisjoint(theirs):  # else the control vouches for them already
        proved = proved_by_control(keys.control, start.host)
        proved |= proved_by_probe(keys, start.host, mine)
    take_names(signs, keys, names, theirs, proved)
    signs.names_heard = signs.names_failure == "timeout" and _is_heard(by_host)
    is_address = ADDRESSES[start.host] is not None
    endpoints = {start.host} if is_address else names.known
    _put_connects(signs, count_connects(keys, start, endpoints, controlled=True))
    if keys.tls_handshakes:
        page = _greeted_elsewhere(signs, start)
        genuine = None if is_address or signs.names_agree else theirs | proved
        _put_handshakes(signs, count_handshakes(keys, start.host, genuine, page=page))
    _put_quic(signs, keys, start)
    chain = chain_of(keys.requests, start)
    take_page(signs, keys, chain, start)
    if chain.n_redirects:
        signs.broke_after = chain.n_redirects
    if not signs.fetched:
        _take_break(signs, keys, chain, by_host, start)
    if chain.n_redirects and len(by_host) > 1:
        signs.onward_names = onward_names(keys, chain, by_host, start)
    if signs.names_agree is False or (signs.elsewhere_proved and not signs.names_proved):
        take_odd_addresses(signs, keys, mine - theirs - proved, start.host)
    if signs.tls_failure in CERTIFICATE or signs.broke_by in CERTIFICATE:
        _take_certificate(signs, measurement, start.host)
    if known is not None:
        _take_fingerprints(signs, measurement, names, known)
    return signs


def _is_heard(by_host: dict[str, Names]) -> bool:
    """Whether the user's resolver answered for any name."""
    return any(each.first.addresses for each in by_host.values())


def _greeted_elsewhere(signs: WebSigns, start: Place) -> bool | None:
    """Whether the control fetched the page over TLS: one in the clear tells of no handshakes."""
    if signs.control_page is None or start.scheme != "https":
        return None
    return signs.control_page == "fetched"


def start_of(measurement: Measurement) -> Place | None:
    """Where fetching begins: the input, else the oldest request."""
    written = measurement.input
    if isinstance(written, list):
        written = written[0] if written else None
    if written is None:
        requests = measurement.test_keys.requests
        if requests and requests[-1].request:
            written = requests[-1].request.url
    return PLACES[written[:MOST_SIGNS]] if written else None


def _take_certificate(signs: WebSigns, measurement: Measurement, host: str) -> None:
    """Signs of the certificate that failed, and of the clock by which it did."""
    signs.clock_off = is_clock_off(measurement)
    received = received_at(measurement)
    for shake in measurement.test_keys.tls_handshakes or ():
        is_of_page = bool(shake.server_name) and HOSTS[shake.server_name or ""] == host
        if not shake.failure or (signs.own_machine and not is_of_page):
            continue
        der = opening.first_certificate(shake.peer_certificates)
        found = read_certificate(der) if der else None
        if found is None:
            continue
        signs.own_machine = signs.own_machine or is_of_own_machine(found.issuer)
        if is_of_page:
            signs.issuer, signs.own_issuer = found.issuer, found.own_issuer
            signs.in_date = found.is_valid_at(received) if received else None
            return


def _take_control(signs: WebSigns, keys: TestKeys) -> set[str]:
    """Signs of the control; its addresses.  A failed helper leaves an empty one behind."""
    control = keys.control
    if control is None or keys.control_failure:
        return set()
    theirs = take_control_names(signs, control)
    _take_control_page(signs, control)
    if signs.control_page == "fetched" and signs.control_names in {"nothing", "failed"}:
        signs.control_names = "addresses"  # it found the name: it fetched the page
    dns = control.dns
    signs.control = bool(
        theirs or (dns is not None and dns.failure) or signs.control_page or control.tcp_connect
    )
    if not signs.control:
        signs.control_names = None
    return theirs


def _take_control_page(signs: WebSigns, control: Control) -> None:
    http = control.http_request
    if http is None:
        return
    if http.failure:
        signs.control_page = failed_as(http.failure)
    elif http.status_code is not None and http.status_code > 0:
        signs.control_page, signs.control_status = "fetched", http.status_code


def _put_connects(signs: WebSigns, counts: Counts) -> None:
    signs.tcp_ok = counts.ok
    if counts.failed:
        signs.tcp_blocked, signs.tcp_down = counts.blocked, counts.down
        signs.tcp_unsure, signs.tcp_failure = counts.unsure, counts.failure


def _put_handshakes(signs: WebSigns, counts: Counts) -> None:
    signs.tls_ok = counts.ok
    if counts.failed:
        signs.tls_blocked, signs.tls_down = counts.blocked, counts.down
        signs.tls_unsure, signs.tls_failure = counts.unsure, counts.failure


def _put_quic(signs: WebSigns, keys: TestKeys, start: Place) -> None:
    theirs = keys.control.quic_handshake if keys.control else None
    if theirs:  # of few measurements
        counts = count_quic(keys, start.host, theirs)
        signs.quic_ok, signs.quic_blocked = counts.ok, counts.blocked
        signs.quic_failure = counts.failure


def _take_break(
    signs: WebSigns, keys: TestKeys, chain: Chain, by_host: dict[str, Names], start: Place
) -> None:
    """Where fetching ended, and by which failure."""
    at = chain.pending
    if at is None or chain.broken_redirect:
        signs.broke_at = "redirect"
        return
    if signs.part_received and chain.last is not None:
        signs.broke_at, signs.broke_by = "http", chain.failure
        take_transfer(signs, keys, chain.last)
        return
    if chain.n_redirects:
        signs.away_named = any(map(sends_to_block_page, keys.requests or ()))
    hop = start if chain.n_redirects == 0 else at
    names = by_host.get(hop.host, UNASKED)
    signs.broke_at, signs.broke_by = broke_at(keys, names, hop, chain.failure)
    if signs.broke_at == "http" and signs.broke_by == "timeout" and chain.last is not None:
        take_unnoted_transfer(signs, keys, chain.last)


def _take_fingerprints(
    signs: WebSigns, measurement: Measurement, names: Names, known: Fingerprints
) -> None:
    """Known block pages: by the address answered, and by what an unproved answer holds."""
    country, keys = measurement.probe_cc, measurement.test_keys
    answered = names.user.addresses | names.open.addresses
    signs.names_blockpage, signs.names_foreign = known.of_addresses(answered, country)
    if signs.status and not signs.page_proved:
        for each in keys.requests or ():
            if each.response is not None and each.response.code:
                here, elsewhere = known.of_response(each.response, country)
                signs.page_fingerprint = signs.page_fingerprint or here
                signs.page_foreign = signs.page_foreign or elsewhere
