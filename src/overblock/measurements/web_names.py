"""Signs of the name: what the user's resolver answers beside what the control and others do."""

from msgspec import Struct, field

from overblock.measurements.blocks import Answer, Control, Query
from overblock.measurements.documents import TestKeys
from overblock.measurements.hosts import (
    ADDRESSES,
    HOSTS,
    IS_PUBLIC,
    address_of,
    failed_as,
    neighbourhood_of,
)
from overblock.measurements.signs import WebSigns

USER, OPEN, SECRET = range(3)
TELLING: dict[str | None, int] = {"nxdomain": 4, "no_answer": 3, "dns_other": 2, "timeout": 1}
PROVED_BY_TLS = 8  # flag of the control's ip_info
SCRUBBED = "[scrubbed]"  # the probe's own address


USERS_OWN = ("system", "getaddrinfo", "golang_net_resolver", "go", "unknown", "", None)
KINDS: dict[str | None, int] = {  # of resolvers, by engine; any that is not named is open
    **dict.fromkeys(USERS_OWN, USER),
    **dict.fromkeys(("doh", "doh3", "dot", "doq"), SECRET),
}


class Answers(Struct, gc=False):
    """What one kind of resolver said of one name."""

    asked: bool = True
    addresses: set[str] = field(default_factory=set)
    failure: str | None = None  # class of the most telling failure
    given: list[list[Answer]] = field(default_factory=list)  # as they stand in the document
    hidden: bool = False  # an address was answered and taken out before it was published

    @property
    def found(self) -> str | None:
        """Addresses, bogons or nothing; None where nobody was asked, or the answer is hidden."""
        if self.addresses:
            return kind_of_all(self.addresses)
        return None if self.hidden or not self.asked else "nothing"

    @property
    def networks(self) -> dict[str, int]:
        """Origin AS by address, where known; few ask."""
        return {
            address: each.asn
            for answers in self.given
            for each in answers
            if each.asn and (address := ADDRESSES[each.ipv4 or each.ipv6 or ""])
        }


class Names(Struct, gc=False):
    """What every resolver said of one name: the user's, open ones far away, and secret ones."""

    kinds: list[Answers]  # the user's, open ones, secret ones

    @property
    def user(self) -> Answers:
        """The system's own resolver."""
        return self.kinds[USER]

    @property
    def open(self) -> Answers:
        """Resolvers elsewhere, asked so that what stands between can see and answer."""
        return self.kinds[OPEN]

    @property
    def known(self) -> set[str]:
        """Every address that any of them gave."""
        user, far, secret = self.kinds
        return user.addresses.union(far.addresses, secret.addresses)

    @property
    def first(self) -> Answers:
        """What the user would get: the system's answer, where it was not asked the open one's."""
        user, far, _ = self.kinds
        return far if user is NOBODY else user


NOBODY = Answers(asked=False)  # nobody was asked; nothing is ever added to it
UNASKED = Names([NOBODY, NOBODY, NOBODY])


def kind_of_all(addresses: set[str]) -> str:
    """Bogons if all are, addresses if any is not, nothing if there is none."""
    for each in addresses:
        if IS_PUBLIC[each]:
            return "addresses"
    return "bogons" if addresses else "nothing"


def names_by_host(queries: list[Query] | None) -> dict[str, Names]:
    """What was answered, by the name that was asked for in its canonical form."""
    found: dict[str, Names] = {}
    last, kinds = None, UNASKED.kinds
    for query in queries or ():
        written = query.hostname
        if written is None:
            continue
        if written != last:  # as a rule each kind of resolver is asked for the same name
            kinds = (found.get(written) or _named(found, written)).kinds
            last = written
        kind = KINDS.get(query.engine, OPEN)
        answers = kinds[kind]
        if answers is NOBODY:
            answers = kinds[kind] = Answers()
        if query.failure:
            failed, before = failed_as(query.failure), answers.failure
            if before is None or TELLING.get(failed, 0) >= TELLING.get(before, 0):
                answers.failure = failed
        if query.answers:
            _take_answers(answers, query.answers)
    return found


def _take_answers(answers: Answers, given: list[Answer]) -> None:
    answers.given.append(given)
    for each in given:
        written = each.ipv4 or each.ipv6
        if written is None:  # an alias
            continue
        if address := ADDRESSES[written]:
            answers.addresses.add(address)
        elif written == SCRUBBED:
            answers.hidden = True


def _named(found: dict[str, Names], written: str) -> Names:
    """What is found of a name that is not met in this form before."""
    host = HOSTS[written] or written
    names = found.get(host)
    if names is None:
        names = found[host] = Names([NOBODY, NOBODY, NOBODY])
    return names


def take_control_names(signs: WebSigns, control: Control) -> set[str]:
    """What the control resolved; aliases among its addresses are none."""
    dns = control.dns
    found: set[str] = set()
    if dns is None:
        return found
    for written in dns.addrs or ():
        if address := ADDRESSES[written]:
            found.add(address)
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
    user, far, secret = names.kinds
    first = far if user is NOBODY else user
    if first is NOBODY:
        if keys.dns_experiment_failure:  # all that is left in a shortened document
            signs.names_asked, signs.names_found = True, "nothing"
            signs.names_failure = failed_as(keys.dns_experiment_failure)
        return
    mine = first.addresses
    signs.names_asked, signs.names_found = True, first.found
    if signs.names_found == "nothing":
        signs.names_failure = first.failure or "no_answer"
    elsewhere = far if secret is NOBODY else secret
    if elsewhere is not first and elsewhere is not NOBODY:
        signs.names_elsewhere = kind_of_all(elsewhere.addresses)
    if proved:
        signs.names_proved = not mine.isdisjoint(proved)
        signs.elsewhere_proved = not signs.names_proved and not names.known.isdisjoint(proved)
    if not mine.isdisjoint(theirs):
        signs.names_agree = True
        return
    signs.names_injected = first is user and not mine.isdisjoint(far.addresses)
    if mine and theirs:
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
    """Whether answers that share no address with the control's share a network with them.

    An answer that a secret resolver gives too is the name's own, as nobody on the way wrote it.
    """
    mine = names.first.addresses
    if not mine.isdisjoint(names.kinds[SECRET].addresses) and kind_of_all(mine) == "addresses":
        return True
    info = keys.control.ip_info if keys.control else None
    known = {address_of(each) or each: one.asn for each, one in (info or {}).items() if one}
    for answers in (*reversed(names.kinds[OPEN:]), names.first):
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
