"""What a resolver's message says of a name, and the lines that are kept of it.

Pure: messages come from `overblock.probes.dns`, lines go to `overblock.probes.journal`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import dns.exception
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import msgspec
from dns.rdtypes.IN.A import A
from dns.rdtypes.IN.AAAA import AAAA

from overblock.addresses.special import is_bogon

ADDRESS, NONE, BOGON, REWRITTEN = "address", "no_answer", "bogon", "rewritten"
FAILED = frozenset({"timeout", "servfail", "refused", "error"})  # nothing is known of the name
_OUTCOMES = {
    dns.rcode.NXDOMAIN: "nxdomain",
    dns.rcode.SERVFAIL: "servfail",
    dns.rcode.REFUSED: "refused",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One question's end: ``address`` with addresses, or why there is none."""

    outcome: str  # of the column of that name in `overblock.tables.RESOLUTIONS`, no bogon
    addresses: tuple[str, ...] = ()  # sorted, each once
    chain: tuple[str, ...] = ()  # the aliases (CNAME) that were followed, in order


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question of one type, whom it was put to, and how it ended."""

    rdtype: str  # A or AAAA
    resolver: str
    answer: Answer


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of what `resolve` writes: one address of a name, or why there is none."""

    name: str  # lower case, punycode, no last dot
    seen_at: datetime  # when it was asked for, to the second
    resolver: str
    address: str | None = None
    outcome: str | None = None  # where there is no address: see `Answer`, and bogon
    answer: str | None = None  # the address that is a bogon or rewritten
    types: tuple[str, ...] = ()  # where there is no address: what was asked for
    chain: tuple[str, ...] = ()
    vantage: str | None = None
    of: int = 1  # how many lines of this name were written together, this one among them


def read_answer(message: dns.message.Message) -> Answer:
    """What a response says: addresses at the end of its chain of aliases, or an outcome.

    An answer that contradicts itself (aliases in a circle, addresses of a name that is said not to
    exist) is an ``error``.  Records of other names than the chain leads to are not looked at.
    """
    known = _OUTCOMES.get(message.rcode())
    if known in FAILED or (known is None and message.rcode() != dns.rcode.NOERROR):
        return Answer(outcome=known or "error")
    if not isinstance(message, dns.message.QueryMessage):
        return Answer(outcome="error")
    try:
        followed = message.resolve_chaining()
    except dns.exception.DNSException:
        return Answer(outcome="error", chain=_endless_chain(message))
    chain = tuple(_written(alias[0].target) for alias in followed.cnames)
    found = {one.address for one in followed.answer or () if isinstance(one, A | AAAA)}
    if not found:
        return Answer(outcome=known or NONE, chain=chain)
    return Answer(outcome=ADDRESS, addresses=tuple(sorted(found)), chain=chain)


def _endless_chain(message: dns.message.QueryMessage) -> tuple[str, ...]:
    """The aliases of an answer that has no end, up to the first that comes again."""
    aliases = {
        rrset.name: rrset[0].target
        for rrset in message.answer
        if rrset.rdtype == dns.rdatatype.CNAME
    }
    chain: list[str] = []
    name = message.question[0].name if message.question else dns.name.root
    while name in aliases and (written := _written(aliases[name])) not in chain:
        chain.append(written)
        name = aliases[name]
    return tuple(chain)


def _written(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower()


def tell_rewritten(answer: Answer, stock: frozenset[str]) -> Answer:
    """The same answer, called rewritten where the resolver gives it for any name.

    ``stock`` holds the addresses that this resolver gave for names that cannot exist.
    """
    if answer.addresses and stock.issuperset(answer.addresses):
        return replace(answer, outcome=REWRITTEN)
    return answer


def lines_of(
    name: str, asked: Sequence[Asked], seen_at: datetime, vantage: str | None
) -> list[Line]:
    """The lines of one name as one vantage point saw it.

    An address a line.  That a type has no record is told only where no other type has one; a
    failure is always told, since what it hides is unknown.
    """
    asker = Line(name=name, seen_at=seen_at, resolver="", vantage=vantage)
    lines = [line for one in asked for line in _address_lines(asker, one)]
    without: dict[tuple[str, tuple[str, ...], str], list[str]] = {}
    for one in asked:
        answer = one.answer
        if not answer.addresses and (answer.outcome in FAILED or not lines):
            key = answer.outcome, answer.chain, one.resolver
            without.setdefault(key, []).append(one.rdtype)
    return lines + [
        msgspec.structs.replace(
            asker, resolver=resolver, outcome=outcome, types=tuple(types), chain=chain
        )
        for (outcome, chain, resolver), types in without.items()
    ]


def _address_lines(asker: Line, one: Asked) -> Iterator[Line]:
    for address in one.answer.addresses:
        line = msgspec.structs.replace(asker, resolver=one.resolver, chain=one.answer.chain)
        if one.answer.outcome == REWRITTEN:
            yield msgspec.structs.replace(line, outcome=REWRITTEN, answer=address)
        elif is_bogon(address):
            yield msgspec.structs.replace(line, outcome=BOGON, answer=address)
        else:
            yield msgspec.structs.replace(line, address=address)


def outcome_of(lines: Iterable[Line]) -> str:
    """One word for a name: ``address`` if it has any, else what its first line says."""
    words = [line.outcome or ADDRESS for line in lines]
    return ADDRESS if ADDRESS in words else words[0]
