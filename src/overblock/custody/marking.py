"""Marks in the place of what must not be told, wherever and however it is spelled.

One value has one mark: ``[redacted 3]``.  A phone number is the same with other signs between its
digits, an address in another notation, a name in another case of the Russian language.  Where this
cannot be told, too much is left out rather than too little.
"""

import ipaddress
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from overblock.cases.forms import REDACTED
from overblock.cases.private_tables import Kind
from overblock.names.canonical import canonical_name

SHORTEST_PART = 4  # letters of a part of a name that is looked for by itself
SHORTEST = 3  # signs of what is looked for at all
SAME_DIGITS = 7  # at the end of a number; before them stand codes that may be left out
NOWHERE = "https://redacted.invalid/"  # RFC 6761: an address that leads nowhere
MAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@(?:[\w-]+\.)+\w{2,}")
PHONE = re.compile(
    r"(?<![\w.])(?:\+[1-9]\d{0,2}|8(?=[ (-]*9))[ (-]*\d(?:[ ()-]{0,2}\d){7,12}(?!\w)"
)
BETWEEN = r"[ ().-]{0,2}"  # the digits of a phone number
CODES = r"(?:\+?\(?\d[\d ().-]{0,12})?"  # before those that are the same in every spelling
ADDRESS = re.compile(
    r"(?<![\w:.])(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:]+(?:\.\d{1,3}){0,3})(?![\w:])"
)
TOKENS = re.compile(rf"{REDACTED.pattern}|(?<!\w)\w+")
CYRILLIC = r"[\u0430-\u044f\u0451]"
RUSSIAN = re.compile(CYRILLIC + "{4,}", re.IGNORECASE)
RUSSIAN_ENDING = re.compile(  # vowels, the short i and the soft sign
    r"[\u0430\u044f\u043e\u0435\u0451\u0438\u044b\u0439\u044c\u0443\u044e]+$", re.IGNORECASE
)


@dataclass(slots=True, kw_only=True)
class Marker:
    """What must not be told, and the mark of each; numbers are in the order of first occurrence."""

    _numbers: dict[tuple[str, str], int] = field(default_factory=dict)  # by kind and canonical form
    _words: dict[str, list[tuple[re.Pattern[str], int]]] = field(default_factory=dict)
    _known: set[str] = field(default_factory=set)
    _phones: dict[str, None] = field(default_factory=dict)  # their last digits

    def learn(self, kind: Kind, cell: str) -> None:
        """Know a value from now on; its spellings are kept by their first letters."""
        number = self._number(kind, cell)
        if kind == "phone" and len(last := _canonical(kind, cell)) == SAME_DIGITS:
            self._phones[last] = None
        for spelling in _spellings(kind, cell):
            plain = re.sub(r"^\W+", "", spelling)
            if len(plain) < SHORTEST or plain in self._known:
                continue
            self._known.add(plain)
            found = self._words.setdefault(_key(plain), [])
            found.append((_pattern(plain, inflected=kind == "name"), number))
            found.sort(key=lambda pair: -len(pair[0].pattern))

    def mark(self, kind: Kind, cell: str) -> str:
        """What stands in the place of a whole cell."""
        return f"[redacted {self._number(kind, cell)}]"

    def marked(self, text: str) -> str:
        """A text without what is known, and without mail addresses and phone numbers."""
        plain = unicodedata.normalize("NFC", text)
        plain = _replaced(MAIL, plain, lambda found: self.mark("mail", found))
        plain = self._without_phones(plain)
        plain = _replaced(PHONE, plain, lambda found: self.mark("phone", found))
        plain = _replaced(ADDRESS, plain, lambda found: self._if_known("address", found))
        return self._without_words(plain)

    def marked_link(self, link: str) -> str:
        """A web address likewise; one that tells it in code leads nowhere any more."""
        plain = self.marked(link)
        decoded = unquote(plain)
        marks = REDACTED.findall(self.marked(decoded))
        return plain if marks == REDACTED.findall(decoded) else NOWHERE + marks[0]

    def _without_phones(self, text: str) -> str:
        digits = re.sub(r"\D", "", text)
        for last in self._phones if len(digits) >= SAME_DIGITS else ():
            if last in digits:
                written = re.compile(f"{CODES}{BETWEEN.join(last)}(?!\\d)")
                text = _replaced(written, text, lambda _, last=last: self.mark("phone", last))  # type: ignore[misc]  # the number of its own turn
        return text

    def _without_words(self, text: str) -> str:
        done, place = [], 0
        for token in TOKENS.finditer(text):
            if token.start() < place or token[0].startswith("["):
                continue
            for pattern, number in self._words.get(_key(token[0]), ()):
                if found := pattern.match(text, token.start()):
                    done += [text[place : token.start()], f"[redacted {number}]"]
                    place = found.end()
                    break
        return "".join([*done, text[place:]])

    def _number(self, kind: str, cell: str) -> int:
        return self._numbers.setdefault((kind, _canonical(kind, cell)), len(self._numbers) + 1)

    def _if_known(self, kind: str, written: str) -> str:
        number = self._numbers.get((kind, _canonical(kind, written)))
        return written if number is None else f"[redacted {number}]"


