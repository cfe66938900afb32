"""A DNS zone file (RFC 1035 section 5): its addresses, and the names that carry them.

::

    $ORIGIN shop.example.
    $TTL 300
    @    IN A     192.0.2.7
    www  IN CNAME @

Only A, AAAA and CNAME records are looked at: what TXT records hold is nobody's business here.
``$INCLUDE`` would open files and ``$GENERATE`` could make millions of names out of one line, so
both are refused.
"""

import re

import dns.exception
import dns.name
import dns.rdatatype
import dns.zone
import polars as pl

from overblock.errors import SourceDrift
from overblock.fleets.items import FOUND, Inventory, read_items
from overblock.fleets.texts import text_of

FORM = "zone file"
DIRECTIVES = ("$ORIGIN", "$TTL")
WANTED = (dns.rdatatype.A, dns.rdatatype.AAAA, dns.rdatatype.CNAME)
SIGNS = re.compile(
    r"^\$(?:ORIGIN|TTL|INCLUDE|GENERATE)\b|^\S*\s+(?:\d+\s+)?IN\s+(?:\d+\s+)?(?:SOA|NS|A|AAAA|CNAME)\s",
    re.MULTILINE | re.IGNORECASE,
)
APEX = re.compile(
    r"^\$ORIGIN\s+(?P<origin>\S+)|^(?P<owner>[^\s$;]\S*)[^\S\n]+(?:\S+[^\S\n]+){0,2}SOA\s",
    re.MULTILINE | re.IGNORECASE,
)
FORBIDDEN = re.compile(r"^\s*\$(INCLUDE|GENERATE)\b", re.MULTILINE | re.IGNORECASE)


def read(raw: bytes) -> Inventory:
    """Read a zone file; places are ``www.shop.example A``, the label is the name.

    Raises:
        SourceDrift: it is no zone file, or has a directive that is not followed here.
    """
    text = text_of(raw)
    forbidden = FORBIDDEN.search(text)
    if forbidden:
        line = text.count("\n", 0, forbidden.start()) + 1
        raise SourceDrift(
            f"line {line}: ${forbidden[1].upper()} is not followed; give the zone as the server "
            "would write it out (named-checkzone -D)"
        )
    return read_items(FORM, pl.DataFrame(_rows(_zone(text)), FOUND, orient="row"))


def _zone(text: str) -> dns.zone.Zone:
    try:
        return dns.zone.from_text(
            text,
            origin=_apex(text),
            relativize=False,
            check_origin=False,
            allow_directives=DIRECTIVES,
        )
    except (dns.exception.DNSException, ValueError) as error:
        line = re.search(r"^<string>:(\d+):", str(error))  # its words may hold a secret
        message = f"near line {line[1]} the inventory" if line else "the inventory"
    raise SourceDrift(f"{message} cannot be read as a record of a zone file")


def _apex(text: str) -> dns.name.Name:
    """The name that the zone begins at; the root where no SOA record says it."""
    origin = dns.name.root
    for found in APEX.finditer(text):
        name = dns.name.from_text(found["origin"] or found["owner"], origin)
        if found["owner"]:
            return name
        origin = name
    return dns.name.root


def _rows(zone: dns.zone.Zone) -> list[tuple[str, str, str]]:
    rows = []
    for kind in WANTED:
        for owner, _, record in zone.iterate_rdatas(kind):
            name = owner.to_text(omit_final_dot=True) if owner != dns.name.root else ""
            place = f"{name} {dns.rdatatype.to_text(kind)}"
            rows.append((name, name, place))
            if kind != dns.rdatatype.CNAME:
                rows.append((name, record.to_text(), place))
    return rows
