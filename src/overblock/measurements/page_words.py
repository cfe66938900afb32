"""What a page's words say it is: a captcha, a parked domain, a portal, a block page and so on.

The words lie in ``page_words.csv``, in lower case and in the languages in which such pages are
served; all are looked for in one pass.  Words are weak evidence: no rule rests on them alone while
the page could be the site's own.
"""

import csv
import re
from functools import cache
from importlib import resources

import ahocorasick_rs

from overblock.addresses.special import is_bogon
from overblock.measurements.hosts import address_of

FRAME = re.compile(r"""<iframe[^>]{0,200}?src=["']?https?://(\d+\.\d+\.\d+\.\d+)\b""")
HEAD_BYTES = 1024  # where a page says its encoding
CYRILLIC = b"windows-1251"


def text_of(page: bytes) -> str:
    """A page as lower-case text, by the encodings that block pages are seen in."""
    try:
        text = page.decode("utf-8")
    except UnicodeDecodeError:
        is_cyrillic = CYRILLIC in page[:HEAD_BYTES].lower()
        text = page.decode("cp1251" if is_cyrillic else "utf-8", "replace")
    return text.lower()


def kinds_of(text: str) -> frozenset[str]:
    """Which kinds of words lower-case text holds: block, refusal, challenge, parked and more.

    Words of refusal stand on block pages, and on the pages with which servers refuse by themselves.

    >>> kinds_of("<h1>access denied</h1>")
    frozenset({'refusal'})
    """
    automaton, kinds = _words()
    found = automaton.find_matches_as_indexes(text.encode("utf-8", "replace"))
    return frozenset(kinds[each[0]] for each in found)


def frames_local(text: str) -> bool:
    """Whether a page frames another at an address on which no public site can live.

    >>> frames_local('<iframe src="http://10.10.34.35?type=x">')
    True
    """
    found = FRAME.search(text)
    return found is not None and (address_of(found[1]) or "") != "" and is_bogon(found[1])


@cache
def _words() -> tuple[ahocorasick_rs.BytesAhoCorasick, tuple[str, ...]]:
    table = resources.files("overblock.measurements").joinpath("page_words.csv").read_text("utf-8")
    rows = list(csv.DictReader(table.splitlines()))
    automaton = (
        ahocorasick_rs.BytesAhoCorasick(  # for text it would count signs, at twice the price
            [row["words"].encode() for row in rows],
            implementation=ahocorasick_rs.Implementation.DFA,
        )
    )
    return automaton, tuple(row["kind"] for row in rows)
