"""How many names a second ``resolve`` gets answered, by a real server on the same machine.

``python benchmarks/bench_resolve.py`` prints a row for each: work, ours, peer, ratio.  ``--small``
does the same with few names, so that CI notices when it rots.  Peer is the loop that anyone would
write with the same library: one question after the other.  Once the server answers at once, so
that nothing counts but the work itself; once through a relay that keeps each answer back, as a
resolver on the internet does.  The loop then does a sample, and its time is scaled.  Where
Debian's ``dnsperf`` is there, its figure for the same questions is printed beside: a C program
that throws the answers away.
"""

import argparse
import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import cast

import dns.message
import dns.query
import dns.rdatatype

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # the server that tests start
from dns_servers import APEX, ZONE, free_port, knot, knot_or_skip
from overblock.probes.resolvers import Place

OVERBLOCK = (sys.executable, "-c", "from overblock.cli.main import main; main()")
TYPES = ("A", "AAAA")
NAMES, SMALL_NAMES = 5_000, 200
LAG_SECONDS = 0.02  # to a resolver nearby, in its cache
SAMPLE = 20  # the loop does one name in so many where each of its questions waits
TARGETS = {0.0: 0.5, LAG_SECONDS: 10.0}
Found = dict[str, set[str]]


class Relay(asyncio.DatagramProtocol):
    """Hands questions on under ids of its own, and keeps each answer back for a while."""

    def __init__(self, lag_seconds: float) -> None:
        self.lag_seconds = lag_seconds
        self.waiting: dict[bytes, tuple[bytes, tuple[str, int]]] = {}  # by the id that was lent
        self.ids = count()
        self.back: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Open for questions."""
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """One question."""
        lent = (next(self.ids) % 65536).to_bytes(2, "big")
        self.waiting[lent] = data[:2], addr
        self.back.sendto(lent + data[2:])


class Back(asyncio.DatagramProtocol):
    """The way back of the answers."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay

    def datagram_received(self, data: bytes, _: tuple[str, int]) -> None:
        """One answer: it goes out later."""
        own, asker = self.relay.waiting.pop(data[:2])
        loop = asyncio.get_running_loop()
        wait, send = self.relay.lag_seconds, self.relay.transport.sendto
        loop.call_later(wait, send, own + data[2:], asker)


async def relay_for_ever(port: int, to_port: int, lag_seconds: float) -> None:
    loop, relay = asyncio.get_running_loop(), Relay(lag_seconds)
    relay.back, _ = await loop.create_datagram_endpoint(
        lambda: Back(relay), remote_addr=("127.0.0.1", to_port)
    )
    await loop.create_datagram_endpoint(lambda: relay, local_addr=("127.0.0.1", port))
    await asyncio.Event().wait()


@contextmanager
def relayed(place: Place, lag_seconds: float) -> Iterator[Place]:
    """The same server, farther away."""
    if not lag_seconds:
        yield place
        return
    port = free_port()
    words = ["--relay", str(port), str(place.port), str(lag_seconds)]
    with subprocess.Popen([sys.executable, __file__, *words]) as process:
        try:
            question = dns.message.make_query(APEX, "SOA")
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline:
                try:
                    dns.query.udp(question, place.address, port=port, timeout=0.2)
                    break
                except (OSError, dns.exception.Timeout):
                    assert process.poll() is None
            yield Place(address=place.address, port=port)
        finally:
            process.kill()


def ask_in_a_loop(names: list[str], place: Place) -> Found:
    found: Found = {}
    for name in names:
        for rdtype in TYPES:
            question = dns.message.make_query(name, rdtype, use_edns=0, payload=1232)
            response, _ = dns.query.udp_with_fallback(
                question, place.address, port=place.port, timeout=3
            )
            for rrset in response.answer:
                if rrset.rdtype in {dns.rdatatype.A, dns.rdatatype.AAAA}:
                    found.setdefault(name, set()).update(one.address for one in rrset)
    return found


def resolve(names: list[str], place: Place, folder: Path) -> Found:
    (folder / "names").write_text("\n".join(names), "utf-8")
    (folder / "answers").unlink(missing_ok=True)
    words = ("resolve", str(folder / "names"), "-o", str(folder / "answers"), "--quiet")
    more = ("--resolver", str(place), "--rate", "100000", "--at-once", "200")
    subprocess.run([*OVERBLOCK, *words, *more], check=True)
    found: Found = {}
    for line in (folder / "answers").read_bytes().splitlines():
        said = json.loads(line)
        found.setdefault(said["name"], set()).add(said["address"])
    return found


def print_dnsperf(names: list[str], place: Place, folder: Path) -> None:
    if shutil.which("dnsperf") is None:
        return
    (folder / "questions").write_text("".join(f"{n} {t}\n" for n in names for t in TYPES), "utf-8")
    server = ("-s", place.address, "-p", str(place.port), "-d", str(folder / "questions"))
    begin = time.perf_counter()
    subprocess.run(["dnsperf", *server, "-n", "1"], check=True, capture_output=True)
    seconds = time.perf_counter() - begin
    print(f"  dnsperf for the same questions, answers thrown away | {len(names) / seconds:,.0f}/s")


def measure(names: list[str], place: Place, folder: Path, lag_seconds: float) -> None:
    share = SAMPLE if lag_seconds else 1
    sample = names[::share]
    with relayed(place, lag_seconds) as there:
        begin = time.perf_counter()
        ours = resolve(names, there, folder)
        middle = time.perf_counter()
        theirs = ask_in_a_loop(sample, there)
        end = time.perf_counter()
    assert len(ours) == len(names), len(ours)
    assert theirs == {name: ours[name] for name in sample}
    per_second = len(names) / (middle - begin), len(sample) / (end - middle)
    scaled = f", a sample of {len(sample):,}" if share > 1 else ""
    print(
        f"resolve {len(names):,} names, A and AAAA, answers after {lag_seconds * 1000:.0f} ms"
        f" | ours {per_second[0]:,.0f}/s | a loop over the same library {per_second[1]:,.0f}/s"
        f"{scaled} | {per_second[0] / per_second[1]:.1f} x | target {TARGETS[lag_seconds]:g} x"
    )


def main(*, small: bool) -> None:
    knot_or_skip()
    labels = [f"n{number}" for number in range(SMALL_NAMES if small else NAMES)]
    lines = [f"{label} A 9.1.{n >> 8}.{n & 255}\n" for n, label in enumerate(labels)]
    lines += [f"{label} AAAA 2a00::{n:x}\n" for n, label in enumerate(labels)]
    names = [f"{label}.{APEX}" for label in labels]
    with tempfile.TemporaryDirectory() as name, knot(Path(name), ZONE + "".join(lines)) as place:
        measure(names, place, Path(name), 0.0)
        print_dnsperf(names, place, Path(name))
        measure(names, place, Path(name), LAG_SECONDS)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="little work, for CI")
    parser.add_argument("--relay", nargs=3, metavar=("PORT", "TO", "LAG"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.relay:
        asyncio.run(relay_for_ever(int(given.relay[0]), int(given.relay[1]), float(given.relay[2])))
    else:
        main(small=given.small)
