"""Leave out of a bundle's inputs what tells of people, and hold its manifest to that."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from overblock.custody.redaction import NOTHING, Redaction, left_in, redact_files, redactions_in
from overblock.errors import CaseError
from overblock.reports.document.subjects import CASE, case_files, lay_case


def redact_inputs(bundle: Path) -> None:
    """Redact the case that was laid into a bundle; a register file tells of nobody.

    Raises:
        CaseError: what is to be left out stands where it cannot be.
    """
    if (bundle / CASE).is_dir():
        lay_case(bundle, redact_files(case_files(bundle / CASE)))


def told_redactions(bundle: Path, *, asked: bool) -> list[str]:
    """What the manifest tells of what was left out; nothing where nobody ever asked for it."""
    files = case_files(bundle / CASE) if (bundle / CASE).is_dir() else {}
    told = [one.words() for one in redactions_in(files)]
    return told or [NOTHING] * asked


def telling_in(bundle: Path) -> list[Redaction]:
    """What in a bundle still tells of people."""
    return left_in(case_files(bundle / CASE)) if (bundle / CASE).is_dir() else []


def redaction_problems(bundle: Path, told: Sequence[str]) -> Iterator[str]:
    """Where a manifest says otherwise of what was left out than the inputs do."""
    try:
        found, telling = told_redactions(bundle, asked=bool(told)), telling_in(bundle)
    except CaseError as error:
        yield f"it cannot be told what was left out: {error}"
        return
    yield from (
        f"the manifest does not say what is left out: {line}" for line in found if line not in told
    )
    yield from (
        f"the manifest says otherwise of what is left out: {line}"
        for line in told
        if line not in found
    )
    for one in telling if told else ():
        where = f"{one.file}, column {one.column}"
        yield f"it is said to be redacted, but {where} still tells of {one.values}"
