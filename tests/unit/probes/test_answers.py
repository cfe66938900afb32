from datetime import UTC, datetime

import dns.edns
import dns.message
import dns.rcode
import dns.rrset
import dns.update
import msgspec
import pytest

from overblock.probes.answers import Answer, Asked, Line, lines_of, outcome_of, read_answer, weigh
from overblock.probes.answers import tell_rewritten as tell

AT = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
HEAD = (
    "id 1\nopcode QUERY\nrcode {rcode}\nflags QR RD RA\n;QUESTION\n{name}. IN {rdtype}\n;ANSWER\n"
)


def message(
    answer: str, name: str = "a.example", rdtype: str = "A", rcode: str = "NOERROR"
) -> Answer:
    text = HEAD.format(name=name, rdtype=rdtype, rcode=rcode) + answer
    return read_answer(dns.message.from_text(text))


def test_addresses_are_sorted_and_each_stands_once() -> None:
    addresses = tuple(f"8.0.0.{number}" for number in range(1, 10))
    records = [f"a.example. 1 IN A {address}\n" for address in (*addresses[::-1], *addresses)]
    assert message("".join(records)) == Answer(outcome="address", addresses=addresses)


def test_aliases_are_followed_wherever_they_stand_and_written_in_lower_case() -> None:
    said = message(
        "C.example. 1 IN A 8.0.0.1\n"
        "b.example. 1 IN CNAME C.Example.\n"
        "a.example. 1 IN CNAME b.example.\n"
    )
    assert said == Answer(
        outcome="address", addresses=("8.0.0.1",), chain=("b.example", "c.example")
    )


@pytest.mark.parametrize("rcode", ["NXDOMAIN", "SERVFAIL", "REFUSED"])
def test_a_code_is_its_own_outcome(rcode: str) -> None:
    assert message("", rcode=rcode) == Answer(outcome=rcode.lower())


@pytest.mark.parametrize("rcode", ["FORMERR", "NOTIMP", "YXDOMAIN", "BADVERS"])
def test_any_other_code_is_an_error(rcode: str) -> None:
    assert message("", rcode=rcode).outcome == "error"


def test_an_alias_to_nothing_keeps_its_chain() -> None:
    alias = "a.example. 1 IN CNAME b.example.\n"
    assert message(alias) == Answer(outcome="no_answer", chain=("b.example",))
    assert message(alias, rcode="NXDOMAIN") == Answer(outcome="nxdomain", chain=("b.example",))


def test_an_address_of_a_name_that_is_said_not_to_exist_is_an_error() -> None:
    assert message("a.example. 1 IN A 8.0.0.1\n", rcode="NXDOMAIN").outcome == "error"


def test_what_was_not_asked_for_is_not_looked_at() -> None:
    assert message("b.example. 1 IN A 8.0.0.1\n").outcome == "no_answer"
    assert message("a.example. 1 IN AAAA 2a00::1\n").outcome == "no_answer"
    assert message("a.example. 1 IN A 8.0.0.1\n", rdtype="TXT").outcome == "no_answer"


def test_a_record_that_holds_no_address_is_none() -> None:
    """As where the root's SOA is asked for, to learn whether a resolver is well."""
    soa = ". 1 IN SOA a.example. b.example. 1 1 1 1 1\n"
    assert message(soa, name="", rdtype="SOA").outcome == "no_answer"


def test_a_chain_that_is_too_long_is_an_error() -> None:
    names = [f"n{number}.example." for number in range(20)]
    aliases = zip(["a.example.", *names], names, strict=False)
    said = message("".join(f"{alias} 1 IN CNAME {target}\n" for alias, target in aliases))
    assert (said.outcome, len(said.chain)) == ("error", 20)


def test_a_message_that_is_no_answer_is_an_error() -> None:
    assert read_answer(dns.message.make_query("a.example", "A")).outcome == "error"
    assert read_answer(dns.update.UpdateMessage("example.")).outcome == "error"


def test_signs_that_no_name_has_are_escaped() -> None:
    said = message("a.example. 1 IN CNAME \\027[31m\\000.example.\n")
    assert said.chain == ("\\027[31m\\000.example",)


def test_an_answer_is_rewritten_only_if_all_of_it_is() -> None:
    both = Answer(outcome="address", addresses=("8.0.0.1", "8.0.0.2"))
    assert tell(both, frozenset({"8.0.0.1"})) == both
    assert tell(both, frozenset({"8.0.0.1", "8.0.0.2", "8.0.0.3"})).outcome == "rewritten"
    assert tell(Answer(outcome="nxdomain"), frozenset({"8.0.0.1"})).outcome == "nxdomain"


