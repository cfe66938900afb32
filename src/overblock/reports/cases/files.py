"""Write a documented case as a folder that anyone can open: tables, charts, the map, a page.

The folder appears whole or not at all: it is made beside its place and renamed.  A folder is
replaced only if overblock wrote it and nothing was added; with ``force`` the files are put among
the others, and none but our own is touched.
"""

import errno
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from overblock.errors import StoreFull, UsageError
from overblock.reports.cases import words as case_words
from overblock.reports.cases.answer import FORMAT, TABLES, CaseReport, table

REPORT = "report.json"
PAGE = "README.md"
MAP = "map.png"
CHARTS = ("extent", "holders", "decisions", "sectors")
NAMES = frozenset(
    {REPORT, PAGE, MAP}
    | {f"tables/{name}.{ending}" for name in TABLES for ending in ("csv", "parquet")}
    | {f"charts/{name}.svg" for name in CHARTS}
)
MARK = f'{{\n  "format": "{FORMAT}"'.encode()
DAMAGE = {errno.ENOSPC, errno.EDQUOT}


def write_case(report: CaseReport, out_dir: str | Path, *, force: bool = False) -> Path:
    """Write ``report`` to the folder ``out_dir`` and return where it is.

    Raises:
        UsageError: the place is taken by what overblock did not write, or cannot be written.
        StoreFull: the disk is full; what was there before is untouched.
    """
    place = Path(out_dir).resolve()
    ours = _is_free_or_ours(place)
    if not (ours or force):
        raise UsageError(
            f"{place} holds files that are not of an earlier report; choose another folder, "
            "or force it to put the report among them"
        )
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
        try:
            _write_all(report, beside / "new")
            _move_in(beside, place, whole=ours)
        finally:
            shutil.rmtree(beside)
    except OSError as error:
        if error.errno in DAMAGE:
            raise StoreFull(f"{place}: no space left on the disk") from error
        raise UsageError(f"{place} cannot be written: {error.strerror}") from error
    return place


def _is_free_or_ours(place: Path) -> bool:
    """Whether nothing stands there, or only what an earlier report left."""
    if not place.exists():
        return True
    if not place.is_dir():
        return False
    found = {path.relative_to(place).as_posix() for path in place.rglob("*") if not path.is_dir()}
    if not found:
        return True
    return found <= NAMES and (place / REPORT).is_file() and _is_marked(place / REPORT)


def _is_marked(path: Path) -> bool:
    with path.open("rb") as opened:
        return opened.read(len(MARK)) == MARK


def _move_in(beside: Path, place: Path, *, whole: bool) -> None:
    new, old = beside / "new", beside / "old"
    if not whole:
        for name in sorted(NAMES):
            if not (new / name).exists():
                (place / name).unlink(missing_ok=True)  # of an earlier report: not of this one
                continue
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (new / name).replace(place / name)
        return
    if place.exists():
        place.rename(old)
    try:
        new.rename(place)
    except OSError:
        if old.exists():
            old.rename(place)
        raise


def _write_all(report: CaseReport, folder: Path) -> None:
    from overblock.reports.cases.pictures import (  # noqa: PLC0415  (half a second of chart library)
        draw_all,
        map_alt,
    )

    for name in ("tables", "charts"):
        (folder / name).mkdir(parents=True)
    encoded = msgspec.json.format(msgspec.json.encode(report), indent=2)
    (folder / REPORT).write_bytes(encoded + b"\n")
    for name in TABLES:
        frame = table(report, name)
        frame.write_csv(folder / "tables" / f"{name}.csv", datetime_format="%Y-%m-%dT%H:%M:%S%.fZ")
        frame.write_parquet(folder / "tables" / f"{name}.parquet", compression="zstd")
    words, (charts, drawn_map) = [], draw_all(report)
    if report.total is not None:
        words.append((MAP, report.headline, map_alt(report)))
        (folder / MAP).write_bytes(drawn_map)
    for picture in charts:
        file = f"charts/{picture.name}.svg"
        (folder / file).write_text(picture.svg, encoding="utf-8")
        words.append((file, picture.title, picture.alt))
    (folder / PAGE).write_text(_page(report, words), encoding="utf-8")


def _page(report: CaseReport, pictures: Sequence[tuple[str, str, str]]) -> str:
    """The page to read first: the sentences to quote, the pictures in words, every verdict."""
    lines = [f"# {_plain(report.title)}", "", *map(_plain, case_words.headline(report)), ""]
    if report.difference is not None:
        lines += [_plain(case_words.difference(report.difference)), ""]
    lines += [
        f"Source: case {_plain(', '.join(filter(None, (report.name, report.source))))}.",
        f"Times with an hour are in UTC; days are those of the place, {report.utc_offset}.",
        "Listed, and reported hit, are different kinds of evidence and are never added up.",
        "",
    ]
    for file, title, alt in pictures:
        lines += [f"## {_plain(title)}", "", f"![{_plain(title)}]({file})", "", _plain(alt), ""]
    lines += _hosts(report)
    lines += ["## What was said, and what the tables say", ""]
    for claim in report.claims:
        note = f" ({claim.why})" if claim.why and claim.verdict != "untestable" else ""
        lines.append(f"* {claim.claim_id}, {_plain(case_words.told(claim))}")
        lines.append(f"  → {_plain(case_words.verdict(claim) + note)}")
    return "\n".join(lines) + "\n"


def _hosts(report: CaseReport) -> list[str]:
    """Services of which it is documented where they lived; nothing where it is of none."""
    if not report.hosts:
        return []
    told = [f"* {_plain(case_words.host(report, one))}" for one in report.hosts]
    return [
        "## Services whose host is documented",
        "",
        _plain(case_words.hosts(report)),
        "These are documented facts, not a census: most of those hit were never written down.",
        "",
        *told,
        "",
    ]


def _plain(words: str) -> str:
    """Words of a case as plain text in Markdown: no markup of theirs takes effect."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>!|#" else sign for sign in words)
