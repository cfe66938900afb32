"""What a page's words say it is: a captcha, a parked domain, a block page.

The words lie in ``page_words.csv``, in lower case and in the languages in which such pages are
served; all are looked for in one pass.  Words are weak evidence: no rule rests on them alone while
the page could be the site's own.
"""

import csv
from functools import cache
from importlib import resources

import ahocorasick_rs

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
    """Which kinds of words lower-case text holds: challenge, parked, block.

    >>> kinds_of("<h1>access denied</h1>")
    frozenset({'block'})
    """
    automaton, kinds = _words()
    return frozenset(kinds[each[0]] for each in automaton.find_matches_as_indexes(text))


@cache
def _words() -> tuple[ahocorasick_rs.AhoCorasick, tuple[str, ...]]:
    table = resources.files("overblock.measurements").joinpath("page_words.csv").read_text("utf-8")
    rows = list(csv.DictReader(table.splitlines()))
    automaton = ahocorasick_rs.AhoCorasick(
        [row["words"] for row in rows], implementation=ahocorasick_rs.Implementation.DFA
    )
    return automaton, tuple(row["kind"] for row in rows)
