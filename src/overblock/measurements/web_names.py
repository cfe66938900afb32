"""Signs of the name: what the user's resolver answers beside what the control and others do."""

from dataclasses import dataclass, field

from overblock.measurements.blocks import Control, Query
from overblock.measurements.documents import TestKeys
from overblock.measurements.failures import class_of, failure_of
from overblock.measurements.hosts import address_of, host_of, kind_of, neighbourhood_of
from overblock.measurements.signs import WebSigns

USERS = frozenset({"system", "getaddrinfo", "golang_net_resolver", "go", "unknown", "", None})
SECRET = frozenset({"doh", "doh3", "dot", "doq"})  # what stands between sees no name
PROVED_BY_TLS = 8  # flag of the control's ip_info


@dataclass(slots=True)
class Answers:
    """What one kind of resolver said of one name."""

    asked: bool = False
    addresses: set[str] = field(default_factory=set)
    networks: dict[str, int] = field(default_factory=dict)  # origin AS by address, where known
    failure: str | None = None  # class of the last failure

    def take(self, query: Query) -> None:
        """Add one look-up."""
        self.asked = True
        if query.failure:
            self.failure = class_of(failure_of(query.failure)) or self.failure
        for answer in query.answers or ():
            written = answer.ipv4 or answer.ipv6
            address = address_of(written) if written else None
            if address:
                self.addresses.add(address)
                if answer.asn:
                    self.networks[address] = answer.asn

    @property
    def found(self) -> str | None:
        """Addresses, bogons or nothing; None where nobody was asked."""
        if not self.asked:
            return None
        return kind_of_all(self.addresses)


@dataclass(slots=True)
class Names:
    """What every resolver said of one name: the user's, open ones far away, and secret ones."""

    user: Answers
    open: Answers
    secret: Answers

    @property
    def known(self) -> set[str]:
        """Every address that any of them gave."""
        return self.user.addresses | self.open.addresses | self.secret.addresses

    @property
    def first(self) -> Answers:
        """What the user would get: the system's answer, where it was not asked the open one's."""
        return self.user if self.user.asked else self.open


def kind_of_all(addresses: set[str]) -> str:
    """Bogons if all are, addresses if any is not, nothing if there is none."""
    if not addresses:
        return "nothing"
    return "bogons" if all(kind_of(each) == "bogon" for each in addresses) else "addresses"


def names_of(queries: list[Query] | None, host: str) -> Names:
    """What was answered when ``host`` was asked for."""
    names = Names(Answers(), Answers(), Answers())
    for query in queries or ():
        asked = query.hostname
        if asked != host and (asked is None or host_of(asked) != host):
            continue
        engine = query.engine
        if engine in USERS:
            names.user.take(query)
        elif engine in SECRET:
            names.secret.take(query)
        else:
            names.open.take(query)
    return names


def take_control_names(signs: WebSigns, control: Control) -> set[str]:
    """What the control resolved; aliases among its addresses are none."""
    dns = control.dns
    if dns is None:
        return set()
    found = {address for each in dns.addrs or () if (address := address_of(each))}
    if found:
        signs.control_names = kind_of_all(found)
    elif dns.failure and class_of(failure_of(dns.failure)) == "timeout":
        signs.control_names = "failed"
    else:
        signs.control_names = "nothing"
    return found


def take_names(
    signs: WebSigns, keys: TestKeys, names: Names, theirs: set[str], proved: set[str]
) -> None:
    """Signs of the name: ``theirs`` are the control's addresses, ``proved`` those shown by TLS."""
    first = names.first
    signs.names_asked = first.asked
    if not first.asked:
        return
    signs.names_found = first.found
    if not first.addresses:
        signs.names_failure = first.failure or "no_answer"
    elsewhere = names.secret if names.secret.asked else names.open
    if elsewhere is not first:
        signs.names_elsewhere = elsewhere.found
    signs.names_injected = bool(
        names.user.asked and names.user.addresses & names.open.addresses - theirs
    )
    signs.names_proved = not first.addresses.isdisjoint(proved)
    if first.addresses and theirs:
        signs.names_agree = _agree(keys, names, theirs)


def proved_by_control(control: Control | None, host: str) -> set[str]:
    """Addresses under which the control saw a valid certificate of the name."""
    found: set[str] = set()
    if control is None:
        return found
    for written, info in (control.ip_info or {}).items():
        if info is not None and info.flags and info.flags & PROVED_BY_TLS:
            found.add(address_of(written) or written)
    for endpoint, outcome in (control.tls_handshake or {}).items():
        if outcome is not None and outcome.status and outcome.server_name == host:
            found.add(address_of(endpoint.rpartition(":")[0].strip("[]")) or endpoint)
    return found


def _agree(keys: TestKeys, names: Names, theirs: set[str]) -> bool | None:
    """Whether answers share an address, origin AS or neighbourhood with the control's."""
    mine = names.first.addresses
    if not mine.isdisjoint(theirs):
        return True
    info = keys.control.ip_info if keys.control else None
    known = {address_of(each) or each: one.asn for each, one in (info or {}).items() if one}
    for answers in (names.secret, names.open, names.first):
        known.update(answers.networks)
    here = {asn for each in mine if (asn := known.get(each))}
    there = {asn for each in theirs if (asn := known.get(each))}
    if here & there or not {neighbourhood_of(each) for each in mine}.isdisjoint(
        neighbourhood_of(each) for each in theirs
    ):
        return True
    if kind_of_all(mine) == "bogons" or (here and there):
        return False
    return {"consistent": True, "reverse_match": True, "inconsistent": False}.get(
        keys.dns_consistency or ""
    )
