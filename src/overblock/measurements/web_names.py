"""Signs of the name: what the user's resolver answers beside what the control and others do."""

from msgspec import Struct, field

from overblock.measurements.blocks import Control, Query
from overblock.measurements.documents import TestKeys
from overblock.measurements.hosts import address_of, failed_as, host_of, kind_of, neighbourhood_of
from overblock.measurements.signs import WebSigns

USER, OPEN, SECRET = range(3)
KINDS: dict[str | None, int] = {
    **dict.fromkeys(("system", "getaddrinfo", "golang_net_resolver", "go", "unknown", ""), USER),
    **dict.fromkeys(("doh", "doh3", "dot", "doq"), SECRET),
    None: USER,
}  # by engine; any other is open
PROVED_BY_TLS = 8  # flag of the control's ip_info


class Answers(Struct, gc=False):
    """What one kind of resolver said of one name."""

    asked: bool = False
    addresses: set[str] = field(default_factory=set)
    failure: str | None = None  # class of the last failure
    networks: dict[str, int] | None = None  # origin AS by address, where known

    @property
    def found(self) -> str | None:
        """Addresses, bogons or nothing; None where nobody was asked."""
        return kind_of_all(self.addresses) if self.asked else None


class Names:
    """What every resolver said of one name: the user's, open ones far away, and secret ones."""

    __slots__ = ("kinds",)

    def __init__(self) -> None:
        """Begin with nobody asked."""
        self.kinds: list[Answers] = [NOBODY, NOBODY, NOBODY]

    @property
    def user(self) -> Answers:
        """The system's own resolver."""
        return self.kinds[USER]

    @property
    def open(self) -> Answers:
        """Resolvers elsewhere, asked so that what stands between can see and answer."""
        return self.kinds[OPEN]

    @property
    def secret(self) -> Answers:
        """Resolvers elsewhere, asked under encryption."""
        return self.kinds[SECRET]

    @property
    def known(self) -> set[str]:
        """Every address that any of them gave."""
        user, far, secret = self.kinds
        return user.addresses | far.addresses | secret.addresses

    @property
    def first(self) -> Answers:
        """What the user would get: the system's answer, where it was not asked the open one's."""
        user = self.kinds[USER]
        return self.kinds[OPEN] if user is NOBODY else user


NOBODY = Answers()  # nobody was asked; nothing is ever added to it
UNASKED = Names()


def kind_of_all(addresses: set[str]) -> str:
    """Bogons if all are, addresses if any is not, nothing if there is none."""
    if not addresses:
        return "nothing"
    for each in addresses:
        if kind_of(each) == "public":
            return "addresses"
    return "bogons"


def names_by_host(queries: list[Query] | None) -> dict[str, Names]:
    """What was answered, by the name that was asked for in its canonical form."""
    found: dict[str, Names] = {}
    for query in queries or ():
        written = query.hostname
        if written is None:
            continue
        names = found.get(written)
        if names is None:
            names = found.setdefault(host_of(written) or written, Names())
        kind = KINDS.get(query.engine, OPEN)
        answers = names.kinds[kind]
        if answers is NOBODY:
            answers = names.kinds[kind] = Answers(asked=True)
        if query.failure:
            answers.failure = failed_as(query.failure)
        for answer in query.answers or ():
            given = answer.ipv4 or answer.ipv6
            if given and (address := address_of(given)):
                answers.addresses.add(address)
                if answer.asn:
                    if answers.networks is None:
                        answers.networks = {}
                    answers.networks[address] = answer.asn
    return found


def take_control_names(signs: WebSigns, control: Control) -> set[str]:
    """What the control resolved; aliases among its addresses are none."""
    dns = control.dns
    if dns is None:
        return set()
    found = {address for each in dns.addrs or () if (address := address_of(each))}
    if found:
        signs.control_names = kind_of_all(found)
    elif dns.failure and failed_as(dns.failure) == "timeout":
        signs.control_names = "failed"
    else:
        signs.control_names = "nothing"
    return found


def take_names(
    signs: WebSigns, keys: TestKeys, names: Names, theirs: set[str], proved: set[str]
) -> None:
    """Signs of the name: ``theirs`` are the control's addresses, ``proved`` those shown by TLS."""
    first = names.first
    if not first.asked:
        if keys.dns_experiment_failure:  # all that is left in a shortened document
            signs.names_asked, signs.names_found = True, "nothing"
            signs.names_failure = failed_as(keys.dns_experiment_failure)
        return
    mine = first.addresses
    signs.names_asked, signs.names_found = True, kind_of_all(mine)
    if not mine:
        signs.names_failure = first.failure or "no_answer"
    elsewhere = names.secret if names.secret.asked else names.open
    if elsewhere is not first:
        signs.names_elsewhere = elsewhere.found
    if proved:
        signs.names_proved = not mine.isdisjoint(proved)
        signs.elsewhere_proved = not signs.names_proved and not names.known.isdisjoint(proved)
    if mine.isdisjoint(theirs):
        signs.names_injected = first is names.user and not mine.isdisjoint(names.open.addresses)
        if mine and theirs:
            signs.names_agree = _agree(keys, names, theirs)
    else:
        signs.names_agree = True


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
    """Whether answers that share no address with the control's share a network with them."""
    mine = names.first.addresses
    info = keys.control.ip_info if keys.control else None
    known = {address_of(each) or each: one.asn for each, one in (info or {}).items() if one}
    for answers in (names.secret, names.open, names.first):
        known.update(answers.networks or {})
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
