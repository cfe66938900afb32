"""What a report can be about, and how its inputs are laid down and read back.

A bundle is made and checked by the same code: `lay` puts the inputs into it, and whoever verifies
it reads them from there and makes the document anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Protocol

import msgspec
import polars as pl

from overblock.artefacts.limits import LIMITS
from overblock.artefacts.opening import open_artefacts
from overblock.artefacts.signatures import Signature, check_signature
from overblock.artefacts.unpacking import unpack
from overblock.cases.loading import Case, case_folder, load_case, read_facts
from overblock.cases.reading import read_bytes
from overblock.cases.times import read_moment
from overblock.cases.validation import KNOWN
from overblock.custody.redaction import redactions_in
from overblock.errors import (
    BundleError,
    CaseError,
    SourceDrift,
    SourceError,
    StoreError,
    UsageError,
)
from overblock.reports.audiences.audience import Question, audience_of_files
from overblock.reports.cases.answer import TABLES, table
from overblock.reports.cases.case import replay_case
from overblock.reports.document.case_audience import Compared
from overblock.reports.document.case_document import Found, Input, case_document
from overblock.reports.document.observatory import (
    OBSERVATORY,
    groups_table,
    subject_in_bundle,
    subject_of_register,
)
from overblock.reports.document.parts import Document, Phrase, Picture
from overblock.reports.document.register_document import RegisterFindings, register_document
from overblock.reports.document.words import Language, words_of
from overblock.reports.registers.extent import extent_at
from overblock.reports.registers.health import registers_here
from overblock.reports.registers.states import State, guess_source, state_of_file
from overblock.reports.tables_at_hand import holder_table
from overblock.sources import Source, find_source, source_names
from overblock.store import Store

CASE = "inputs/case"
REGISTER = "inputs/register"
SIGNATURE = ".sig"  # beside a file, what its publisher signed it with


class Subject(Protocol):
    """A case, a register file, or a register of an observatory."""

    @property
    def source(self) -> str:
        """Where the inputs are from."""

    def lay(self, bundle: Path) -> None:
        """Put the inputs into a bundle's folder."""

    def document(
        self, inputs: Sequence[Input], *, drawn: bool, language: Language = "en"
    ) -> Document:
        """The report; its pictures are drawn only where they are wanted.

        Its figures are the same in each language.
        """

    def tables(self) -> dict[str, pl.DataFrame]:
        """The data behind it."""


@dataclass(frozen=True, slots=True)
class CaseSubject:
    """A case in a folder."""

    folder: Path

    @property
    def source(self) -> str:
        """The case by the name that it gives itself; a folder may be called after anybody."""
        return f"case {read_facts(self.folder).name}"

    def lay(self, bundle: Path) -> None:
        """Its files, those that a case reads."""
        lay_case(bundle, case_files(self.folder))

    def document(
        self, inputs: Sequence[Input], *, drawn: bool, language: Language = "en"
    ) -> Document:
        """The case replayed."""
        case = load_case(self.folder)
        case = replace(case, facts=case.facts.said_in(language))
        report = replay_case(case)
        compared = compared_audiences(case)
        pictures: Sequence[Picture] = ()
        if drawn:
            from overblock.reports.document.pictures import (  # noqa: PLC0415  (charts load slowly)
                audience_pictures,
                case_pictures,
            )

            pictures = [
                *case_pictures(report, language),
                *audience_pictures(compared, language),
            ]
        left_out = redactions_in(case_files(self.folder))
        return case_document(report, case.facts, Found(pictures, inputs, left_out, compared))

    def tables(self) -> dict[str, pl.DataFrame]:
        """The tables of the replay."""
        case = load_case(self.folder)
        report = replay_case(case)
        return {name: table(report, name) for name in TABLES} | audience_tables(
            compared_audiences(case)
        )


@dataclass(frozen=True, kw_only=True)  # no slots: what is asked of it in each language is kept
class RegisterSubject:
    """One register file, as it was fetched."""

    name: str
    raw: bytes
    register: Source
    signature: bytes | None = None

    @property
    def source(self) -> str:
        """Its publisher."""
        return self.register.name

    def lay(self, bundle: Path) -> None:
        """The file as it was fetched, under the name of what reads it, and its signature."""
        folder = bundle / REGISTER / self.register.name
        folder.mkdir(parents=True)
        (folder / self.name).write_bytes(self.raw)
        if self.signature is not None:
            (folder / f"{self.name}{SIGNATURE}").write_bytes(self.signature)

    def document(
        self, inputs: Sequence[Input], *, drawn: bool, language: Language = "en"
    ) -> Document:
        """What it lists, under what, and whose that is."""
        return register_document(self._findings(language), inputs, drawn=drawn, language=language)

    def tables(self) -> dict[str, pl.DataFrame]:
        """All groups by decision and by holder."""
        found = self._findings()
        return {
            "decisions": groups_table(found.decisions),
            "holders": groups_table(found.holders),
        }

    def _findings(self, language: Language = "en") -> RegisterFindings:
        title = words_of(language)(Phrase(self.register.title))
        return replace(self._found, title=f"{title}, {self._found.at:%Y-%m-%d %H:%M} UTC")

    @cached_property
    def _found(self) -> RegisterFindings:
        state = self._state()
        at = state.snapshot.published_at or datetime(1970, 1, 1, tzinfo=UTC)
        return RegisterFindings(
            title=self.register.title,
            country=self.register.country or "",
            at=at,
            decisions=extent_at(state, "decision"),
            holders=extent_at(state, "holder", holder_table(None, at, "holder")),
            signature=self._signature(),
        )

    def _state(self) -> State:
        content, truncated = unpack(self.raw, self.name, LIMITS)
        return state_of_file(content, self.register, truncated=truncated)

    def _signature(self) -> Signature | None:
        if self.signature is None:
            return None
        with NamedTemporaryFile(prefix="overblock-") as file:
            file.write(unpack(self.raw, self.name, LIMITS)[0])
            file.flush()
            return check_signature(Path(file.name), self.signature)


