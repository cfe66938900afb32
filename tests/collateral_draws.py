"""Small worlds of names and registers to draw: few names and addresses, so that much is shared."""

from ipaddress import ip_address
from typing import Any

import polars as pl
from hypothesis import strategies as st

from overblock.tables import GAPS, LISTINGS, RESOLUTIONS
from register_worlds import HOUR, START

SIX = [bytes.fromhex("20010db8") + bytes(11) + bytes([last]) for last in (0, 1, 2, 3, 255)]
PARKING = int(ip_address("185.53.176.9"))
NAMES = [
    "flibusta.is", "www.flibusta.is", "flibusta.site", "flibusta2.co.uk", "old.flibusta.is",
    "mirror-flibusta.net", "blogspot.com", "cats.blogspot.com", "dogs.blogspot.com",
    "shop.example", "www.shop.example", "bank.example", "forum.example", "casino.com",
    "casino.net", "a", "x_y.example", "rutor.info", "rutor.is", "www.com", "mail.flibusta.site",
]  # fmt: skip

names = st.sampled_from(NAMES)
ipv4 = st.one_of(st.integers(0, 12), st.just(PARKING), st.just(2**32 - 1))
chains = st.sampled_from([[], [], ["cdn.example"], ["cdn.example", "x.parkingcrew.net"]])
answers = st.one_of(
    st.builds(lambda value: {"ipv4": value, "outcome": "address"}, ipv4),
    st.builds(lambda value: {"ipv6": value, "outcome": "address"}, st.sampled_from(SIX)),
    st.builds(
        lambda value: {"outcome": value}, st.sampled_from(["nxdomain", "no_answer", "timeout"])
    ),
    st.builds(
        lambda value: {"outcome": "bogon", "answer": value}, st.sampled_from(["10.0.0.1", "::"])
    ),
)
rows = st.builds(
    lambda name, answer, chain: {"name": name, "chain": chain, "seen_at": START, **answer},
    names, answers, chains,
)  # fmt: skip


def resolutions(drawn: list[dict[str, Any]]) -> pl.DataFrame:
    """Drawn answers as the table."""
    return pl.DataFrame(
        [{"record": number, **row} for number, row in enumerate(drawn, 1)],
        schema=RESOLUTIONS.schema(),
    )


def listing(key: int, what: str, resource: str, **more: Any) -> dict[str, Any]:
    """A row of a register of that name, attached unless said."""
    return {
        "register": "x", "entry_key": str(key), "resource_kind": what, "resource": resource,
        "kind": "attached", "listed_from": START, "last_seen_at": START, "networks": [], **more,
    }  # fmt: skip


@st.composite
def listings_of(draw: st.DrawFn) -> pl.DataFrame:
    """Entries that list an address, a network or IPv6, and may name a host; each with its time."""
    drawn: list[dict[str, Any]] = []
    for key in range(draw(st.integers(0, 6))):
        begun, kept, rest = (draw(st.integers(0, 12)) for _ in range(3))
        ended = draw(st.booleans())
        span: dict[str, Any] = {
            "listed_from": START + begun * HOUR,
            "last_seen_at": START + (begun + kept) * HOUR,
            "listed_until": START + (begun + kept + rest + 1) * HOUR if ended else None,
        }
        host = draw(st.one_of(st.none(), names))
        span["kind"] = "attached" if host else "ordered"
        if host:
            kind = draw(st.sampled_from(["domain", "domain_mask", "url"]))
            resource = f"https://{host}/page" if kind == "url" else host
            drawn.append(listing(key, kind, resource, **span))
        for first, n in draw(st.lists(st.tuples(ipv4, st.sampled_from([1, 1, 4])), max_size=2)):
            until = min(first + n, 2**32)
            kind = "address" if until - first == 1 else "prefix"
            at = {"ipv4_from": first, "ipv4_until": until}
            drawn.append(listing(key, kind, f"{first}-{until}", **at, **span))
        for first6, last6 in draw(
            st.lists(st.tuples(st.sampled_from(SIX), st.sampled_from(SIX)), max_size=1)
        ):
            low, high = sorted([first6, last6])
            kind = "address" if low == high else "prefix"
            at6 = {"ipv6_first": low, "ipv6_last": high}
            drawn.append(listing(key, kind, f"{low.hex()}-{high.hex()}", **at6, **span))
    return pl.DataFrame(drawn, schema=LISTINGS.schema())


@st.composite
def gaps_of(draw: st.DrawFn) -> pl.DataFrame:
    """Some hours in which the register was silent."""
    edges = sorted(draw(st.sets(st.integers(0, 30), max_size=4)))
    spans = zip(edges[::2], edges[1::2], strict=False)
    silent = [("x", START + begin * HOUR, START + end * HOUR) for begin, end in spans]
    return pl.DataFrame(silent, schema=GAPS.schema(), orient="row")


signs_drawn = st.lists(
    st.tuples(names, st.sampled_from([
        ("name_server", "ns1.bodis.com"), ("name_server", "ns1.example"),
        ("title", "THIS DOMAIN IS FOR SALE!"), ("title", "Books"), ("status", "410"),
        ("redirect", "https://www.dan.com/buy"), ("redirect", "https://notdan.com/"),
    ])),
    max_size=4,
)  # fmt: skip
drawn_rows = st.lists(rows, max_size=30)
