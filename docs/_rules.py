"""The page of the rules: each with its state, its confidence and its reason."""

from collections.abc import Iterator

from _generate import _grid
from overblock.measurements.rules import Rule
from overblock.measurements.verdicts import BOOKS, FEATURE_BOOK, SERVICE_BOOK

HEADINGS = {
    "dns": ("Names", "What the user's resolver answers."),
    "tcp": ("Connects", "Connects to the addresses of the name, on the page's own port."),
    "tls": ("Handshakes", "Handshakes for the name, with or without a certificate at their end."),
    "http": ("Pages", "The answer to the request, beside the control's."),
    "throughput": ("Transfers", "How an answer that had begun went on."),
    "all": ("The page as a whole", "What the layers come to together."),
}


def rules() -> str:
    """Every rule, in the order in which they are asked."""
    return "\n".join(_section(*each) for each in _books())


def _books() -> Iterator[tuple[str, str, tuple[Rule, ...]]]:
    for layer, book in BOOKS.items():
        yield (*HEADINGS[layer], book.rules)
    yield ("Features of services", "Messengers, Tor and tools, part by part.", FEATURE_BOOK.rules)
    yield ("Services as a whole", "What the features come to together.", SERVICE_BOOK.rules)


def _section(heading: str, words: str, found: tuple[Rule, ...]) -> str:
    rows = [
        (f"`{rule.id}`", rule.state, rule.blocked, f"{rule.confidence:.2f}", rule.because)
        for rule in found
    ]
    grid = _grid(("rule", "state", "blocked", "confidence", "because"), rows)
    return f"## {heading}\n\n{words}\n\n{grid}"
