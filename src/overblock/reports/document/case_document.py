"""A documented case as a report: its sections, in the order in which people ask."""

from collections.abc import Sequence
from dataclasses import dataclass

from overblock.cases.facts import CaseFacts
from overblock.custody.redaction import Redaction
from overblock.reports.cases.answer import CaseReport
from overblock.reports.document.case_account import claims, fails, method, safeguards, when
from overblock.reports.document.case_audience import Compared, audiences
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
    compared: Sequence[Compared] = ()  # audiences at the case's events


def case_document(report: CaseReport, facts: CaseFacts, found: Found) -> Document:
    """The whole report on a case."""
    case = CaseFigures(report, facts, {picture.name: picture for picture in found.pictures})
    made = {
        "minute": (phrase("In one minute"), minute(case)),
        "ordered": (phrase("What was ordered"), ordered(case)),
        "whose": (phrase("Whose it is"), whose(case)),
        "hit": (phrase("Who else was hit"), hit(case)),
        "fails": (phrase("Does it fail"), fails(case)),
        "when": (phrase("When"), when(case)),
        "audience": (phrase("Did the audience change"), audiences(case, found.compared)),
        "claims": (phrase("What was said"), claims(case)),
        "safeguards": (phrase("The five safeguards"), safeguards(case)),
        "method": (phrase("Method, limits and counter-evidence"), method(case)),
        "provenance": (
            phrase("Provenance"),
            (*protected(case, found.left_out), inputs_table(found.inputs)),
        ),
    }
    sections = tuple(
        Section(name=name, title=title, blocks=tuple(blocks))
        for name, (title, blocks) in made.items()
        if name != "audience" or found.compared
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
