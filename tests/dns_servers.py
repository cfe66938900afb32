"""DNS servers that tests start on the loopback: a real one, and ones that misbehave.

The real one is Knot, of Debian's package `knot`: it is up in a twentieth of a second and needs no
rights.  Where it is missing its tests are left out and say so; in CI they fail.
"""

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import dns.exception
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from overblock.probes.resolvers import Place

LOOPBACK = "127.0.0.1"
APEX = "world.example"
MANY = 200  # addresses of one name: far more than one datagram takes
ZONE = f"""\
$ORIGIN {APEX}.
$TTL 60
@        SOA    ns hostmaster 1 60 60 60 60
@        NS     ns
ns       A      8.0.0.1
www      A      8.0.0.2
www      AAAA   2a00::2
six      AAAA   2a00::6
several  A      8.0.0.5
several  A      8.0.0.4
several  A      8.0.0.3
first    CNAME  second
second   CNAME  Third
third    CNAME  www
circle   CNAME  round
round    CNAME  circle
away     CNAME  gone
text     TXT    "no address"
*.wild   A      8.0.0.7
xn--e1afmkfd A  8.0.0.8
_under_score A  8.0.0.9
private  A      10.10.34.35
private  A      8.0.0.10
inside   AAAA   fd00::1
{"".join(f"many A 9.0.{number // 250}.{number % 250 + 1}{chr(10)}" for number in range(MANY))}\
"""
CONFIG = """\
server:
    rundir: "{folder}"
    listen: {address}@{port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: "{folder}"
    journal-db-max-size: 1M
log:
  - target: stderr
    any: info
zone:
  - domain: {apex}
    file: "{folder}/zone"
    zonefile-sync: -1
    journal-content: none
"""
RESERVED = {b"invalid", b"test"}
TAKEN = "address already in use"
Reply = Callable[[dns.message.Message, int], Sequence[bytes]]


class Elsewhere(bytes):
    """A datagram that comes from another port than the question went to."""


def free_port() -> int:
    """A port of the loopback that is free for UDP and for TCP."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind((LOOPBACK, 0))
            port: int = udp.getsockname()[1]
            try:
                tcp.bind((LOOPBACK, port))
            except OSError:
                continue
            return port


def knot_or_skip() -> str:
    """Where Knot's server is."""
    program = shutil.which("knotd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if program is None:
        missing = "knotd is not there: apt-get install knot"
        assert not os.environ.get("CI"), missing
        pytest.skip(f"left out: {missing}")
    return program


@contextmanager
def knot(folder: Path, zone: str = ZONE) -> Iterator[Place]:
    """A server of one zone, and where it listens."""
    program = knot_or_skip()
    (folder / "zone").write_text(zone, "utf-8")
    with (folder / "log").open("ab") as log, ExitStack() as begun:
        port = None
        while port is None:  # another may have taken it before the server did
            port = _listening(free_port(), program, folder, log, begun)
        yield Place(address=LOOPBACK, port=port)


def _listening(
    port: int, program: str, folder: Path, log: IO[bytes], begun: ExitStack
) -> int | None:
    """The port on which the server answers; None where somebody else has it."""
    config = CONFIG.format(folder=folder, address=LOOPBACK, port=port, apex=APEX)
    (folder / "knot.conf").write_text(config, "utf-8")
    words: list[str | Path] = [program, "-c", folder / "knot.conf"]
    server = begun.enter_context(subprocess.Popen(words, stdout=log, stderr=log))
    begun.callback(server.terminate)
    _wait_for(port, server, folder / "log")
    if TAKEN in (folder / "log").read_text("utf-8"):
        server.terminate()
        (folder / "log").write_text("", "utf-8")
        return None
    return port


def _wait_for(port: int, server: "subprocess.Popen[bytes]", log: Path) -> None:
    question = dns.message.make_query(APEX, "SOA")
    deadline = time.monotonic() + 60
    while TAKEN not in log.read_text("utf-8"):
        try:
            answered = dns.query.udp(question, LOOPBACK, port=port, timeout=0.05)
        except (dns.exception.Timeout, OSError):
            answered = None
        if answered is not None and answered.answer:
            return
        ended, said = server.poll() is not None, log.read_text("utf-8")  # in this order
        assert not ended or TAKEN in said, said
        assert time.monotonic() < deadline, log.read_text("utf-8")
        time.sleep(0.005)


@contextmanager
def misbehaving(reply: Reply, *, sells: bool = False) -> Iterator[Place]:
    """A server that sends what ``reply`` makes of a question and of how many came before it.

    What is marked as `Elsewhere` goes out from another port than it was asked on.
    Names that cannot exist it does not know, and does not count, unless it ``sells`` them.
    """
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
    ):
        server.bind((LOOPBACK, 0))
        place = Place(address=LOOPBACK, port=server.getsockname()[1])

        def serve() -> None:
            n_before = 0
            while True:
                wire, sender = server.recvfrom(65535)
                if not wire:  # the word to stop
                    return
                question = dns.message.from_wire(wire)
                if not sells and RESERVED & set(question.question[0].name.labels):
                    server.sendto(refuse(question, dns.rcode.NXDOMAIN), sender)
                    continue
                for datagram in reply(question, n_before):
                    outgoing = other if isinstance(datagram, Elsewhere) else server
                    outgoing.sendto(datagram, sender)
                n_before += 1

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield place
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stopper:
                stopper.sendto(b"", (place.address, place.port))
            thread.join(timeout=60)
            assert not thread.is_alive()


def answer(question: dns.message.Message, *addresses: str) -> dns.message.Message:
    """The right answer to a question, with the addresses that are of its type."""
    response = dns.message.make_response(question)
    asked = question.question[0]
    six = asked.rdtype == dns.rdatatype.AAAA
    of_type = [address for address in addresses if (":" in address) is six]
    if of_type and asked.rdtype in {dns.rdatatype.A, dns.rdatatype.AAAA}:
        kind = dns.rdatatype.to_text(asked.rdtype)
        response.answer.append(dns.rrset.from_text(asked.name, 60, "IN", kind, *of_type))
    return response


def refuse(question: dns.message.Message, rcode: dns.rcode.Rcode) -> bytes:
    """An answer that is none."""
    response = dns.message.make_response(question)
    response.set_rcode(rcode)
    return response.to_wire()
