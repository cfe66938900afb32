"""`overblock resolve` against a real DNS server, and against ones that lie, stutter and die."""

import gzip
import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import dns.message
import dns.rcode
import pytest
import zstandard

from dns_servers import APEX, LOOPBACK, MANY, Reply, answer, knot, misbehaving, refuse
from overblock.probes.resolvers import Place
from overblock.sources import find_source
from running import PROGRAM, Done, inside, refused

BOGON = "10.10.34.35"  # with which Iran's operators answer for what they block
FAST = ("--rate", "100000", "--timeout", "2", "--retries", "1")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with knot(tmp_path_factory.mktemp("knot")) as place:
        yield place


def resolve(names: str | bytes, *more: str | Path, place: Place | None = None) -> Done:
    raw = names.encode() if isinstance(names, str) else names
    whom = ("--resolver", str(place)) if place else ()
    return inside("resolve", "-", *whom, *FAST, *more, stdin=raw)


def lines(text: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def told(line: dict[str, Any]) -> tuple[Any, ...]:
    """What a line says of its name, in few words."""
    return line.get("address") or (line["outcome"], line.get("answer"))


def by_name(text: bytes) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for line in lines(text):
        found.setdefault(line["name"].removesuffix(f".{APEX}"), []).append(told(line))
    return found


def test_what_a_server_says_of_every_kind_of_name_is_told(server: Place) -> None:
    kinds = [
        *("www", "six", "several", "first", "circle", "away", "text", "nobody", "any.wild"),
        *("пример", "_under_score", "private", "inside", "many"),
    ]
    done = resolve("".join(f"{kind}.{APEX}\n" for kind in kinds), place=server)
    found = by_name(done.out)
    many = found.pop("many")
    assert (done.code, len(many), len(set(many))) == (0, MANY, MANY)
    assert found == {
        "www": ["8.0.0.2", "2a00::2"],
        "six": ["2a00::6"],
        "several": ["8.0.0.3", "8.0.0.4", "8.0.0.5"],
        "first": ["8.0.0.2", "2a00::2"],
        "circle": [("error", None)],
        "away": [("nxdomain", None)],
        "text": [("no_answer", None)],
        "nobody": [("nxdomain", None)],
        "any.wild": ["8.0.0.7"],
        "xn--e1afmkfd": ["8.0.0.8"],
        "_under_score": ["8.0.0.9"],
        "private": [("bogon", BOGON), "8.0.0.10"],
        "inside": [("bogon", "fd00::1")],
    }
    assert f"resolve: {len(kinds)} names asked for, " in done.err


def test_a_chain_of_aliases_is_kept_in_order(server: Place) -> None:
    done = resolve(f"first.{APEX}\naway.{APEX}\ncircle.{APEX}\n", place=server)
    chains = {line["name"].partition(".")[0]: line["chain"] for line in lines(done.out)}
    assert chains == {
        "first": [f"second.{APEX}", f"third.{APEX}", f"www.{APEX}"],
        "away": [f"gone.{APEX}"],
        "circle": [f"round.{APEX}", f"circle.{APEX}"],
    }


def test_only_the_types_that_are_wanted_are_asked_for(server: Place) -> None:
    done = resolve(f"www.{APEX}\ntext.{APEX}\n", "--types", "AAAA", place=server)
    assert by_name(done.out) == {"www": ["2a00::2"], "text": [("no_answer", None)]}
    assert [line["types"] for line in lines(done.out) if "types" in line] == [["AAAA"]]


def test_lines_that_hold_no_name_are_told_and_kept_beside(server: Place, tmp_path: Path) -> None:
    text = (
        f"8.0.0.1\nhttps://www.{APEX}/a?b\n10.0.0.0/8\n[2a00::1]:53\n\n# a comment\nbad name\n<p>\n"
    )
    out = tmp_path / "answers.jsonl"
    done = resolve(text.encode() + b"\xff.example\n", "-o", out, place=server)
    assert (done.code, by_name(out.read_bytes())) == (0, {"www": ["8.0.0.2", "2a00::2"]})
    beside = lines((tmp_path / "answers.jsonl.rejects").read_bytes())
    assert [(line["record"], line["reason"]) for line in beside] == [
        (1, "no_name_but_address"),
        (3, "no_name_but_address"),
        (4, "no_name_but_address"),
        (7, "several_values"),
        (8, "not_a_name"),
        (9, "undecodable"),
    ]
    assert "6 lines without a name to ask for: 3 no_name_but_address" in done.err
    resolve(f"www.{APEX}\n", "-o", out, place=server)
    assert not (tmp_path / "answers.jsonl.rejects").exists()


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress, bytes])
def test_a_list_may_be_packed(pack: Any, server: Place, tmp_path: Path) -> None:
    path = tmp_path / "names"
    path.write_bytes(pack(f"www.{APEX}\n".encode()))
    done = inside("resolve", path, "--resolver", str(server), *FAST)
    assert by_name(done.out) == {"www": ["8.0.0.2", "2a00::2"]}


