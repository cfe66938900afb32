"""What an error says, in the reader's language.

Errors are raised far below, where nobody knows a reader, and in English, as commands and programs
read them.  So a page knows their sentences by their form, and says the same in its language, with
what stands in the places as it is.  A sentence that is not known here is shown as it was raised,
and marked as English; a test finds those that a page can meet.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from overblock.reports.document.parts import phrase
from overblock.reports.document.words import PLACE
from overblock.web.pages import Reader

MOST_SIGNS = 400  # of a sentence that is looked for, as of one that is shown

SENTENCES = (
    phrase("nothing stands at this address"),
    phrase("this address is not asked in this way"),
    phrase("more was sent than this address takes"),
    phrase("something broke here, and it is not your doing"),
    phrase("no such file here"),
    # Too much, too often, too late.
    phrase("more than {most} questions a minute: wait a minute"),
    phrase("too many questions at once: ask again in a minute"),
    phrase("no answer within {seconds} seconds: ask for less, or once more soon"),
    phrase("no answer within {seconds} seconds: ask once more"),
    phrase("the process that works out this page has ended: ask once more"),
    phrase("the process that draws pictures has died"),
    phrase("{n} signs at once: at most {most}"),
    phrase(
        "{n} lines at once: at most {most}; `overblock check -` takes more, on your own machine"
    ),
    phrase("line {number} has {n} signs, at most {most}: {line}"),
    phrase("the file has more than {most} bytes: send it in parts"),
    phrase("the file is no text: send lines, or a table as CSV"),
    phrase("{n} targets in one feed: at most {most}"),
    phrase("{n} days at once: at most {most}; give since= and until=, or ask for one series"),
    phrase("{n} signs: at most {most} of one name"),
    phrase("{name} has {n} signs, at most {most}"),
    # Targets.
    phrase("nothing is asked: give q=, an address, network, domain or page"),
    phrase("a zone means something on one machine only: {written}"),
    phrase(
        "{written} has bits set behind its prefix length: say {value} for the address or {network} "
        "for the network"
    ),
    phrase("not an address or network: {written}"),
    phrase("not an address, network, name or page: {written}"),
    phrase("{written} is more than one word: give addresses, networks, names or pages one a line"),
    phrase("not a prefix length in {written}"),
    phrase("not a page's address: {written}"),
    phrase("{written} is no address or network"),
    phrase("{written} is no name: write shop.example"),
    phrase("{written} is IPv6, and this is the map of IPv4"),
    phrase("{written} is a network: measurements are asked for by one address"),
    # Moments and spans.
    phrase("{written} is not a moment: write 2018-04-16 or now"),
    phrase("{written} is not a moment: write 2018-04-16, 2018-04-16T21:00 or now"),
    phrase("{written} is not a year: write 2014"),
    phrase("{written} is not a day: write 2015-12-04"),
    phrase("from {first} lies after to {last}"),
    phrase("the time ends ({until}) before it begins ({since})"),
    phrase("nothing lies between {since} and {until} UTC"),
    # What is not here.
    phrase("this folder is no observatory; `overblock init this folder` makes one"),
    phrase("this observatory holds no register yet"),
    phrase("no register here is called {name}"),
    phrase("no register here is called {name}; registers: {listed}"),
    phrase("{name} is neither a file nor a register here; registers: {listed}"),
    phrase("{name} is no register: it gives {table}"),
    phrase("{register} has no snapshot in {year}"),
    phrase("{register} has no snapshot between {begins} and {ends}"),
    phrase("{register} has no snapshot at or before {at} UTC"),
    phrase("{register} has no snapshot at or before {at} UTC; its first is of {first} UTC"),
    phrase("{register} has no decision {number}"),
    phrase("{number} never listed an IPv4 address: nothing can be drawn"),
    phrase("{uid}: no key is as long as this"),
    phrase("{uid}: no measurement of that key in the observatory"),
    phrase(
        "{uid}: no event of that key by the {grain}; with more measurements a change may be found "
        "at another moment, under another key"
    ),
    phrase("no case here is called {name}"),
    phrase("no case with networks is called {name}"),
    phrase("no case with networks is called {name}; there are: {listed}"),
    phrase("{name} tells nothing of {at} UTC; it begins with {first} UTC"),
    phrase("{name} tells nothing of {at} UTC; it begins with {first} UTC and ends with {last}"),
    phrase("{name} has no state {state} any more; ask the page anew"),
    phrase("the map has no square {square}: 0 to {most} are its levels"),
    # Names and holders.
    phrase(
        "no resolutions at hand: ingest names with their addresses (overblock ingest names_csv "
        "FILE), or give --names FILE"
    ),
    phrase(
        "{source}: {names} and no address; resolve first (overblock resolve), or give names with "
        "their addresses"
    ),
    phrase("by {by}: no list at hand says it; ingest {sources}"),
    phrase("by {by}: no table of holders is at hand"),
    phrase("by {by}: the tables of holders at hand have {lacks}; ingest {sources}"),
    # Words that choose.
    phrase("by={word}: one of group, {listed}"),
    phrase("by={word} is none of the splits"),
    phrase("by {word}: lines are parted by {listed}"),
    phrase("sort {word}: decisions are sorted by {listed}"),
    phrase("sign={word}: one of {listed}"),
    phrase("columns={word}: networks or days"),
    phrase("{word}: by hour or day"),
    phrase("{word} is no country: write two letters, as RU"),
    phrase("{word} is no network: write AS12389"),
    phrase("page {word} is no number"),
    phrase("page {number}: from 1 to {most}"),
    phrase("give register= or case=, not both"),
    phrase("a chart's scale is linear or log, its theme is light or dark"),
    phrase("the theme of a chart is light or dark"),
    phrase("the themes of a badge are {listed}"),
    phrase("a badge is called as its register, and ends in .svg or .json"),
    phrase("a feed is called as its register, and ends in .atom"),
    phrase("{written} is no picture: write <row>.png or <row>@2x.png"),
)


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence, and whether it is in English although the reader's language is another."""

    text: str
    foreign: bool


def error_words(reader: Reader) -> Callable[[str], Said]:
    """How to say what an error says."""

    def said(told: str) -> Said:
        found = _known(told[:MOST_SIGNS]) if reader.language != "en" else None
        if found is None:
            return Said(told, foreign=reader.language != "en")
        message, values = found
        return Said(reader.say(message, **values), foreign=False)

    return said


def _known(told: str) -> tuple[str, dict[str, str]] | None:
    """The sentence that this is, and what stands in its places."""
    for message, form in _forms():
        found = form.fullmatch(told)
        if found is not None:
            return message, found.groupdict()
    return None


@cache
def _forms() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """How to know each sentence, those that say more first; places hold no line ends."""
    longest = sorted((one.message for one in SENTENCES), key=len, reverse=True)
    return tuple((message, re.compile(_form(message))) for message in longest)


def _form(message: str) -> str:
    parts = PLACE.split(message)  # text and names of places in turn
    return "".join(
        f"(?P<{part}>.+?)" if number % 2 else re.escape(part) for number, part in enumerate(parts)
    )
