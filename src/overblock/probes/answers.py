"""What a resolver's message says of a name, and the lines that are kept of it.

Pure: messages come from `overblock.probes.dns`, lines go to `overblock.probes.journal`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import dns.edns
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
DISPUTED = "disputed"  # contradicted by a second answer, or by the resolver's own word
UNHEARD = frozenset({"timeout", "error"})  # outcomes that come also where nobody is
FAILED = frozenset({"timeout", "servfail", "refused", "error"})  # nothing is known of the name
ALWAYS_TOLD = FAILED | {DISPUTED}
NOT_BELIEVED = frozenset({REWRITTEN, DISPUTED})
WITHHELD = frozenset({  # why an answer is not the name's own, by the resolver's word (RFC 8914)
    dns.edns.EDECode.FORGED_ANSWER, dns.edns.EDECode.BLOCKED, dns.edns.EDECode.CENSORED,
    dns.edns.EDECode.FILTERED,
})  # fmt: skip
MOST_SIGNS = 200  # that are kept of such words
MOST_NAMED = 3  # addresses of a disputed answer, in its reason
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
    why: str | None = None  # in the resolver's or the system's words, or what came in which order
    withheld: bool = False  # the resolver says that this is not the name's own answer


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
    why: str | None = None  # as the resolver or the system says it
    of: int = 1  # how many lines of this name were written together, this one among them


def read_answer(message: dns.message.Message) -> Answer:
    """What a response says: addresses at the end of its chain of aliases, or an outcome.

    An answer that contradicts itself (aliases in a circle, addresses of a name that is said not to
    exist) is an ``error``.  Records of other names than the chain leads to are not looked at.
    What the resolver says of its reasons is kept beside; addresses that it says not to be the
    name's own are disputed.
    """
    answer, told = _read(message), message.extended_errors()
    if not told:
        return answer
    first = min(told, key=lambda each: each.code not in WITHHELD)
    why = first.to_text().partition(" ")[2][:MOST_SIGNS]
    withheld = first.code in WITHHELD
    outcome = DISPUTED if withheld and answer.addresses else answer.outcome
    return replace(answer, outcome=outcome, why=why, withheld=withheld)


def _read(message: dns.message.Message) -> Answer:
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
    if answer.outcome == ADDRESS and stock.issuperset(answer.addresses):
        return replace(answer, outcome=REWRITTEN)
    return answer


def weigh(first: Answer, second: Answer) -> Answer:
    """What two answers to one question come to: the first, or a dispute.

    A resolver answers once.  Where two answers have nothing in common, one of them was put in on
    the way, as a rule the one that came first.

    >>> one = Answer(outcome="address", addresses=("8.0.0.1",))
    >>> weigh(one, one).outcome, weigh(one, Answer(outcome="nxdomain")).outcome
    ('address', 'disputed')
    """
    if first.addresses and second.addresses:
        agree = not set(first.addresses).isdisjoint(second.addresses)
    else:
        agree = first.outcome == second.outcome
    if agree:
        return first
    return replace(
        first,
        outcome=DISPUTED,
        addresses=tuple(sorted({*first.addresses, *second.addresses})),
        why=f"first {_in_short(first)}, then {_in_short(second)}",
    )


def _in_short(answer: Answer) -> str:
    return " ".join(answer.addresses[:MOST_NAMED]) or answer.outcome


def lines_of(
    name: str, asked: Sequence[Asked], seen_at: datetime, vantage: str | None
) -> list[Line]:
    """The lines of one name as one vantage point saw it.

    An address a line.  That a type has no record is told only where no other type has one; a
    failure is always told, since what it hides is unknown.
    """
    asker = Line(name=name, seen_at=seen_at, resolver="", vantage=vantage)
    lines = [line for one in asked for line in _address_lines(asker, one)]
    without: dict[tuple[str, tuple[str, ...], str, str | None], list[str]] = {}
    for one in asked:
        answer = one.answer
        if not answer.addresses and (answer.outcome in ALWAYS_TOLD or not lines):
            key = answer.outcome, answer.chain, one.resolver, answer.why
            without.setdefault(key, []).append(one.rdtype)
    return lines + [
        msgspec.structs.replace(
            asker, resolver=resolver, outcome=outcome, types=tuple(types), chain=chain, why=why
        )
        for (outcome, chain, resolver, why), types in without.items()
    ]


def _address_lines(asker: Line, one: Asked) -> Iterator[Line]:
    outcome, chain, why = one.answer.outcome, one.answer.chain, one.answer.why
    for address in one.answer.addresses:
        line = msgspec.structs.replace(asker, resolver=one.resolver, chain=chain, why=why)
        if outcome in NOT_BELIEVED:
            yield msgspec.structs.replace(line, outcome=outcome, answer=address)
        elif is_bogon(address):
            yield msgspec.structs.replace(line, outcome=BOGON, answer=address)
        else:
            yield msgspec.structs.replace(line, address=address)


def outcome_of(lines: Iterable[Line]) -> str:
    """One word for a name: disputed or an address if any line says so, else what its first does."""
    words = [line.outcome or ADDRESS for line in lines]
    if DISPUTED in words:
        return DISPUTED
    return ADDRESS if ADDRESS in words else words[0]
