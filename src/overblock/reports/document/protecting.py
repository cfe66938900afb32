"""What a report says of what was left out of it to protect people."""

from collections.abc import Iterator, Sequence

from overblock.custody.redaction import Redaction
from overblock.reports.document.case_figures import CaseFigures
from overblock.reports.document.parts import Block, Paragraph, Phrase, Table, phrase

_SAID = (
    phrase("it says who complained"),
    phrase("it leads to who complained"),
    phrase("its owner is on record"),
    phrase("it leads to a connection or a server; the network stays"),
    phrase("people tell in their own words who they are"),
    phrase("it leads to the letter itself"),
    phrase("it leads to a home; the network stays"),
    phrase("it names one probe"),
    phrase("it may be a router at home; the network stays"),
    phrase("it ties all measurements of one probe together"),
    phrase("it leads to the measurement with its probe"),
    phrase("what a person or a probe is known by stood there too"),
)
REASONS: dict[str, Phrase] = {said.message: said for said in _SAID}


def protected(case: CaseFigures, left_out: Sequence[Redaction]) -> Iterator[Block]:
    """What was left out to protect people; nothing where nothing was."""
    if not left_out:
        return
    yield Paragraph(
        text=phrase(
            "This copy is redacted: {values} values that tell who complained or whose probe it "
            "was are left out of every file; the mark stands for the same one everywhere.",
            values=case.number("redacted.values", sum(one.values for one in left_out), "values"),
        ),
        strong=True,
    )
    yield Table(
        name="redacted",
        caption=phrase("What was left out to protect people"),
        columns=(phrase("file"), phrase("column"), phrase("values"), phrase("why")),
        rows=tuple(
            (
                one.file,
                one.column or "",
                case.number(f"redacted[{one.file}:{one.column or ''}]", one.values, "values"),
                REASONS[one.why],
            )
            for one in left_out
        ),
    )
