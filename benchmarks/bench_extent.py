"""The extent of one register file, against Python's ``ipaddress`` on text already split for it.

``python benchmarks/bench_extent.py`` prints a row: work, ours, peer, ratio, target.  ``--small``
does the same on a small made-up file, so that CI notices when it rots.  Ours begins with the
compressed bytes and ends with the whole answer by decision; the peer is handed clean tokens and
gives the one figure that both are checked for: the size of the union.
"""

import argparse
import ipaddress
import lzma
from typing import cast

import numpy as np

from overblock.addresses.formats import format_prefixes
from overblock.artefacts.limits import LIMITS
from overblock.artefacts.unpacking import unpack
from overblock.reports.registers.extent import ExtentAnswer, extent_at
from overblock.reports.registers.states import state_of_file
from timing import SEED, SHARED, best_of

REGISTER = SHARED / "data" / "ru-rkn-2018-05-05.csv.xz"
MOST_MS = 150
LEAST_TIMES = 8


def extent(raw: bytes) -> ExtentAnswer:
    content, truncated = unpack(raw, "register", LIMITS)
    return extent_at(state_of_file(content, None, truncated=truncated), "decision")


def size_of_union(tokens: list[str]) -> int:
    networks = cast("list[ipaddress.IPv4Network]", [ipaddress.ip_network(text) for text in tokens])
    return sum(network.num_addresses for network in ipaddress.collapse_addresses(networks))


def split_tokens(raw: bytes) -> list[str]:
    """The addresses of whole records, as the peer wants them."""
    records = lzma.decompress(raw).split(b"\n")[1:-1]
    fields = b" ".join(record.partition(b";")[0] for record in records).replace(b"|", b" ")
    return [token.decode("ascii") for token in fields.split()]


def make_register(n_records: int) -> bytes:
    """A dump of made-up records, two in three of single addresses, compressed."""
    rng = np.random.default_rng(SEED)
    lengths = rng.choice(np.array([32, 32, 24], np.uint64), n_records)
    hosts = np.uint64(32) - lengths
    networks = rng.integers(1 << 24, 224 << 24, n_records, dtype=np.uint64) >> hosts << hosts
    prefixes = format_prefixes(networks, lengths).str.strip_suffix("/32").to_list()
    lines = [f"{prefix};;;A;{number % 50};2018-04-16" for number, prefix in enumerate(prefixes)]
    text = "\n".join(["Updated: 2018-05-05 13:25:00 +0000", *lines, ""])
    return lzma.compress(text.encode("ascii"), preset=0)


def main(*, small: bool) -> None:
    real = not small and REGISTER.exists()
    raw = REGISTER.read_bytes() if real else make_register(500 if small else 40_000)
    tokens = split_tokens(raw)
    runs = 2 if small else 20
    ours, answer = best_of(runs, lambda: extent(raw))
    peer, size = best_of(max(2, runs // 3), lambda: size_of_union(tokens))
    assert answer.ipv4.all == size, (answer.ipv4, size)
    print(
        f"extent by decision of {'the register of 2018-05-05' if real else 'a made-up register'},"
        f" {len(raw):,} compressed bytes | ours {ours * 1000:,.0f} ms | target {MOST_MS} ms"
        f" | ipaddress on {len(tokens):,} split tokens {peer * 1000:,.0f} ms"
        f" | {peer / ours:.1f} x | target {LEAST_TIMES} x"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="little work, for CI")
    main(small=parser.parse_args().small)
