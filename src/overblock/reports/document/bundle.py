"""A report as a bundle: a folder with page, PDF, figures, data, and the files that they rest on.

The folder appears whole or not at all.  One that is there already is replaced only if it is a
bundle and holds nothing that its manifest does not name.
"""

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from overblock import __version__
from overblock.custody import manifest as custody
from overblock.custody.keys import sign
from overblock.custody.stamps import fetch_stamp
from overblock.errors import BundleError, UsageError
from overblock.reports.document.case_document import Input
from overblock.reports.document.html import render_html
from overblock.reports.document.parts import Document
from overblock.reports.document.pdf import render_pdf
from overblock.reports.document.redacting import redact_inputs, told_redactions
from overblock.reports.document.subjects import Subject, subject_in
from overblock.reports.document.words import LANGUAGES, Language, words_of
from overblock.reports.drawing.renderer import draw_pixels
from overblock.reports.spreadsheets import tame

FORMAT = "overblock-report/1"
PNG_SCALE = 2.0
FIRST: Language = LANGUAGES[0]  # its figures have names without a language


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How a bundle is to be made."""

    languages: Sequence[Language] = LANGUAGES
    made_at: datetime
    key: Ed25519PrivateKey | None = None
    authority: str | None = None  # address of one that stamps time
    redact: bool = False  # leave out what tells who complained or whose probe it was


def write_bundle(subject: Subject, out: Path, wishes: Wishes) -> Path:
    """Write the report on a case or a register file as a bundle in the folder ``out``.

    Raises:
        UsageError: something else stands there.
        FetchFailed: the authority that should stamp it did not.
    """
    place = out.resolve()
    _check_place(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
    try:
        new = beside / "new"
        _write_all(subject, new, wishes)
        if place.exists():
            place.rename(beside / "old")
        new.rename(place)
    finally:
        shutil.rmtree(beside)
    return place


def bundle_inputs(folder: Path) -> list[Input]:
    """The inputs of a bundle, as the report names them."""
    found = sorted(path for path in (folder / "inputs").rglob("*") if path.is_file())
    return [
        Input(
            path=path.relative_to(folder).as_posix(),
            sha256=custody.digest_of(path),
            n_bytes=path.stat().st_size,
        )
        for path in found
    ]


def _check_place(place: Path) -> None:
    if not place.exists() or (place.is_dir() and not any(place.iterdir())):
        return
    try:
        told, _ = custody.read_manifest(place)
        strangers = [line for line in custody.differences(place, told) if "not in the" in line]
    except BundleError as error:
        raise UsageError(f"{place} holds files that are not a report: choose another") from error
    if strangers:
        raise UsageError(f"{place}: {strangers[0]}; a report replaces only what is its own")


def _write_all(subject: Subject, folder: Path, wishes: Wishes) -> None:
    folder.mkdir()
    subject.lay(folder)
    if wishes.redact:  # before anything is made: the rest never sees what was left out
        redact_inputs(folder)
    subject = subject_in(folder)  # as whoever verifies it will read it
    inputs = bundle_inputs(folder)
    documents = {
        language: subject.document(inputs, drawn=True, language=language)
        for language in wishes.languages
    }
    (folder / "figures").mkdir()
    for language, document in documents.items():
        page = render_html(document, language)
        (folder / f"report.{language}.html").write_text(page, encoding="utf-8")
        (folder / f"report.{language}.pdf").write_bytes(render_pdf(document, language))
        _write_pictures(document, folder / "figures", "" if language == FIRST else f".{language}")
    document = documents.get(FIRST) or next(iter(documents.values()))
    (folder / "report.json").write_bytes(_as_json(document, wishes))
    _write_data(subject.tables(), folder / "data")
    redacted = told_redactions(folder, asked=wishes.redact)
    _seal(
        document, folder, wishes, Told(inputs=inputs, publisher=subject.source, redacted=redacted)
    )


def _as_json(document: Document, wishes: Wishes) -> bytes:
    told: dict[str, Any] = {
        "format": FORMAT,
        "overblock": __version__,
        "name": document.name,
        "title": document.title,
        "at": document.at,
        "redacted": wishes.redact,
        "figures": {
            name: {
                "query": figure.query,
                "value": figure.value,
                "unit": figure.unit,
                "level": figure.level,
                "shown": {
                    language: words_of(language).figure(figure) for language in wishes.languages
                },
            }
            for name, figure in document.figures().items()
        },
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=1) + b"\n"


def _write_data(tables: Mapping[str, pl.DataFrame], folder: Path) -> None:
    folder.mkdir()
    for name, frame in tables.items():
        if frame.is_empty():
            continue
        frame.write_parquet(folder / f"{name}.parquet", compression="zstd")
        tame(frame).write_csv(folder / f"{name}.csv", datetime_format="%Y-%m-%dT%H:%M:%S%.fZ")


def _write_pictures(document: Document, folder: Path, ending: str) -> None:
    for picture in document.pictures():
        name, png = f"{picture.name}{ending}", picture.png
        if picture.svg:
            (folder / f"{name}.svg").write_text(picture.svg, encoding="utf-8")
            png = draw_pixels(picture.svg, PNG_SCALE)
        (folder / f"{name}.png").write_bytes(png)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a manifest tells of the inputs."""

    inputs: Sequence[Input]
    publisher: str
    redacted: Sequence[str]


def _seal(document: Document, folder: Path, wishes: Wishes, told: Told) -> None:
    """The manifest, and what signs and stamps it."""
    made_of = [file.sha256 for file in told.inputs]
    given = {file.path for file in told.inputs}
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    names = [path.relative_to(folder).as_posix() for path in paths]
    source = {"source": told.publisher}
    manifest = custody.Manifest(
        format=custody.FORMAT,
        overblock=__version__,
        made_at=wishes.made_at.isoformat(timespec="seconds"),
        title=document.title,
        files=[
            custody.describe(folder, name, source if name in given else {"made_of": made_of})
            for name in names
        ],
        figures={
            name: custody.Figure(
                query=figure.query, value=figure.text, unit=figure.unit, inputs=made_of
            )
            for name, figure in document.figures().items()
        },
        redacted=list(told.redacted),
    )
    raw = custody.encode_manifest(manifest)
    (folder / custody.MANIFEST).write_bytes(raw)
    if wishes.key is not None:
        (folder / custody.SIGNATURE).write_bytes(sign(raw, wishes.key))
    if wishes.authority is not None:
        (folder / custody.STAMP).write_bytes(fetch_stamp(sha256(raw).digest(), wishes.authority))
