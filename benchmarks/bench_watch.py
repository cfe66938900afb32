"""A fleet against all that is listed: at once, and the way it was done in 2018.

``python benchmarks/bench_watch.py`` prints a row for each: work, ours, peer, ratio, target.
``--small`` does the same on little, so that CI notices when it rots.

The peer is what people wrote in April 2018: for each address, ask Python's ``ipaddress`` of every
listed network in turn; it runs on one address in a hundred, and its time is scaled.  Ours begins
with the bytes of the inventory and the closed observatory, and ends with the answer.  The second
row reads a list of which one line in a hundred is rubbish, against a loop over its lines.
"""

import argparse
import tempfile
import time
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv4Network, ip_network
from pathlib import Path

import numpy as np
import polars as pl

from overblock.addresses.formats import format_ipv4
from overblock.fleets.inventory import read_inventory
from overblock.pipeline.ingest import Ingest
from overblock.registers.extent import ipv4_set
from overblock.reports.fleets.hits import alive_listings
from overblock.reports.fleets.watch import Fleet, NamedInventory, Watched, watch
from overblock.sources import find_source
from overblock.store import Store
from timing import SEED, SHARED, best_of, print_row

REGISTER = "ru_zapret_csv"
REAL = SHARED / "data" / "ru-rkn-2018-05-05.csv.xz"
AT = datetime(2018, 5, 5, 14, tzinfo=UTC)
ONE_IN = 100  # addresses that the peer is asked of


def made_up(n_networks: int) -> bytes:
    """A register of /24s, for where the real one is not at hand."""
    lines = [f"{n // 200 % 200 + 1}.{n % 200}.7.0/24;;;A;{n};2018-04-16" for n in range(n_networks)]
    return "\n".join(["Updated: 2018-05-05 13:25:00 +0000", *lines, ""]).encode()


def observatory(folder: Path, *, small: bool) -> Store:
    path = REAL
    if small or not REAL.exists():
        path = folder / "dump.csv"
        path.write_bytes(made_up(500 if small else 100_000))
    store = Store.create(folder / "observatory")
    Ingest(store=store, source=find_source(REGISTER), now=AT).run([str(path)])
    return store


def fleet_of(store: Store, n_addresses: int) -> bytes:
    """An inventory of which half is listed."""
    rng = np.random.default_rng(SEED)
    listed = ipv4_set(alive_listings(store.view(), REGISTER, AT))
    sizes = (listed.ends - listed.starts).astype(np.float64)
    chosen = rng.choice(len(sizes), n_addresses // 2, p=sizes / sizes.sum())
    offset = (rng.random(len(chosen)) * sizes[chosen]).astype(np.uint64)
    anywhere = rng.integers(1 << 24, 224 << 24, n_addresses - len(chosen)).astype(np.uint64)
    addresses = np.concatenate([listed.starts[chosen] + offset, anywhere])
    return "\n".join(format_ipv4(addresses).to_list()).encode()


def look(store: Store, raw: bytes) -> Watched:
    named = NamedInventory(name="fleet", inventory=read_inventory(raw))
    return Store.open(store.root).ask(lambda view: watch(view, Fleet(inventories=[named]), AT))


def watch_a_fleet(store: Store, n_addresses: int) -> None:
    raw = fleet_of(store, n_addresses)
    ours, watched = best_of(3, lambda: look(store, raw))
    asked = raw.decode().split()[:: ONE_IN if n_addresses > ONE_IN * 50 else 5]
    begin = time.perf_counter()
    rows = alive_listings(store.view(), REGISTER, AT)["resource", "ipv4_from"].drop_nulls()
    networks = [net for net in map(ip_network, rows["resource"]) if isinstance(net, IPv4Network)]
    load = time.perf_counter() - begin
    begin = time.perf_counter()
    told = [any(address in net for net in networks) for address in map(IPv4Address, asked)]
    theirs = load + (time.perf_counter() - begin) * n_addresses / len(asked)
    state = {item.target: item for item in watched.answer.items}
    for text, listed in zip(asked, told, strict=True):
        assert state[text].state == "private" or state[text].listed is listed, text
    work = f"watch {n_addresses:,} addresses against {len(networks):,} listings"
    print_row(work, ours, (f"ipaddress, from {len(asked):,}", theirs), 50)
    if n_addresses == 100_000:
        print(f"{work} | ours {ours * 1000:,.0f} ms | target 2,000 ms")


def slow_read(raw: bytes) -> tuple[set[str], int]:
    """A loop over the lines, as one would write it."""
    found, bad = set(), 0
    for line in raw.decode().splitlines():
        try:
            found.add(str(IPv4Address(line)))
        except ValueError:
            bad += 1
    return found, bad


def read_a_long_list(n_lines: int) -> None:
    rng = np.random.default_rng(SEED)
    lines = format_ipv4(rng.integers(1 << 24, 224 << 24, n_lines))
    rubbish = pl.Series(rng.random(n_lines) < 0.01)
    raw = lines.zip_with(~rubbish, "?" + lines).str.join("\n").item().encode()
    ours, inventory = best_of(1 if n_lines > 1_000_000 else 3, lambda: read_inventory(raw))
    theirs, (found, bad) = best_of(1, lambda: slow_read(raw))
    assert len(inventory.rejects) == bad
    assert len(inventory.items) == len(found)
    work = f"read a list of {n_lines:,} lines, 1 % of them rubbish"
    print_row(work, ours, ("a loop with ipaddress", theirs), 1)


def main(*, small: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        store = observatory(Path(name), small=small)
        watch_a_fleet(store, 1_000 if small else 100_000)
    read_a_long_list(20_000 if small else 10_000_000)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="little work, for CI")
    main(small=parser.parse_args().small)