def _replaced(pattern: re.Pattern[str], text: str, say: Callable[[str], str]) -> str:
    """Every match said otherwise, but none within a mark."""
    whole = re.compile(f"{REDACTED.pattern}|(?P<found>{pattern.pattern})")

    def said(match: re.Match[str]) -> str:
        return say(match[0]) if match["found"] else match[0]

    return whole.sub(said, text)


def _canonical(kind: str, cell: str) -> str:
    """The form in which the same is the same."""
    plain = " ".join(unicodedata.normalize("NFKC", cell).casefold().split())
    if kind == "phone":
        return re.sub(r"\D", "", plain)[-SAME_DIGITS:]
    if kind == "address":
        try:
            return str(ipaddress.ip_address(plain))
        except ValueError:
            return plain
    return _host(plain) if kind == "domain" else plain


def _host(written: str) -> str:
    """A name as it is known, whether written alone, with www or as a page's address."""
    try:
        host = urlsplit(written).hostname if "://" in written else written
    except ValueError:
        host = written
    return (canonical_name(host or written) or written).removeprefix("www.")


def _spellings(kind: Kind, cell: str) -> Iterator[str]:
    """The ways in which a value may stand in a text; numbers and addresses have their own."""
    plain = " ".join(unicodedata.normalize("NFC", cell).split())
    if kind in {"name", "exact"}:
        yield plain
    if kind == "name":
        parts = re.findall(r"[^\W\d_]+", plain)
        yield from (part for part in parts if len(part) >= SHORTEST_PART)
    if kind == "domain":
        host = _host(plain.casefold())
        yield from (plain, host, _in_letters(host))


def _in_letters(host: str) -> str:
    """A name in punycode as people write it."""
    import idna  # noqa: PLC0415  (its tables take a while, and few names need them)

    try:
        return str(idna.decode(host))
    except idna.IDNAError:
        return host


def _key(text: str) -> str:
    """The first letters of a text, by which its spellings are kept."""
    return text[:SHORTEST].casefold()


def _pattern(word: str, *, inflected: bool) -> re.Pattern[str]:
    """A text in any case, with any space in it, and not within a longer word.

    A Russian name has an ending of its own in each case of the language.
    """
    parts = [re.escape(part) for part in word.split()]
    if inflected:
        parts = [
            RUSSIAN_ENDING.sub("", part) + CYRILLIC + "{0,3}" if RUSSIAN.fullmatch(part) else part
            for part in parts
        ]
    return re.compile(r"\s+".join(parts) + r"(?!\w)", re.IGNORECASE)
