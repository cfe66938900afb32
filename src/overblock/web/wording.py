"""What answers say in code words, in the reader's language."""

from collections.abc import Callable

from overblock.reports.document.parts import phrase
from overblock.reports.measured.events import EventRow
from overblock.reports.sources import SourceHealth
from overblock.web.pages import Reader

DAY = 86_400
DATED = "dated; the nearest in time is used"
KNOWN = {
    "fine": phrase("fine"),
    "nothing ingested": phrase("nothing read in yet"),
    DATED: phrase("dated; the nearest in time is used"),
}


def health_words(reader: Reader) -> Callable[[SourceHealth], str]:
    """How to say the health of a source: each part of it that has words, the others as they are."""

    def told(source: SourceHealth) -> str:
        known = next((words for words in KNOWN if source.health.startswith(words)), "")
        rest = [one for one in source.health.removeprefix(known).split("; ") if one]
        begun = [reader.words(KNOWN[known])] if known else []
        return "; ".join([*begun, *(part(source, one) for one in rest)])

    def part(source: SourceHealth, one: str) -> str:
        if one.startswith("silent for ") and source.age is not None:
            days = int(source.age // DAY)
            return reader.say("silent for {days} days: no change is not no block", days=days)
        start, _, flag = one.partition(" is ")
        if start in {"newest snapshot", "newest file"} and flag:
            return reader.say("newest snapshot is flagged: {flags}", flags=flag)
        return one

    return told


CHANGES = {
    ("onset", "blocked"): phrase("blocking began"),
    ("onset", "partly"): phrase("partial blocking began"),
    ("onset", "throttled"): phrase("throttling began"),
    ("end", "blocked"): phrase("blocking ended"),
    ("end", "partly"): phrase("partial blocking ended"),
    ("end", "throttled"): phrase("throttling ended"),
}


def event_words(reader: Reader) -> Callable[[EventRow], str]:
    """How to say what an event is."""

    def told(event: EventRow) -> str:
        known = CHANGES.get((event.change, event.state))
        return reader.words(known) if known else f"{event.change}: {event.state}"

    return told
