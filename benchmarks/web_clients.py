"""Clients of the site where ``wrk`` is not installed: a process that asks over many connections.

``python benchmarks/web_clients.py ADDRESS CLIENTS SECONDS PATH…`` prints what they saw as JSON.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import count
from statistics import quantiles
from urllib.parse import urlsplit

PATIENCE = 30.0  # seconds that an answer may take


def ask_for(address: str, paths: Sequence[str], clients: int, seconds: float) -> dict[str, float]:
    """What so many clients saw who asked for so long, from a process of their own."""
    words = [sys.executable, __file__, address, str(clients), str(seconds), *paths]
    found = subprocess.run(words, capture_output=True, text=True, check=True)
    told: dict[str, float] = json.loads(found.stdout)
    return told


async def main(address: str, clients: int, seconds: float, paths: Sequence[str]) -> None:
    """Ask until the time is over, and print what was seen."""
    taken: list[float] = []
    turns, begin = count(), time.perf_counter()
    errors = sum(
        await asyncio.gather(
            *(_client(address, paths, turns, begin + seconds, taken) for _ in range(clients))
        )
    )
    cut = quantiles(taken, n=100)
    told = {"answers": len(taken), "seconds": time.perf_counter() - begin, "errors": errors}
    print(json.dumps(told | {"median": cut[49] * 1e3, "p99": cut[98] * 1e3}))


async def _client(
    address: str, paths: Sequence[str], turns: "count[int]", until: float, taken: list[float]
) -> int:
    """One connection, kept; returns how many answers were none."""
    place, errors = urlsplit(address), 0
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    while time.perf_counter() < until:
        path = paths[next(turns) % len(paths)]
        begin = time.perf_counter()
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n".encode())
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
        await reader.readexactly(_length(head))
        taken.append(time.perf_counter() - begin)
        errors += head[9:12] != b"200"
    writer.close()
    return errors


def _length(head: bytes) -> int:
    """How long the body is that follows a head."""
    return int(head.lower().partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0])


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4:]))
