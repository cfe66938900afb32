"""`overblock resolve` against servers that lie, stutter, refuse and die."""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from itertools import count
from typing import Any

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import pytest

from dns_servers import APEX, Elsewhere, Reply, answer, knot, misbehaving, refuse
from overblock.probes.resolvers import Place
from overblock.sources.names_jsonl import read
from resolve_runs import by_name, lines, resolve


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with knot(tmp_path_factory.mktemp("knot")) as place:
        yield place


def other(question: dns.message.Message, name: str) -> dns.message.Message:
    return answer(dns.message.make_query(name, question.question[0].rdtype), "8.6.6.6")


def wrong_id(question: dns.message.Message, _: int) -> list[bytes]:
    forged = answer(question, "8.6.6.6")
    forged.id = (question.id + 1) % 65536
    return [forged.to_wire(), answer(question, "8.0.0.1").to_wire()]


def wrong_question(question: dns.message.Message, _: int) -> list[bytes]:
    forged = other(question, "other.example")
    forged.id = question.id
    return [forged.to_wire(), answer(question, "8.0.0.1").to_wire()]


def other_sender(question: dns.message.Message, _: int) -> list[bytes]:
    forged = Elsewhere(answer(question, "8.6.6.6").to_wire())
    return [forged, answer(question, "8.0.0.1").to_wire()]


def other_names_record(question: dns.message.Message, _: int) -> list[bytes]:
    response = answer(question)
    response.answer += other(question, "other.example").answer
    return [response.to_wire()]


def rubbish(question: dns.message.Message, _: int) -> list[bytes]:
    return [b"\0", b"\xff" * 40, answer(question, "8.0.0.1").to_wire()]


def twice(question: dns.message.Message, _: int) -> list[bytes]:
    return [answer(question, "8.0.0.1").to_wire(), answer(question, "8.6.6.6").to_wire()]


def servfail_once(question: dns.message.Message, n_before: int) -> list[bytes]:
    if n_before % 2 == 0:
        return [refuse(question, dns.rcode.SERVFAIL)]
    return [answer(question, "8.0.0.1").to_wire()]


def cut_off(question: dns.message.Message, _: int) -> list[bytes]:
    """To be asked again over TCP, where nobody listens."""
    response = answer(question, "8.6.6.6")
    response.flags |= dns.flags.TC
    return [response.to_wire()]


def always(rcode: dns.rcode.Rcode) -> Reply:
    return lambda question, _: [refuse(question, rcode)]


RIGHT = ["8.0.0.1"]
CASES: dict[str, tuple[Reply, list[Any]]] = {  # how a server misbehaves, and what is made of it
    "a forged id": (wrong_id, RIGHT),
    "another question": (wrong_question, RIGHT),
    "another sender": (other_sender, RIGHT),
    "another name's address": (other_names_record, [("no_answer", None)]),
    "rubbish first": (rubbish, RIGHT),
    "two answers": (twice, RIGHT),
    "a failure first": (servfail_once, RIGHT),
    "a failure always": (always(dns.rcode.SERVFAIL), [("servfail", None)]),
    "a refusal always": (always(dns.rcode.REFUSED), [("refused", None)]),
    "an unknown code": (always(dns.rcode.NOTIMP), [("error", None)]),
    "a cut answer": (cut_off, [("error", None)]),
    "silence": (lambda _, __: [], [("timeout", None)]),
}


@pytest.mark.parametrize("case", CASES)
def test_a_server_that_misbehaves_is_not_believed(case: str) -> None:
    reply, wanted = CASES[case]
    patience = "0.2" if case == "silence" else "20"  # an answer that comes may take its time
    with misbehaving(reply) as place:
        done = resolve(
            "shop.example\n", "--types", "A", "--retries", "1", "--timeout", patience, place=place
        )
    unheard = wanted in ([("timeout", None)], [("error", None)])
    assert (done.code, by_name(done.out)) == (3 if unheard else 0, {"shop.example": wanted})
    assert ("no resolver gave an answer; --again" in done.err) is unheard


def forged_first(question: dns.message.Message, _: int) -> list[bytes]:
    """As one who stands on the way: his answer is there before the resolver's."""
    label = question.question[0].name.labels[0]
    right = answer(question, "8.0.0.1").to_wire()
    if label == b"gone":
        return [refuse(question, dns.rcode.NXDOMAIN), right]
    return [answer(question, "8.7.198.45").to_wire(), right] if label == b"shop" else [right, right]