def test_the_same_call_again_asks_for_what_is_left(server: Place, tmp_path: Path) -> None:
    out = tmp_path / "answers.jsonl"
    names = [f"n{number}.wild.{APEX}" for number in range(6)]
    first = resolve("\n".join(names[:4]), "-o", out, place=server)
    before = out.read_bytes()
    out.write_bytes(before + b'{"name":"n4.wild.world.exa')
    second = resolve("\n".join(names), "-o", out, place=server)
    third = resolve("\n".join(names), "-o", out, place=server)
    assert (first.code, second.code, third.code) == (0, 0, 0)
    assert out.read_bytes().startswith(before)
    assert Counter(line["name"] for line in lines(out.read_bytes())) == dict.fromkeys(names, 1)
    assert "2 names asked for, 2 address, 4 had been answered before" in second.err
    assert "0 names asked for, 6 had been answered before" in third.err


def test_killed_or_stopped_it_loses_nothing_and_goes_on(server: Place, tmp_path: Path) -> None:
    out, names = tmp_path / "answers.jsonl", tmp_path / "names"
    wanted = [f"n{number}.wild.{APEX}" for number in range(120)]
    names.write_text("\n".join(wanted), "utf-8")
    words: list[str | Path]
    words = [PROGRAM, "resolve", names, "-o", out, "--resolver", str(server), "--rate", "200/s"]
    for stop, code in ((signal.SIGKILL, -9), (signal.SIGINT, 130)):
        with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
            n_before = _n_lines(out)
            while _n_lines(out) < n_before + 10:
                assert process.poll() is None
                time.sleep(0.01)
            process.send_signal(stop)
            _, said = process.communicate(timeout=30)
        assert process.returncode == code
    assert "overblock: interrupted; what was stored before is whole" in said
    assert "names asked for" in said
    assert 20 <= _n_lines(out) < len(wanted)
    assert inside(*words[1:], *FAST).code == 0
    assert Counter(line["name"] for line in lines(out.read_bytes())) == dict.fromkeys(wanted, 1)


