"""How states, layers and changes are said and signed: never by colour alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from urllib.parse import urlencode

from overblock.reports.document.parts import Phrase, phrase
from overblock.web.pages import Reader, instant


@dataclass(frozen=True, slots=True)
class Sign:
    """A state as it is shown: a sign, a word, and what it means."""

    sign: str
    word: Phrase
    means: Phrase


STATES: Mapping[str, Sign] = MappingProxyType({
    "ok": Sign("✓", phrase("works"), phrase("fewer than one in ten fail")),
    "mixed": Sign("◐", phrase("fails at times"), phrase("one in ten or more fail")),
    "blocked": Sign("✕", phrase("blocked"), phrase("half or more fail, most of them blocked")),
    "partly": Sign("◑", phrase("partly blocked"),
                   phrase("half or more fail, most of them in part")),
    "throttled": Sign("≈", phrase("throttled"),
                      phrase("half or more fail, most of them slowed down")),
    "down": Sign("▽", phrase("down"), phrase("broken for everybody: no block")),
    "insufficient": Sign("?", phrase("nobody can say"),
                         phrase("measured, and nothing can be concluded")),
    "refused": Sign("✓", phrase("the site refuses"),
                    phrase("the site itself refuses this visitor: no block")),
    "challenged": Sign("✓", phrase("the site asks for a proof"),
                       phrase("the site wants to see a human: no block")),
})  # fmt: skip
GROUPED = 1_000  # from here on thousands are parted
KEPT = frozenset({  # of what a page was asked with, for the pages that it leads to
    *("target", "address", "test", "feature", "cc", "asn", "since", "until", "at", "by", "columns"),
    *("register", "from", "to", "q", "group", "reach", "sector", "sign"),
})  # fmt: skip
OF_CELLS = ("ok", "mixed", "blocked", "partly", "throttled", "down", "insufficient")
UNKNOWN = Sign("·", phrase("not judged"), phrase("nobody has judged it"))
CHANGES: Mapping[str, Phrase] = MappingProxyType({
    "onset": phrase("began"),
    "end": phrase("ended"),
})  # fmt: skip
FEATURES: Mapping[str, Phrase] = MappingProxyType({
    "all": phrase("as a whole"),
    "dc": phrase("servers of the program"),
    "endpoints": phrase("servers of the program"),
    "web": phrase("web version"),
    "registration": phrase("registration"),
    "chat": phrase("messages"),
    "cdn": phrase("media"),
    "sfu": phrase("calls"),
    "dns": phrase("names"),
    "tcp": phrase("connections"),
})  # fmt: skip
GAPS: Mapping[str, Phrase] = MappingProxyType({
    "no_measurements": phrase("nobody measured"),
    "no_control": phrase("nothing to compare with"),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class MeasuredWords:
    """The words of measurements in a reader's language."""

    reader: Reader

    def state(self, state: str | None) -> Sign:
        """How a state is shown; one that is not known here as what nobody has judged."""
        return STATES.get(state or "", UNKNOWN)

    def said(self, words: Phrase) -> str:
        """A phrase in the language."""
        return self.reader.words(words)

    def feature(self, feature: str) -> str:
        """A feature in words; one that has none as it is called."""
        known = FEATURES.get(feature)
        return self.reader.words(known or feature)

    def change(self, change: str) -> str:
        """What happened at an event."""
        known = CHANGES.get(change)
        return self.reader.words(known or change)

    def gap(self, kind: str) -> str:
        """Why nothing is known of a time."""
        known = GAPS.get(kind)
        return self.reader.words(known or kind)

    def share(self, part: int, whole: int) -> str:
        """A share in whole per cent; of nothing there is none."""
        return f"{100 * part / whole:.0f} %" if whole else ""

    def legend(self) -> list[Sign]:
        """Every state that a cell can have."""
        return [STATES[state] for state in OF_CELLS]

    def number(self, value: int) -> str:
        """A number as people of the language write it."""
        return str(value) if value < GROUPED else self.reader.say("{n}", n=value)

    def query(self, **values: object) -> str:
        """What a link asks, written out; what is none is left out."""
        known = {name: value for name, value in values.items() if value is not None}
        return urlencode({
            name: instant(value) if isinstance(value, datetime) else str(value)
            for name, value in known.items()
        })  # fmt: skip

    def link(self, path: str, **changes: object) -> str:
        """A page asked as this one is, but for what changes."""
        asked = {name: value for name, value in self.reader.query if name in KEPT}
        wanted = asked | changes
        return self.reader.link(
            path, **{name: value for name, value in wanted.items() if value not in {"", None}}
        )


def place_in_words(say: Callable[..., str], probe_cc: str | None, probe_asn: int | None) -> str:
    """Where it was measured: a country, a network of it, or everywhere."""
    country = probe_cc or say("unknown country")
    return country if probe_asn is None else f"{country} AS{probe_asn}"
