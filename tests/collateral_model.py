"""The slow, obvious model of collateral: dicts, sets, and Python's own ``ipaddress``.

It reads the same tables row by row and shares no code with what it checks but the files of rules
and the public suffix list.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from importlib import resources
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import polars as pl
from tldextract import TLDExtract

Address = IPv4Address | IPv6Address
Listings = Iterable[dict[str, Any]]
SPLIT = TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


def rules(name: str) -> list[dict[str, str]]:
    text = resources.files("overblock.collateral").joinpath(name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


PARKED, MIRRORS = rules("parked.csv"), rules("mirrors.csv")
PARKING = [(ip_network(row["value"]), row) for row in PARKED if row["sign"] == "address"]
GENERIC = {word for row in MIRRORS if row["how"] == "generic" for word in row["words"].split()}


@dataclass
class Name:
    """All that was seen of one name."""

    addresses: set[Address] = field(default_factory=set)
    unknown: set[tuple[str, str | None]] = field(default_factory=set)
    absent: set[str] = field(default_factory=set)
    aliases: set[str] = field(default_factory=set)


def names_of(resolutions: Iterable[pl.DataFrame]) -> dict[str, Name]:
    found: dict[str, Name] = defaultdict(Name)
    for batch in resolutions:
        for row in batch.to_dicts():
            name = found[row["name"]]
            name.aliases |= set(row["chain"])
            if row["ipv4"] is not None:
                name.addresses.add(IPv4Address(row["ipv4"]))
            elif row["ipv6"] is not None:
                name.addresses.add(IPv6Address(row["ipv6"]))
            elif row["outcome"] in {"nxdomain", "no_answer"}:
                name.absent.add(row["outcome"])
            else:
                name.unknown.add((row["outcome"], row["answer"]))
    return dict(found)


class Book:
    """Listed ranges, looked through one by one; single addresses by a dict."""

    def __init__(self, rows: Listings) -> None:
        self.single: set[int] = set()
        self.wide: list[tuple[int, int]] = []
        self.six: list[tuple[bytes, bytes]] = []
        for row in rows:
            if row["ipv4_from"] is not None and row["ipv4_until"] - row["ipv4_from"] == 1:
                self.single.add(row["ipv4_from"])
            elif row["ipv4_from"] is not None:
                self.wide.append((row["ipv4_from"], row["ipv4_until"]))
            elif row["ipv6_first"] is not None:
                self.six.append((row["ipv6_first"], row["ipv6_last"]))

    def __contains__(self, address: Address) -> bool:
        if isinstance(address, IPv6Address):
            return any(first <= address.packed <= last for first, last in self.six)
        number = int(address)
        return number in self.single or any(a <= number < b for a, b in self.wide)


def in_order(addresses: Iterable[Address]) -> list[Address]:
    """IPv4 before IPv6, then by number."""
    return sorted(addresses, key=lambda address: (address.version, int(address)))


def reach_of(name: Name, listed: Book) -> tuple[str, Address | None]:
    """How far, and which address answers for the name."""
    hit = in_order(address for address in name.addresses if address in listed)
    if not hit:
        return ("not" if name.addresses else "unknown"), next(iter(in_order(name.addresses)), None)
    whole = len(hit) == len(name.addresses) and not name.unknown
    return ("fully" if whole else "partly"), hit[0]


def bare(name: str) -> str:
    short = name.removeprefix("www.")
    return short if "." in short else name


class Orders:
    """What entries name."""

    def __init__(self, rows: Listings) -> None:
        strength = {"domain": 0, "domain_mask": 1, "url": 2}
        self.hosts: dict[str, str] = {}
        for row in sorted(
            (row for row in rows if row["resource_kind"] in strength),
            key=lambda row: -strength[row["resource_kind"]],
        ):
            host = row["resource"]
            if row["resource_kind"] == "url":
                host = re.sub(r"^[^/]*//(?:[^/?#@]*@)?([^/?#:]+).*", r"\1", host)
            if not re.fullmatch(r"[0-9.]+", host):
                how = {"domain": "domain", "domain_mask": "mask", "url": "page"}
                self.hosts[bare(host)] = how[row["resource_kind"]]
        self.sites = [
            (split.domain, split.suffix)
            for host, how in self.hosts.items()
            if how != "page"
            for split in [SPLIT(host)]
            if split.domain and f"{split.domain}.{split.suffix}" == host
        ]
        self.stems: dict[str, dict[str, set[tuple[str, str]]]] = {}
        for rule in MIRRORS:
            if rule["how"] != "generic":
                alike = self.stems.setdefault(rule["rule"], defaultdict(set))
                for label, suffix in self.sites:
                    if tells(stem(label, rule), rule):
                        alike[stem(label, rule)].add((label, suffix))

    def rule(self, name: str) -> str | None:
        parts = bare(name).split(".")
        for depth in range(len(parts)):
            host = ".".join(parts[depth:])
            how = self.hosts.get(host)
            if how is None:
                continue
            if depth == 0:
                return f"named_{how}"
            if how == "mask" or SPLIT(host).domain:
                return f"below_{how}"
        split = SPLIT(bare(name))
        if not split.suffix:
            return None
        for rule in MIRRORS:
            alike = self.stems.get(rule["rule"], {}).get(stem(split.domain, rule), set())
            if alike - {(split.domain, split.suffix)}:
                return rule["rule"]
        return None


def stem(label: str, rule: dict[str, str]) -> str:
    if rule["how"] == "digits":
        return re.sub(r"-?$", "", re.sub(r"[0-9]+$", "", label), count=1)
    for word in rule["words"].split() if rule["how"] == "words" else []:
        for part in (f"{word}-", word):
            label = label.removeprefix(part)
            label = label.removesuffix(f"-{word}" if part != word else word)
    return label


def tells(text: str, rule: dict[str, str]) -> bool:
    return len(text) >= int(rule["least"]) and text not in GENERIC


def parked_rule(name: str, seen: Name, signs: dict[str, list[tuple[str, str]]]) -> str | None:
    """The first rule of the file that fits, else whether the name is dead."""
    told = signs.get(bare(name), [])
    by_addresses = row_of_addresses(in_order(seen.addresses))
    for row in PARKED:
        sign, value = row["sign"], row["value"]
        texts = [text for kind, text in told if kind == sign]
        if sign == "title":
            fits = any(re.search(value, text, re.IGNORECASE) for text in texts)
        elif sign == "status":
            fits = value in texts
        elif sign == "address":
            fits = row is by_addresses
        else:
            hosts = texts if sign == "name_server" else []
            hosts += list(seen.aliases) if sign == "alias" else []
            hosts += [re.sub(r"^[a-z]+://([^/:]+).*", r"\1", text) for text in texts] * (
                sign == "redirect"
            )
            fits = any(host == value or host.endswith(f".{value}") for host in hosts)
        if fits:
            return row["rule"]
    return dead(seen)


def row_of_addresses(addresses: list[Address]) -> dict[str, str] | None:
    """The row of the first address's service, if all addresses are some service's."""
    hit = [[row for network, row in PARKING if address in network] for address in addresses]
    return hit[0][0] if hit and all(hit) else None


def dead(seen: Name) -> str | None:
    if seen.addresses or seen.unknown or not seen.absent:
        return None
    return "dead_nxdomain" if "nxdomain" in seen.absent else "dead_no_answer"


def signs_of(signs: pl.DataFrame) -> dict[str, list[tuple[str, str]]]:
    told: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in signs.to_dicts():
        told[bare(row["name"])].append((row["sign"], row["value"]))
    return told


def group_of(
    name: str, seen: Name, orders: Orders, signs: dict[str, list[tuple[str, str]]]
) -> tuple[str, str]:
    """The group and the rule."""
    rule = orders.rule(name)
    if rule:
        return "target", rule
    rule = parked_rule(name, seen, signs)
    return ("parked", rule) if rule else ("bystander", "bystander")


def counts_at(listings: Listings, gaps: Listings, at: datetime) -> list[dict[str, Any]]:
    """The listings that count at a moment: not ended, and seen since the last silence."""
    ended = [gap["silent_from"] for gap in gaps if gap["silent_until"] <= at]
    return [
        row
        for row in listings
        if row["listed_from"] <= at
        and (row["listed_until"] is None or at < row["listed_until"])
        and not any(silent >= row["last_seen_at"] for silent in ended)
    ]


def address_text(row: dict[str, Any]) -> str | None:
    value = row["ipv4"] if row["ipv4"] is not None else row["ipv6"]
    return None if value is None else str(ip_address(value))