def _n_lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def test_two_at_once_the_second_is_told_so(server: Place, tmp_path: Path) -> None:
    out = tmp_path / "answers.jsonl"
    words: list[str | Path]
    words = [PROGRAM, "resolve", "-", "-o", out, "--resolver", str(server), "--at-once", "2"]
    words += ["--rate", "20/s"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdin
        process.stdin.write("".join(f"n{n}.wild.{APEX}\n" for n in range(99)).encode())
        process.stdin.close()
        while not _n_lines(out):
            assert process.poll() is None
            time.sleep(0.01)
        second = resolve(f"www.{APEX}\n", "-o", out, place=server)
        process.kill()
    assert (second.code, second.complaints) == (
        4,
        [f"overblock: another process is writing to {out}"],
    )


def test_what_is_no_output_of_its_own_is_left_as_it_is(tmp_path: Path) -> None:
    out = tmp_path / "names.txt"
    for text in ("shop.example\n", '{"name":"a.example"}\n', "{", '{"name":1}'):
        out.write_text(text, "utf-8")
        line = refused(
            2, "resolve", "-", "-o", out, "--resolver", LOOPBACK, stdin=b"shop.example\n"
        )
        assert "line 1 was not written by resolve" in line
        assert out.read_text("utf-8") == text


def cases() -> dict[str, tuple[Reply, list[Any]]]:
    """How a server misbehaves, and what is made of it."""

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

    def always(rcode: dns.rcode.Rcode) -> Reply:
        return lambda question, _: [refuse(question, rcode)]

    right = ["8.0.0.1"]
    return {
        "a forged id": (wrong_id, right),
        "another question": (wrong_question, right),
        "another name's address": (other_names_record, [("no_answer", None)]),
        "rubbish first": (rubbish, right),
        "two answers": (twice, right),
        "a failure first": (servfail_once, right),
        "a failure always": (always(dns.rcode.SERVFAIL), [("servfail", None)]),
        "a refusal always": (always(dns.rcode.REFUSED), [("refused", None)]),
        "an unknown code": (always(dns.rcode.NOTIMP), [("error", None)]),
        "silence": (lambda _, __: [], [("timeout", None)]),
    }


@pytest.mark.parametrize("case", cases())
def test_a_server_that_misbehaves_is_not_believed(case: str) -> None:
    reply, wanted = cases()[case]
    with misbehaving(reply) as place:
        done = resolve(
            "shop.example\n", "--types", "A", "--retries", "1", "--timeout", "0.2", place=place
        )
    assert (done.code, by_name(done.out)) == (0, {"shop.example": wanted})


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


def test_what_is_written_is_read_as_names_jsonl(server: Place) -> None:
    def sell(question: dns.message.Message, _: int) -> list[bytes]:
        return [answer(question, "8.6.6.6").to_wire()]

    kinds = ("www", "first", "private", "text", "nobody", "circle")
    done = resolve("".join(f"{kind}.{APEX}\n" for kind in kinds), place=server)
    with misbehaving(sell, sells=True) as place:
        sold = resolve(f"sold.{APEX}\n", "--types", "A", place=place)
    reading = find_source("names_jsonl").read(done.out + sold.out)
    columns = ("name", "ipv4", "outcome", "answer", "chain")
    found = {
        (name.removesuffix(f".{APEX}"), ipv4, outcome, answer, len(chain))
        for name, ipv4, outcome, answer, chain in reading.rows.select(columns).iter_rows()
    }
    assert reading.rejects.is_empty()
    assert set(reading.rows["seen_at"].dt.year()) == {datetime.now(UTC).year}
    assert found == {
        *(("www", 0x08000002, "address", None, 0), ("www", None, "address", None, 0)),
        *(("first", 0x08000002, "address", None, 3), ("first", None, "address", None, 3)),
        *(("private", 0x0800000A, "address", None, 0), ("private", None, "bogon", BOGON, 0)),
        *(("text", None, "no_answer", None, 0), ("nobody", None, "nxdomain", None, 0)),
        *(("circle", None, "error", None, 2), ("sold", None, "rewritten", "8.6.6.6", 0)),
    }


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


def test_what_failed_can_be_asked_again(server: Place, tmp_path: Path) -> None:
    out = tmp_path / "answers.jsonl"
    names = f"www.{APEX}\nnobody.{APEX}\n"
    with misbehaving(lambda question, _: [refuse(question, dns.rcode.SERVFAIL)]) as bad:
        resolve(names, "-o", out, "--retries", "0", place=bad)
    assert set(map(told, lines(out.read_bytes()))) == {("servfail", None)}
    again = resolve(names, "-o", out, "--again", place=server)
    assert "2 names asked for" in again.err
    assert by_name(out.read_bytes())["www"][-2:] == ["8.0.0.2", "2a00::2"]
    assert "0 names asked for, 2 had been" in resolve(names, "-o", out, "--again", place=server).err


def test_what_cannot_be_asked_is_refused_in_one_line(tmp_path: Path) -> None:
    empty, names = tmp_path / "empty", b"shop.example\n"
    empty.write_bytes(b"\n# nothing\n8.8.8.8\n")
    resolver = ("--resolver", LOOPBACK)
    assert "no name in it, 1 other line" in refused(2, "resolve", empty, *resolver)
    assert "no such file" in refused(3, "resolve", tmp_path / "none", *resolver)
    assert "resolver's address" in refused(2, "resolve", "-", "--resolver", "dns.example")
    assert "as many resolvers" in refused(
        2, "resolve", "-", *resolver, *resolver, "--agree", "2", stdin=names
    )
    assert "needs an --output" in refused(2, "resolve", "-", *resolver, "--again", stdin=names)
    packed = ("-o", tmp_path / "answers.gz")
    assert "not packed" in refused(2, "resolve", "-", *resolver, *packed, stdin=names)
    assert "no file" in refused(2, "resolve", "-", *resolver, "-o", os.devnull, stdin=names)


@pytest.mark.parametrize(
    "words", [("--rate", "0"), ("--rate", "fast"), ("--types", "MX"), ("--types", "A,A")]
)
def test_a_wish_that_makes_no_sense_is_refused(words: tuple[str, str]) -> None:
    done = inside("resolve", "-", "--resolver", LOOPBACK, *words, stdin=b"shop.example\n")
    assert (done.code, done.out) == (2, b"")
