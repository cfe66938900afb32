"""How the user's resolver fails for names that redirects lead to, whatever others answer."""

from overblock.measurements.documents import TestKeys
from overblock.measurements.hosts import ADDRESSES, HOSTS, Place, place_of
from overblock.measurements.web_layers import PROBES_OWN, class_of_connect, proved_by_probe
from overblock.measurements.web_names import NOBODY, UNASKED, Names
from overblock.measurements.web_pages import Chain

POISONED = "poisoned"


def onward_names(
    keys: TestKeys, chain: Chain, by_host: dict[str, Names], start: Place
) -> str | None:
    """The class of failure of the first such name that the user's resolver does not find.

    It is ``bogon`` where only such addresses are answered, and ``poisoned`` where nothing works at
    what is answered, while another resolver's answer shows the name's certificate.
    """
    urls = [each.request.url for each in keys.requests or () if each.request and each.request.url]
    hosts = {place.host for url in urls if (place := place_of(url))}
    hosts |= {chain.pending.host} if chain.pending else set()
    for host in sorted(hosts - {start.host}):
        names = by_host.get(host, UNASKED)
        first = names.first
        if first.found == "bogons":
            return "bogon"
        if first.found == "nothing":
            return first.failure or "no_answer"
        if first.found and names.open is not NOBODY and _is_poisoned(keys, host, names):
            return POISONED
    return None


def _is_poisoned(keys: TestKeys, host: str, names: Names) -> bool:
    mine = names.first.addresses
    others = names.known - mine
    if not others or not mine.isdisjoint(names.open.addresses):
        return False
    proved = proved_by_probe(keys, host, set())
    return mine.isdisjoint(proved) and not others.isdisjoint(proved) and _fails(keys, host, mine)


def _fails(keys: TestKeys, host: str, addresses: set[str]) -> bool:
    """Whether connects to the addresses fail, or handshakes for the name, as they do if forged."""
    connects = [
        class_of_connect(each)
        for each in keys.tcp_connect or ()
        if each.ip and ADDRESSES[each.ip] in addresses
    ]
    shakes = [
        each.failure
        for each in keys.tls_handshakes or ()
        if each.server_name
        and HOSTS[each.server_name] == host
        and each.address
        and ADDRESSES[each.address.rpartition(":")[0].strip("[]")] in addresses
    ]
    unreached = all(each and each not in PROBES_OWN for each in connects)
    return bool((connects and unreached) or (shakes and all(shakes)))
