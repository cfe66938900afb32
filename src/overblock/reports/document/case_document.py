"""A documented case as a report: its sections, in the order in which people ask."""

from collections.abc import Sequence
from dataclasses import dataclass

from overblock.cases.facts import CaseFacts
from overblock.custody.redaction import Redaction
from overblock.reports.case_answer import CaseReport
from overblock.reports.document.case_account import claims, fails, method, safeguards, when
from overblock.reports.document.case_figures import CaseFigures
from overblock.reports.document.case_findings import hit, minute, ordered, whose
from overblock.reports.document.parts import Document, Figure, Picture, Section, Table, phrase
from overblock.reports.document.protecting import protected


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One file that a report rests on."""

    path: str
    sha256: str
    n_bytes: int


@dataclass(frozen=True, slots=True)
class Found:
    """What a report shows beside the answer itself."""

    pictures: Sequence[Picture]  # placed by their names
    inputs: Sequence[Input]
    left_out: Sequence[Redaction] = ()  # to protect people


def case_document(report: CaseReport, facts: CaseFacts, found: Found) -> Document:
    """The whole report on a case."""
    case = CaseFigures(report, facts, {picture.name: picture for picture in found.pictures})
    sections = (
        Section(name="minute", title=phrase("In one minute"), blocks=tuple(minute(case))),
        Section(name="ordered", title=phrase("What was ordered"), blocks=tuple(ordered(case))),
        Section(name="whose", title=phrase("Whose it is"), blocks=tuple(whose(case))),
        Section(name="hit", title=phrase("Who else was hit"), blocks=tuple(hit(case))),
        Section(name="fails", title=phrase("Does it fail"), blocks=tuple(fails(case))),
        Section(name="when", title=phrase("When"), blocks=tuple(when(case))),
        Section(name="claims", title=phrase("What was said"), blocks=tuple(claims(case))),
        Section(
            name="safeguards",
            title=phrase("The five safeguards"),
            blocks=tuple(safeguards(case)),
        ),
        Section(
            name="method",
            title=phrase("Method, limits and counter-evidence"),
            blocks=tuple(method(case)),
        ),
        Section(
            name="provenance",
            title=phrase("Provenance"),
            blocks=(*protected(case, found.left_out), inputs_table(found.inputs)),
        ),
    )
    return Document(
        name=report.name,
        title=report.title,
        place=report.place,
        at=report.at,
        utc_offset=report.utc_offset,
        sections=sections,
    )


def inputs_table(inputs: Sequence[Input]) -> Table:
    """The files of a bundle that all else is made of."""
    rows = tuple(
        (file.path, Figure(name=f"bytes[{file.path}]", query=f"size of {file.path}",
                           value=file.n_bytes, unit="bytes"), file.sha256)
        for file in inputs
    )  # fmt: skip
    return Table(
        name="inputs",
        caption=phrase("The files that every figure here is made of"),
        columns=(phrase("file"), phrase("bytes"), phrase("SHA-256")),
        rows=rows,
    )
