"""Changes of a fleet in words: the lines of a terminal, and the message that people are sent.

What registers and inventories say is hostile text: it is cut, and what could steer is made visible.
"""

from collections import Counter
from collections.abc import Sequence
from typing import get_args

from overblock.fleets.changes import Change, ChangeKind
from overblock.reports.checks.check import is_sharp

MOST_LINES = 20  # of a message: services cut what is longer
MOST_SIGNS = 120  # of one text from outside


def title(changes: Sequence[Change]) -> str:
    """All changes in one line: ``overblock: 2 listed, 1 freed``."""
    found = Counter(change.change for change in changes)
    told = (f"{found[kind]} {said(kind)}" for kind in get_args(ChangeKind) if found[kind])
    return f"overblock: {', '.join(told)}"


def message(changes: Sequence[Change]) -> str:
    """The changes, a line each; what does not fit is counted."""
    lines = [line(change) for change in changes[:MOST_LINES]]
    left = len(changes) - MOST_LINES
    return "\n".join([*lines, f"and {left} more"] if left > 0 else lines)


def line(change: Change) -> str:
    """One change in one line."""
    because = f": {tame(change.because)}" if change.because else ""
    if change.target is None:
        doubted = change.change == "unknown"
        told = f"cannot be believed{because}" if doubted else "can be believed again"
        return f"{change.register} {told}"
    name = tame(change.target)
    label = "" if change.label in {None, change.target} else f" ({tame(change.label or '')})"
    since = f" since {change.since:%Y-%m-%d %H:%M} UTC" if change.since else ""
    if change.since and not is_sharp(change.since, change.unlisted_at):
        since = f"{since} or before"
    by = ", ".join(filter(None, [change.authority, *change.decisions[:3]]))
    order = f" by {tame(by)}" if by else ""
    was = "was " if change.change in {"freed", "unknown"} else ""
    return (
        f"{said(change.change)}: {name}{label} in {change.register}, "
        f"{was}{change.kind}{since}{order}{because}"
    )


def said(kind: ChangeKind) -> str:
    """The kind of a change as a word of a sentence."""
    return kind.replace("_", " ")


def tame(text: str) -> str:
    """Text from outside, cut, with what could steer a terminal or a reader made visible."""
    cut = text if len(text) <= MOST_SIGNS else f"{text[: MOST_SIGNS - 1]}…"
    return "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in cut)