def test_who_listens_on_hears_the_answer_behind_a_forged_one() -> None:
    names = "shop.example\ngone.example\ntwice.example\n"
    with misbehaving(forged_first) as place:
        hasty = resolve(names, "--types", "A", place=place)
        done = resolve(names, "--types", "A", "--listen", "0.3", place=place)
    assert by_name(hasty.out)["shop.example"] == ["8.7.198.45"]
    assert by_name(done.out) == {
        "shop.example": [("disputed", "8.0.0.1"), ("disputed", "8.7.198.45")],
        "gone.example": [("disputed", "8.0.0.1")],
        "twice.example": ["8.0.0.1"],
    }
    assert {line.get("why") for line in lines(done.out)} == {
        "first 8.7.198.45, then 8.0.0.1",
        "first nxdomain, then 8.0.0.1",
        None,
    }
    assert "3 names asked for, 2 disputed, 1 address" in done.err
    kept = (
        read(done.out)
        .rows.select("name", "outcome", "answer", "ipv4")
        .sort("name", "answer")
        .rows()
    )
    assert kept == [
        ("gone.example", "disputed", "8.0.0.1", None),
        ("shop.example", "disputed", "8.0.0.1", None),
        ("shop.example", "disputed", "8.7.198.45", None),
        ("twice.example", "address", None, 0x08000001),
    ]


def test_a_resolver_s_own_word_that_it_withholds_a_name_is_kept() -> None:
    def censored(question: dns.message.Message, _: int) -> list[bytes]:
        response = dns.message.make_response(question)
        response.set_rcode(dns.rcode.NXDOMAIN)
        response.use_edns(0, options=[dns.edns.EDEOption(dns.edns.EDECode.CENSORED, "order 42")])
        return [response.to_wire()]

    with misbehaving(censored) as place:
        done = resolve("shop.example\n", place=place)
    (line,) = lines(done.out)
    assert (line["outcome"], line["why"]) == ("nxdomain", "16 (Censored): order 42")
    assert "1 withheld by a resolver's own word" in done.err


def test_where_no_resolver_answers_the_call_ends_at_once() -> None:
    with misbehaving(lambda *_: [], sells=True) as place:
        done = resolve("n.example\n" * 9, "--timeout", "0.1", place=place)
    assert (done.code, done.out) == (3, b"")
    assert f"no resolver answers, not even for the root ({place}: timeout)" in done.err


def test_a_resolver_that_answers_for_names_that_cannot_exist_is_found_out() -> None:
    def sell(question: dns.message.Message, _: int) -> list[bytes]:
        exists = question.question[0].name.to_text() == "shop.example."
        return [answer(question, "8.0.0.1" if exists else "8.6.6.6").to_wire()]

    with misbehaving(sell, sells=True) as place:
        done = resolve("shop.example\nno-such.example\n", place=place)
    assert by_name(done.out) == {
        "shop.example": ["8.0.0.1"],
        "no-such.example": [("rewritten", "8.6.6.6")],
    }
    assert f"resolver {place} answers for names that cannot exist, with 8.6.6.6" in done.err


def test_a_question_that_failed_goes_to_another_resolver(server: Place) -> None:
    with misbehaving(lambda question, _: [refuse(question, dns.rcode.REFUSED)]) as bad:
        done = resolve(f"www.{APEX}\nsix.{APEX}\n", "--resolver", str(bad), place=server)
    assert by_name(done.out) == {"www": ["8.0.0.2", "2a00::2"], "six": ["2a00::6"]}
    assert {line["resolver"] for line in lines(done.out)} == {str(server)}
    assert f"resolver {bad}: " in done.err
    assert " refused" in done.err


def test_a_resolver_that_only_fails_is_put_aside_and_said_so(server: Place) -> None:
    asked = count()

    def refuse_all(question: dns.message.Message, _: int) -> list[bytes]:
        next(asked)
        return [refuse(question, dns.rcode.REFUSED)]

    names = "".join(f"n{number}.wild.{APEX}\n" for number in range(200))
    with misbehaving(refuse_all) as bad:
        done = resolve(names, "--at-once", "4", "--resolver", str(bad), place=server)
    assert {line.get("address") for line in lines(done.out)} == {"8.0.0.7"}
    assert f"resolver {bad} failed 20 times in a row, last with refused: left alone" in done.err
    assert f"resolver {bad}: " in done.err
    assert next(asked) < 40


def own_answer(own: str, question: dns.message.Message, _: int) -> list[bytes]:
    return [
        answer(
            question, own if question.question[0].name.labels[0] == b"a" else "8.0.0.9"
        ).to_wire()
    ]


def test_with_agree_each_resolver_is_a_vantage_point() -> None:
    with ExitStack() as stack:
        places = [
            stack.enter_context(misbehaving(partial(own_answer, own)))
            for own in ("8.0.0.1", "8.0.0.2")
        ]
        whom = [word for place in places for word in ("--resolver", str(place))]
        done = resolve("a.example\nb.example\n", *whom, "--agree", "2", "--vantage", "AS1")
    seen = {(line["name"], line["vantage"]) for line in lines(done.out)}
    assert seen == {
        (name, f"AS1 {place}") for name in ("a.example", "b.example") for place in places
    }
    assert "2 names asked for, 2 address, 1 with resolvers at odds" in done.err
