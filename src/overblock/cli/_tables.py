"""Tables for people: fit a terminal, numbers to the right, thousands parted, hostile text tamed."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from overblock.cli._text import counted, plain
from overblock.reports.answers import SignedFacts, SnapshotFacts

BAR = "█"
PARTS = " ▏▎▍▌▋▊▉"  # eighths of a bar


def console() -> Console:
    """Where tables go: stdout, as wide as the terminal, 100 where there is none."""
    plain = Console(highlight=False, soft_wrap=False)
    return plain if plain.is_terminal else Console(highlight=False, width=100)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> Table:
    """A table; what its columns hold, the first sign of their names says.

    ``#`` numbers, right and whole; ``=`` what is useless in part, as an address or a rule: whole;
    ``/`` pages and names, which are long: folded, not cut.
    """
    made = Table(title=title or None, title_justify="left", box=None, pad_edge=False)
    for name in columns:
        made.add_column(
            name.lstrip("#=/"),
            justify="right" if name.startswith("#") else "left",
            no_wrap=name.startswith(("#", "=")),
            overflow="fold" if name.startswith("/") else "ellipsis",
        )
    for row in rows:
        made.add_row(*(cell(value) for value in row))
    return made


def cell(value: object) -> Text:
    """One value as text that cannot steer a terminal."""
    if value is None:
        return Text("unknown", style="dim")
    if isinstance(value, bool):
        return Text("yes" if value else "no")
    if isinstance(value, int):
        return Text(f"{value:,}")
    if isinstance(value, datetime):
        return Text(f"{value:%Y-%m-%d %H:%M}")
    return Text(plain(str(value)))


def share(value: float | None) -> str:
    """A share as per cent."""
    return "" if value is None else f"{100 * value:.1f} %"


def bar(value: float, most: float, width: int = 24) -> str:
    """A bar of eighths, as long as ``value`` is of ``most``."""
    eighths = round(8 * width * value / most) if most else 0
    return BAR * (eighths // 8) + (PARTS[eighths % 8].strip() if eighths % 8 else "")


def snapshot_line(facts: SnapshotFacts) -> str:
    """The snapshot that figures rest on, in one line."""
    published = f"{facts.published_at:%Y-%m-%d %H:%M} UTC" if facts.published_at else "undated"
    flags = f"; flagged {', '.join(facts.flags)}" if facts.flags else ""
    rejects = f", {facts.rejects:,} rejected" if facts.rejects else ""
    return (
        f"snapshot of {published}, {counted(facts.records, 'record')}{rejects}{flags}; "
        f"sha256 {(facts.digest or '')[:12]}{_signed(facts.signed)}"
    )


def _signed(signed: SignedFacts | None) -> str:
    """Whether the publisher itself signed it, in a few words."""
    if signed is None:
        return ""
    if signed.state != "verified":
        return f"; signature {signed.state.replace('_', ' ')}: {plain(signed.reason)}"
    return f"; signed by {plain(signed.organisation or signed.signer or 'an unnamed key')} itself"
