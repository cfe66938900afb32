"""Whether a page that differs from the control's is the site's own: it names the site.

Sites greet visitors by place, count what is new in their titles and test what they show.  A page
that bears a word of the title which the control saw, or the site's own name again and again, was
hardly written by whoever blocks it: block pages name it once or twice, to say what is blocked.
"""

import re

from overblock.measurements.hosts import site_of

SHORTEST_NAME = 4  # signs, of words and of names of sites that say whose page it is
MOST_TOLD = 5  # times that a block page names what it blocks
LONGEST_TITLE = 512
_WORD = re.compile(rf"\w{{{SHORTEST_NAME},}}")
ANY_SITES = frozenset({
    "access", "blocked", "denied", "error", "forbidden", "from", "home", "homepage", "index",
    "internet", "notice", "official", "online", "page", "portal", "restricted", "service",
    "services", "site", "sorry", "that", "this", "unavailable", "warning", "website", "welcome",
    "with", "your",
    "главная", "доступ", "портал", "сайт", "сайта", "страница", "официальный",
})  # fmt: skip


def names_its_site(text: str, title: str | None, theirs: str, host: str) -> bool:
    """Whether a page in lower case, with its title, is of the site at ``host``.

    ``theirs`` is the title that the control saw.

    >>> names_its_site("", "acme shop: angebote", "ACME Shop", "acme.example")
    True
    >>> names_its_site("", "welcome", "Welcome to ACME", "acme.example")
    False
    """
    words = _words_of(theirs)
    if title is not None and not words.isdisjoint(_words_of(title)):
        return True
    name = site_of(host).partition(".")[0]
    if len(name) < SHORTEST_NAME or name in ANY_SITES:
        return False
    return (title is not None and name in title) or text.count(name) > MOST_TOLD


def _words_of(title: str) -> set[str]:
    words = set(_WORD.findall(title[:LONGEST_TITLE].casefold())) - ANY_SITES
    return {each for each in words if not each.isdigit()}
