"""The tables of docs/explanation/csv-and-xml.md: two publications of one register, side by side.

``python docs/_agreement.py`` makes them anew from the registers in ../shared (``OVERBLOCK_SHARED``
says where else); the words around them stay.  They are not made by cog, because the registers are
not in the project and reading them takes a while; a test compares the page with what they say.

Each official file is set beside the last state of the mirror that is dated at or before it, and,
so that agreement is seen to mean something, beside the one after.
"""

import os
import re
import sys
from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import polars as pl

from overblock.artefacts.git import History
from overblock.artefacts.git_commits import Commit
from overblock.artefacts.opening import open_artefacts
from overblock.reports.registers.agreement import FIELDS, LISTS, compare_entries
from overblock.sources import Reading
from overblock.sources._dump_framing import published_at
from overblock.sources.ru_dump_xml import SOURCE as XML
from overblock.sources.ru_zapret_csv import SOURCE as CSV
from overblock.sources.ru_zapret_csv import read_date_line

DOCS = Path(__file__).resolve().parent
SHARED = Path(os.environ.get("OVERBLOCK_SHARED", DOCS.parents[1] / "shared"))
PAGE = DOCS / "explanation" / "csv-and-xml.md"
MADE = re.compile(r"<!-- (\w+), made by docs/_agreement.py -->\n.*?<!-- end -->", re.DOTALL)
AROUND = timedelta(days=3)  # the mirror never stood still for longer in these months
HOUR = timedelta(hours=1)
SUMMER_TIME_ENDED = datetime(2014, 10, 26, tzinfo=UTC)  # from then on Moscow's clock was +03:00
REGULAR_MINUTE = 5  # past each hour the official file is made anew, whether it changed or not
URGENT = re.compile(rb'updateTimeUrgently="([^"]*)"')
# What the readers see through: how it stands in the mirror's bytes, and in the official file's.
SPELLINGS = {
    "semicolon_in_page": (rb"\n(?:[^;\n]*;){6,}[^;\n]*(?=\n)", rb"<url><!\[CDATA\[[^\]]*;"),
    "blank_in_number": (
        rb";(?: [^;\n]*|[^;\n]* );[0-9-]{10}\n",
        rb'<decision [^>]*number="(?: [^"]*|[^"]* )"',
    ),
    "no_page": (rb"\n[^;\n]*;[^;\n]*;;[^;\n]*;[^;\n]*;[0-9-]{10}(?=\n)", rb'blockType="domain"'),
}
HEAD = (
    "official file",
    "mirror's state",
    "which is its",
    "entries",
    "equal",
    "reordered",
    "else",
    "next state",
    "left",
    "came",
    "changed",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One publication of the register."""

    name: str
    published_at: datetime
    urgent_at: datetime | None  # what the official file gives besides
    reading: Reading
    content_key: str  # of its records: equal for files that differ only in their date
    spelt: dict[str, int]  # how often each of `SPELLINGS` stands there


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """An official file, the mirror's state of its moment, and the next one."""

    official: State
    mirror: State
    after: State
    agreement: pl.DataFrame
    agreement_after: pl.DataFrame


def pairs() -> list[Pair]:
    """Every official file with its states of the mirror, oldest first."""
    official = sorted(official_states(), key=lambda state: state.published_at)
    wanted = [state.published_at for state in official]
    with History(SHARED / "data" / "zi-2012-2015.bundle") as history:
        mirror = list(mirror_states(history, wanted))
    compared: dict[tuple[str, str], pl.DataFrame] = {}
    found = []
    for state in official:
        before = [other for other in mirror if other.published_at <= state.published_at]
        after = [other for other in mirror if other.published_at > state.published_at]
        near = max(before, key=lambda other: other.published_at)
        following = min(after, key=lambda other: other.published_at)
        for other in (near, following):
            key = state.content_key, other.content_key
            if key not in compared:
                compared[key] = compare_entries(state.reading.rows, other.reading.rows)
        found.append(
            Pair(
                official=state,
                mirror=near,
                after=following,
                agreement=compared[state.content_key, near.content_key],
                agreement_after=compared[state.content_key, following.content_key],
            )
        )
    return found


def official_states() -> Iterator[State]:
    """The official files; records that stood unchanged in several are read once."""
    archive = [str(SHARED / "data" / "ru-rkn-xml-2014-2015.tar.xz")]
    known: dict[str, tuple[Reading, dict[str, int]]] = {}
    for artefact in open_artefacts(archive, lambda name: bool(re.fullmatch(XML.files, name))):
        head, _, records = artefact.content.partition(b"<content")
        key = sha256(records).hexdigest()
        if key not in known:
            known[key] = XML.read(artefact.content), _spellings(artefact.content, 1)
        yield State(
            name=Path(artefact.name).name,
            published_at=published_at(head),
            urgent_at=datetime.fromisoformat(URGENT.findall(head)[0].decode("ascii")),
            reading=known[key][0],
            content_key=key,
            spelt=known[key][1],
        )


def mirror_states(history: History, wanted: list[datetime]) -> Iterator[State]:
    """The states of the mirror next before and next after each moment."""
    commits = [
        commit
        for commit in history.commits(lambda name: name == "dump.csv")
        if any(abs(commit.committed_at - at) < AROUND for at in wanted)
    ]
    dated = sorted(_dated(history, commits), key=lambda pair: pair[0])
    moments = [at for at, _ in dated]
    places = {bisect(moments, at) for at in wanted}
    chosen = {dated[place + step][1].oid for place in places for step in (-1, 0)}
    near = [commit for commit in commits if commit.oid in chosen]
    for version in history.read_commits(near, CSV.join):
        content = version.content or b""
        reading = CSV.read(content)
        yield State(
            name=version.commit[:10],
            published_at=reading.published_at or version.committed_at,
            urgent_at=None,
            reading=reading,
            content_key=sha256(content).hexdigest(),
            spelt=_spellings(content, 0),
        )


def _spellings(content: bytes, side: int) -> dict[str, int]:
    return {name: len(re.findall(sides[side], content)) for name, sides in SPELLINGS.items()}


def _dated(history: History, commits: list[Commit]) -> Iterator[tuple[datetime, Commit]]:
    versions = history.read_commits(commits, CSV.join)
    for commit, version in zip(commits, versions, strict=True):
        yield read_date_line((version.content or b"").partition(b"\n")[0]), commit


def dating(pair: Pair) -> str:
    """Which of the official file's two moments the mirror took for its own."""
    official, at = pair.official, pair.mirror.published_at
    late = HOUR if ahead(official) else timedelta()
    if at == official.published_at + late:
        return "`updateTime`"
    if official.urgent_at is not None and at == official.urgent_at + late:
        return "`updateTimeUrgently`" + (", an hour later" if late else "")
    regular = at.minute == REGULAR_MINUTE and official.urgent_at and at > official.urgent_at
    return "`updateTime` of an earlier hour" if regular else "neither"


def ahead(official: State) -> bool:
    """Whether an official file gives the zone that Moscow had left: it is an hour early then."""
    stated = official.urgent_at.utcoffset() if official.urgent_at else None
    return official.published_at > SUMMER_TIME_ENDED and stated == 4 * HOUR


def row(pair: Pair) -> tuple[str, ...]:
    """One pair as the page shows it."""
    now, then = (
        Counter(told["outcome"].to_list()) for told in (pair.agreement, pair.agreement_after)
    )
    official = pair.official
    return (
        f"{official.published_at:%Y-%m-%d %H:%M}" + (" (!)" if ahead(official) else ""),
        f"{pair.mirror.published_at:%Y-%m-%d %H:%M}",
        dating(pair),
        f"{len(official.reading.rows):,}",
        f"{now['same'] + now['reordered']:,}",
        f"{now['reordered']:,}",
        f"{now['differs'] + now['only_first'] + now['only_second']:,}",
        f"{pair.after.published_at:%Y-%m-%d %H:%M}",
        f"{then['only_first']:,}",
        f"{then['only_second']:,}",
        f"{then['differs']:,}",
    )


def agreement(found: list[Pair]) -> str:
    """The table of all pairs."""
    return grid(HEAD, map(row, found))


def spellings(found: list[Pair]) -> str:
    """How often each difference in spelling was met, in either publication."""
    orders = Counter(
        fields
        for pair in found
        for fields in pair.agreement.filter(pl.col("outcome") == "reordered")["fields"].list.join(
            " and "
        )
    )
    rows = [
        (f"order of {fields.replace('urls', 'pages')}", f"sorted: {n:,}", "as entered")
        for fields, n in sorted(orders.items())
    ]
    for name in SPELLINGS:
        mirror, official = (
            sum(state.spelt[name] for state in states)
            for states in ([pair.mirror for pair in found], [pair.official for pair in found])
        )
        rows.append((name.replace("_", " "), f"{mirror:,}", f"{official:,}"))
    for name, count in (("several pages", _with_pages), ("repeats another entry", _repeated)):
        mirror, official = (
            sum(count(state.reading.rows) for state in states)
            for states in ([pair.mirror for pair in found], [pair.official for pair in found])
        )
        rows.append((name, f"{mirror:,}", f"{official:,}"))
    return grid(("spelling", "mirror", "official"), rows)


def _with_pages(entries: pl.DataFrame) -> int:
    """Entries that list more than one page."""
    return entries.filter(pl.col("urls").list.len() > 1).height


def _repeated(entries: pl.DataFrame) -> int:
    """Entries that say what an earlier one of the same state says."""
    said = entries.select(pl.col(name).list.sort() if name in LISTS else name for name in FIELDS)
    return len(said) - said.n_unique()


def grid(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def page_with(found: list[Pair], page: str) -> str:
    """The page with its made parts replaced."""
    made = {"agreement": agreement, "spellings": spellings}

    def fresh(place: re.Match[str]) -> str:
        begin = place[0].partition("\n")[0]
        return f"{begin}\n\n{made[place[1]](found)}\n<!-- end -->"

    return MADE.sub(fresh, page)


def residue(found: list[Pair]) -> list[str]:
    """What is equal in neither spelling: nothing, or each such entry."""
    return [
        f"{pair.official.name} against {pair.mirror.name}: {left}"
        for pair in found
        for left in pair.agreement.filter(~pl.col("outcome").is_in(["same", "reordered"])).rows()
    ]


def main() -> None:
    """Write the page; what does not agree goes to stderr."""
    found = pairs()
    PAGE.write_text(page_with(found, PAGE.read_text("utf-8")), "utf-8")
    sys.stderr.writelines(f"{line}\n" for line in residue(found))


if __name__ == "__main__":
    main()
