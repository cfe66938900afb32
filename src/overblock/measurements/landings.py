"""Whether a redirect leads to a block page, as its address says: censors name them so.

Such a page often holds nothing but a picture, or does not load at all for a probe, while servers
of sites do not send their visitors in the clear to another site's ``blocked.`` or ``/blockpage``.
"""

import re

from overblock.measurements.hosts import place_of, site_of

LONGEST = 512  # signs of an address that are looked at
# Whole parts of a host's name or of a path.
_PARTS = (
    "access-?denied", "blackhole", "blacklist(?:ed)?", "block", "block-?page", "blocked",
    "blocked-?(?:page|site)", "blocking", "censor(?:ed|ship)?", "court-?orders?", "denied", "deny",
    "dns-?block", "eeep", "filter", "filtered", "forbidden", "fz-?139", "internet-?baik",
    "internet-?positif", "laman-?labuh", "law-?filter", "mercusuar", "nawala", "prohibited",
    "restricted", "site-?blocked", "stoppages", "surf-?safe(?:ly)?", "trust-?positif",
    "ukispcourtorders", "uyari", "warning", "zablokirovano", "zapret",
)  # fmt: skip
_BLOCKER = re.compile(r'<([^<>]{1,512})>[^<>,]{0,200}?;\s*rel="?[^",;<>]{0,100}?\bblocked-by\b')
_NAMED = re.compile(rf"[/.](?:{'|'.join(_PARTS)})(?:[/.:]|$)")


def names_block_page(address: str) -> bool:
    """Whether an absolute address is named as block pages are: by a whole part of host or path.

    >>> names_block_page("http://warning.or.kr/i1.html"), names_block_page("http://blocks.example/")
    (True, False)
    """
    return _NAMED.search(address[:LONGEST].lower().partition("?")[0]) is not None


def names_blocker(link: str, host: str) -> bool:
    """Whether a Link header says that another than the site at ``host`` blocks (RFC 7725).

    >>> names_blocker('<https://isp.example/orders>; rel="blocked-by"', "www.shop.example")
    True
    >>> names_blocker('<https://shop.example/>; rel="blocked-by"', "www.shop.example")
    False
    """
    found = _BLOCKER.search(link[: 4 * LONGEST].lower())
    place = place_of(found[1]) if found else None
    return place is not None and site_of(place.host) != site_of(host)