def compared_audiences(case: Case) -> list[Compared]:
    """What the series of a case say of each of its events."""
    return [
        Compared(
            turn=turn,
            answer=audience_of_files(
                [str(case.folder)],
                Question(
                    event_at=read_moment(turn.event_at, case.zone).first,
                    service=turn.service,
                    metric=turn.metric,
                    every=turn.every,
                    changes=turn.changes,
                ),
            ),
        )
        for turn in case.facts.audiences
    ]


def audience_tables(compared: Sequence[Compared]) -> dict[str, pl.DataFrame]:
    """The series with their estimates, and their points, of all events of a case."""
    series, points = [], []
    for event, one in enumerate(compared, start=1):
        for place, told in enumerate(one.answer.series, start=1):
            row = msgspec.to_builtins(told, builtin_types=(datetime,))
            number = {"event": event, "series": place}
            points += [number | point for point in row.pop("points")]
            flat = {
                f"{name}_{part}": value
                for name in ("level", "trend", "mean")
                for part, value in (row.pop(name) or {}).items()
            }
            series.append(number | {"event_at": one.answer.event_at} | row | flat)
    frames = {"audience": series, "audience_points": points}
    return {
        name: pl.DataFrame(rows, infer_schema_length=None) for name, rows in frames.items() if rows
    }


def case_files(folder: Path) -> dict[str, bytes]:
    """The files of a case folder, those that a case reads, by their names."""
    return {
        path.name: read_bytes(folder, path.name)
        for path in sorted(folder.iterdir())
        if path.name in KNOWN and path.is_file()
    }


def lay_case(bundle: Path, files: Mapping[str, bytes]) -> None:
    """Put the files of a case into a bundle's folder, in the place of those that are there."""
    (bundle / CASE).mkdir(parents=True, exist_ok=True)
    for name, raw in files.items():
        (bundle / CASE / name).write_bytes(raw)


def subject_named(name: str, *, store: Path | None = None, at: datetime | None = None) -> Subject:
    """A bundled case, a folder of one, a register file, or a register of an observatory.

    ``at`` is the moment that a register of the observatory ``store`` is asked about; now, without
    it.

    Raises:
        NotAStore, UnknownRegister, NoSnapshot: there is no such register, or none at that moment.
        UsageError: the file does not say when it was published, so no figure of it has a date.
        CaseError: it is none of these.
    """
    path = Path(name)
    if store is not None and name in source_names() and not path.exists():
        moment = datetime.now(UTC) if at is None else at
        return subject_of_register(Store.open(store), name, moment)
    if at is not None:
        raise UsageError(f"{name} is no register of the observatory, so it has no other moments")
    if not path.is_file():
        try:
            return CaseSubject(case_folder(name))
        except CaseError as error:
            raise CaseError(f"{error}{_registers_beside(store)}") from None
    artefacts = list(open_artefacts([name], lambda _: True))
    if len(artefacts) != 1 or artefacts[0].member:
        raise UsageError(f"{name} is an archive; a report is about one register file")
    try:
        register = guess_source(artefacts[0].content)
    except SourceError as error:
        raise SourceDrift(f"{name}: {error}") from error
    beside = path.with_name(path.name + SIGNATURE)
    found = RegisterSubject(
        name=path.name,
        raw=artefacts[0].raw,
        register=register,
        signature=beside.read_bytes() if beside.is_file() else None,
    )
    if found._state().snapshot.published_at is None:  # noqa: SLF001  (of this module's own)
        raise UsageError(f"{name} does not say when it was published, so no figure has a date")
    return found


def _registers_beside(store: Path | None) -> str:
    """What else a report could have been about, for who mistyped a name."""
    try:
        known = registers_here(Store.open(store).view()) if store else []
    except StoreError:
        return ""
    return f"; registers in {store}: {', '.join(known)}" if known else ""


def subject_in(bundle: Path) -> Subject:
    """What a bundle is about, read back from its inputs.

    Raises:
        BundleError: it has no inputs that can be read.
    """
    if (bundle / CASE).is_dir():
        return CaseSubject(bundle / CASE)
    if (bundle / OBSERVATORY).is_dir():
        return subject_in_bundle(bundle)
    folders = sorted((bundle / REGISTER).glob("*")) if (bundle / REGISTER).is_dir() else []
    if len(folders) != 1:
        raise BundleError(f"{bundle} has no inputs, so no figure can be computed anew")
    files = {path.name: path for path in folders[0].iterdir() if path.is_file()}
    names = [
        name
        for name in files
        if not (name.endswith(SIGNATURE) and name.removesuffix(SIGNATURE) in files)
    ]
    if len(names) != 1:
        raise BundleError(f"{bundle}: {len(names)} register files, not one")
    signature = files.get(names[0] + SIGNATURE)
    return RegisterSubject(
        name=names[0],
        raw=files[names[0]].read_bytes(),
        register=find_source(folders[0].name),
        signature=signature.read_bytes() if signature else None,
    )
