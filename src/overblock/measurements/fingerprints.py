r"""Known block pages: OONI's fingerprint files, and one pass over a page for all of them.

The two files of ooni/blocking-fingerprints, as published::

    name,location_found,pattern_type,pattern,scope,expected_countries,...
    some.landing_page,body,contains,<title>this site is blocked,nat,XX
    some.sinkhole,dns,full,10.10.34.35,nat,IR

``scope`` says who stands behind a page: nat and isp are governments and providers, prod a product,
inst a school or an office, vbw vague words, and fp a page that only looks like a block.  A page
of scope nat or isp is a block where it is expected; of another country it tells of a tunnel or of a
transit network, so it is no block of the country that the probe says.  A match of fp speaks against
blocking.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self

import ahocorasick_rs

from overblock.measurements import opening
from overblock.measurements.blocks import HttpResponse
from overblock.measurements.hosts import address_of

COLUMNS = frozenset({"name", "location_found", "pattern_type", "pattern"})
DECIDING = frozenset({"nat", "isp"})  # scopes that say who blocks
HARMLESS = "fp"
BODY_BYTES = 1 << 17  # of a body that are searched
MOST_PATTERN = 4096  # signs of a pattern; longer ones are no patterns but mistakes
HEADER = "header."


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """One row of a fingerprint file."""

    name: str
    where: str  # dns, body, or header. and its name
    kind: str  # full, prefix, contains or regexp
    pattern: str
    scope: str
    countries: frozenset[str]

    def decides(self, country: str | None) -> bool:
        """Whether it says that a page is a block in a country."""
        if self.scope and self.scope not in DECIDING:
            return False
        return not self.countries or country in self.countries


class Match(NamedTuple):
    """What was found: the name of a block page of this country, or of another one."""

    here: str | None
    elsewhere: str | None


NO_MATCH = Match(None, None)
UNKNOWN_COUNTRIES = frozenset({None, "", "ZZ"})


def read_fingerprints(text: str) -> tuple[list[Fingerprint], int]:
    """Read a fingerprint file; how many of its rows are no fingerprints.

    Raises:
        ValueError: it lacks the columns of such a file.
    """
    rows = csv.DictReader(io.StringIO(text))
    if missing := COLUMNS - set(rows.fieldnames or ()):
        raise ValueError(f"no fingerprint file: it has no column {', '.join(sorted(missing))}")
    found: list[Fingerprint] = []
    bad = 0
    for row in rows:
        made = _read(row)
        if made is None:
            bad += 1
        else:
            found.append(made)
    return found, bad


def _read(row: Mapping[str, str | None]) -> Fingerprint | None:
    pattern, kind = row.get("pattern") or "", row.get("pattern_type") or ""
    where = row.get("location_found") or ""
    known = where in {"dns", "body"} or where.startswith(HEADER)
    if not pattern or not known or kind not in {"full", "prefix", "contains", "regexp"}:
        return None
    if len(pattern) > MOST_PATTERN or (kind == "regexp" and not _compiles(pattern)):
        return None
    countries = re.findall(r"[A-Z]{2}", row.get("expected_countries") or "")
    return Fingerprint(
        name=row.get("name") or pattern[:40],
        where=where,
        kind=kind,
        pattern=pattern,
        scope=(row.get("scope") or "").strip(),
        countries=frozenset(countries),
    )


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return False
    return True


class Fingerprints:
    """Fingerprints, ready to be looked for: addresses by equality, texts in one pass."""

    def __init__(self, found: Iterable[Fingerprint]) -> None:
        """Sort them by where they are looked for."""
        self._all = tuple(found)
        self._by_address: dict[str, list[Fingerprint]] = {}
        texts: dict[str, list[Fingerprint]] = {}
        for each in self._all:
            if each.where == "dns":
                address = address_of(each.pattern) or each.pattern
                self._by_address.setdefault(address, []).append(each)
            else:
                texts.setdefault(each.where, []).append(each)
        self._by_text = {where: _Matcher(group) for where, group in texts.items()}

    def __reduce__(self) -> tuple[type[Self], tuple[tuple[Fingerprint, ...]]]:
        return type(self), (self._all,)  # what searches is made anew in another process

    @classmethod
    def read(cls, texts: Iterable[str]) -> Self:
        """Read fingerprint files."""
        return cls(each for text in texts for each in read_fingerprints(text)[0])

    def of_addresses(self, addresses: Iterable[str], country: str | None) -> Match:
        """The fingerprint that an answered address is."""
        found = [
            each for address in sorted(addresses) for each in self._by_address.get(address, ())
        ]
        return _matched(found, country)

    def of_response(self, response: HttpResponse, country: str | None) -> Match:
        """The fingerprint in body or headers; none where one says that it is harmless."""
        found: list[Fingerprint] = []
        if "body" in self._by_text:
            text = opening.body(response.body)[:BODY_BYTES].decode("utf-8", "replace")
            found += self._by_text["body"].search(text)
        if len(self._by_text) > ("body" in self._by_text):
            for name, value in opening.headers(response.headers).items():
                matcher = self._by_text.get(HEADER + name)
                found += matcher.search(value) if matcher else []
        return _matched(found, country)


def _matched(found: list[Fingerprint], country: str | None) -> Match:
    if any(each.scope == HARMLESS for each in found):
        return NO_MATCH
    mine = next((each.name for each in found if each.decides(country)), None)
    if mine is not None or country in UNKNOWN_COUNTRIES:
        return Match(mine, None)
    theirs = (each.name for each in found if any(map(each.decides, each.countries)))
    return Match(None, next(theirs, None))


class _Matcher:
    """Patterns that are looked for in one kind of text, in one pass."""

    def __init__(self, group: list[Fingerprint]) -> None:
        self._plain = [each for each in group if each.kind != "regexp"]
        self._patterns = [
            (each, re.compile(each.pattern)) for each in group if each.kind == "regexp"
        ]
        self._automaton = ahocorasick_rs.AhoCorasick([each.pattern for each in self._plain])

    def search(self, text: str) -> list[Fingerprint]:
        """All that match, in the order of the text."""
        found = [
            each
            for place, begin, end in self._automaton.find_matches_as_indexes(text, overlapping=True)
            if _stands(each := self._plain[place], begin, end, text)
        ]
        return found + [each for each, pattern in self._patterns if pattern.search(text)]


def _stands(each: Fingerprint, begin: int, end: int, text: str) -> bool:
    """Whether a pattern that was found stands where its kind wants it."""
    if each.kind == "contains":
        return True
    return begin == 0 and (each.kind == "prefix" or end == len(text))