def with_reasons(response: dns.message.Message, *reasons: tuple[int, str | None]) -> Answer:
    options: list[dns.edns.Option] = [
        dns.edns.EDEOption(dns.edns.EDECode.make(code), text) for code, text in reasons
    ]
    response.use_edns(0, options=options)
    return read_answer(dns.message.from_wire(response.to_wire()))


def asked(rdtype: str, outcome: str, *addresses: str) -> Asked:
    return Asked(rdtype=rdtype, resolver="r", answer=Answer(outcome=outcome, addresses=addresses))


def told(*answers: Asked) -> list[tuple[object, ...]]:
    lines = lines_of("a.example", answers, AT, None)
    return [(line.address, line.outcome, line.answer, line.types) for line in lines]


def test_that_a_type_has_no_record_is_told_only_where_no_other_has_one() -> None:
    a = asked("A", "address", "8.0.0.1")
    assert told(a, asked("AAAA", "no_answer")) == [("8.0.0.1", None, None, ())]
    nothing = told(asked("A", "no_answer"), asked("AAAA", "no_answer"))
    assert nothing == [(None, "no_answer", None, ("A", "AAAA"))]


def test_a_failure_is_always_told() -> None:
    a = asked("A", "address", "8.0.0.1")
    assert told(a, asked("AAAA", "timeout")) == [
        ("8.0.0.1", None, None, ()),
        (None, "timeout", None, ("AAAA",)),
    ]
    assert told(asked("A", "no_answer"), asked("AAAA", "servfail")) == [
        (None, "no_answer", None, ("A",)),
        (None, "servfail", None, ("AAAA",)),
    ]


@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1", "224.0.0.1", "fe80::1", "::"])
def test_an_address_where_no_site_can_live_is_a_bogon(address: str) -> None:
    assert told(asked("A", "address", address)) == [(None, "bogon", address, ())]


@pytest.mark.parametrize("code", [4, 15, 16, 17])
def test_an_address_that_the_resolver_says_to_be_another_s_is_disputed(code: int) -> None:
    response = dns.message.make_response(dns.message.make_query("a.example", "A", use_edns=0))
    response.answer.append(dns.rrset.from_text("a.example.", 60, "IN", "A", "8.0.0.1"))
    found = with_reasons(response, (22, "far"), (code, "by order\n" + "x" * 999))
    assert (found.outcome, found.addresses, found.withheld) == ("disputed", ("8.0.0.1",), True)
    assert found.why is not None
    assert found.why.startswith(f"{code} (")
    assert (len(found.why), "\n" in found.why) == (200, False)
    one = Asked(rdtype="A", resolver="r", answer=found)
    assert told(one) == [(None, "disputed", "8.0.0.1", ())]


def test_what_a_resolver_says_of_a_failure_stands_beside_it() -> None:
    response = dns.message.make_response(dns.message.make_query("a.example", "A", use_edns=0))
    response.set_rcode(dns.rcode.SERVFAIL)
    found = with_reasons(response, (22, None))
    assert (found.outcome, found.withheld) == ("servfail", False)
    assert found.why == "22 (No Reachable Authority)"


def test_two_answers_agree_if_they_have_anything_in_common() -> None:
    def address(*addresses: str) -> Answer:
        return Answer(outcome="address", addresses=addresses)

    first = address("8.0.0.1", "8.0.0.2")
    assert weigh(first, address("8.0.0.2", "8.0.0.3")) == first
    assert weigh(first, address("8.0.0.3")).why == "first 8.0.0.1 8.0.0.2, then 8.0.0.3"
    gone, none = Answer(outcome="nxdomain"), Answer(outcome="no_answer")
    assert (weigh(gone, gone), weigh(gone, none).outcome) == (gone, "disputed")
    both = [Asked(rdtype="A", resolver="r", answer=each) for each in (weigh(gone, none), first)]
    lines = lines_of("a.example", both, AT, None)
    assert {line.outcome for line in lines} == {None, "disputed"}
    assert outcome_of(lines) == "disputed"


def test_the_word_for_a_name_is_address_where_it_has_one() -> None:
    def word(*answers: Asked) -> str:
        return outcome_of(lines_of("a.example", answers, AT, None))

    assert word(asked("A", "address", "10.0.0.1", "8.0.0.1")) == "address"
    assert word(asked("A", "timeout"), asked("AAAA", "address", "2a00::1")) == "address"
    assert word(asked("A", "address", "10.0.0.1")) == "bogon"
    assert word(asked("A", "no_answer"), asked("AAAA", "timeout")) == "no_answer"


def test_a_line_holds_no_more_than_it_has_to_say() -> None:
    line = Line(name="a.example", seen_at=AT, resolver="r", address="8.0.0.1")
    assert msgspec.json.encode(line) == (
        b'{"name":"a.example","seen_at":"2026-11-21T23:30:00Z","resolver":"r","address":"8.0.0.1"}'
    )
