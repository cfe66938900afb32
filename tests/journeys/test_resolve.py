"""`overblock resolve` against a real DNS server: what it writes, and how it goes on."""

import gzip
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dns.message
import dns.rcode
import pytest
import zstandard

from dns_servers import APEX, LOOPBACK, MANY, answer, knot, misbehaving, refuse
from overblock.probes.resolvers import Place
from overblock.sources import find_source
from overblock.store import Store
from overblock.tables import RESOLUTIONS
from resolve_runs import BOGON, FAST, by_name, lines, resolve, told
from running import PROGRAM, inside, refused


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with knot(tmp_path_factory.mktemp("knot")) as place:
        yield place


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
    wanted = [f"n{number}.wild.{APEX}" for number in range(1200)]  # ten seconds, if it is let
    names.write_text("\n".join(wanted), "utf-8")
    words: list[str | Path]
    words = [PROGRAM, "resolve", names, "-o", out, "--resolver", str(server), "--rate", "200/s"]
    for stop, code in ((signal.SIGKILL, -9), (signal.SIGINT, 130)):
        with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
            _wait_for_lines(out, _n_lines(out) + 10, process)
            process.send_signal(stop)
            _, said = process.communicate(timeout=60)
        assert process.returncode == code
    assert "overblock: interrupted; what was stored before is whole" in said
    assert "names asked for" in said
    assert 20 <= _n_lines(out) < len(wanted)
    assert inside(*words[1:], *FAST).code == 0
    assert Counter(line["name"] for line in lines(out.read_bytes())) == dict.fromkeys(wanted, 1)


def _wait_for_lines(path: Path, n: int, process: "subprocess.Popen[Any]") -> None:
    while _n_lines(path) < n:
        assert process.poll() is None
        time.sleep(0.01)


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
        _wait_for_lines(out, 1, process)
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


def resolved(store: Path) -> list[tuple[str, str]]:
    """What the observatory holds of names, by its own tables."""
    view = Store.open(store).view()
    return sorted(
        row
        for partition in view.partitions(RESOLUTIONS)
        for row in view.read(RESOLUTIONS, partition).select("name", "outcome").iter_rows()
    )


@pytest.mark.parametrize("name", ["answers.jsonl", None])
def test_answers_can_go_into_the_observatory_at_once(
    name: str | None, server: Place, tmp_path: Path
) -> None:
    store = Store.create(tmp_path / "observatory").root
    names = f"six.{APEX}\nprivate.{APEX}\nnobody.{APEX}\n8.8.8.8\n"
    out, kept = ("-o", tmp_path / name) if name else (), name is not None
    done = resolve(names, "--ingest", "--store", store, *out, place=server)
    assert (done.code, done.out, done.complaints) == (0, b"", [])
    assert resolved(store) == [
        (f"nobody.{APEX}", "nxdomain"),
        (f"private.{APEX}", "address"),
        (f"private.{APEX}", "bogon"),
        (f"six.{APEX}", "address"),
    ]
    assert (tmp_path / "answers.jsonl.rejects").exists() is kept
    assert ("all in" in done.err) is kept
    if kept:
        again = resolve(names, "--ingest", "--store", store, *out, place=server)
        assert "0 snapshots added, 1 had been read before" in again.err


def test_stopped_by_hand_the_observatory_has_what_was_answered(
    server: Place, tmp_path: Path
) -> None:
    store, names = Store.create(tmp_path / "observatory").root, tmp_path / "names"
    out = tmp_path / "answers.jsonl"
    names.write_text("\n".join(f"n{number}.wild.{APEX}" for number in range(500)), "utf-8")
    words: list[str | Path] = [PROGRAM, "resolve", names, "--resolver", str(server)]
    words += ["--ingest", "--store", store, "-o", out, "--rate", "100/s"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        _wait_for_lines(out, 10, process)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert 10 <= len(resolved(store)) == _n_lines(out) < 500


def test_without_an_observatory_nothing_is_asked(tmp_path: Path) -> None:
    words = ("resolve", "-", "--ingest", "--store", tmp_path, "--resolver", LOOPBACK)
    assert "no observatory" in refused(4, *words, stdin=b"shop.example\n")


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
