"""Leave out of a case what tells who complained or whose probe it was, and say what was left out.

What the rules of `overblock.cases.private_tables` name becomes a mark, and so does the same
wherever else it is told: in other tables, in the case's own words.  One value has one mark in all
files, so that what was joined stays joined and every figure that can be computed still can.  Mail
addresses and phone numbers are marked whosever they are.

All is done to the inputs, before anything is made of them: a page, a chart or a PDF cannot show
what it was never given.  Networks and addresses that an order lists stay: they are public, and
say nothing of who complained.
"""

import csv
import io
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from overblock.cases.case_tables import FORMS
from overblock.cases.forms import REDACTED, Form, read_link, read_text
from overblock.cases.private_tables import PUBLIC_ARCHIVES, RULES, Rule
from overblock.custody.marking import Marker
from overblock.errors import CaseError

WHY_ELSEWHERE = "what a person or a probe is known by stood there too"
NOTHING = "nothing was left out: no field here tells of a complainant or a probe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """Cells of one column, or places in one file, that were left out."""

    file: str
    column: str | None  # None: anywhere in the file
    values: int
    why: str

    def words(self) -> str:
        """In one line, as the manifest tells it."""
        where = f"{self.file}, column {self.column}" if self.column else self.file
        some = "value" if self.values == 1 else "values"
        return f"{where}: {self.values} {some} left out: {self.why}"


def redact_files(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of a case, by their names, without what tells of people.

    Raises:
        CaseError: a file is not of its form, or tells of somebody in a way that cannot be marked.
    """
    texts = {name: _text(raw, name) for name, raw in files.items()}
    forms = _forms(texts)
    tables = {name: _rows(texts[name], name) for name in forms}
    marker = Marker()
    for name, form in forms.items():
        for rule, cell in _told(form, tables[name]):
            marker.learn(rule.kind, cell)
    done = {}
    for name, text in texts.items():
        if name in forms:
            done[name] = _written(_redacted(forms[name], tables[name], marker)).encode()
            continue
        marked = marker.marked(text)
        if name.endswith(".toml"):
            _check_toml(marked, name, marker)
        done[name] = marked.encode()
    return done


def redactions_in(files: Mapping[str, bytes]) -> list[Redaction]:
    """What is left out of the files of a case, told by the marks in them."""
    found: list[Redaction] = []
    texts = {name: _text(raw, name) for name, raw in sorted(files.items())}
    forms = _forms(texts)
    for name, text in texts.items():
        if name in forms:
            found += _marked_columns(forms[name], _rows(text, name))
        elif marks := len(REDACTED.findall(text)):
            found.append(_elsewhere(name, None, marks))
    return found


def left_in(files: Mapping[str, bytes]) -> list[Redaction]:
    """What still tells of people in the files of a case: nothing where they are redacted."""
    texts = {name: _text(raw, name) for name, raw in sorted(files.items())}
    counted: Counter[Rule] = Counter()
    for name, form in _forms(texts).items():
        counted.update(rule for rule, _ in _told(form, _rows(texts[name], name)))
    return [
        Redaction(file=f"{rule.table}.csv", column=rule.column, values=number, why=rule.why)
        for rule, number in counted.items()
    ]


def _marked_columns(form: Form, rows: Sequence[Sequence[str]]) -> Iterator[Redaction]:
    names = _names(form)
    counted = Counter(
        column
        for row in rows[1:]
        for column, cell in zip(names, row, strict=False)
        if REDACTED.search(cell)
    )
    whys = {rule.column: rule.why for rule in _rules(form)}
    for column in (name for name in names if counted[name]):
        why = whys.get(column, WHY_ELSEWHERE)
        yield Redaction(file=form.file, column=column, values=counted[column], why=why)


def _told(form: Form, rows: Sequence[Sequence[str]]) -> Iterator[tuple[Rule, str]]:
    """The cells of a table that tell of people."""
    names = _names(form)
    for row in rows[1:]:
        cells = dict(zip(names, row, strict=False))
        for rule in _rules(form):
            cell = cells.get(rule.column, "")
            if _tells(rule, cell, cells):
                yield rule, cell


def _redacted(form: Form, rows: Sequence[Sequence[str]], marker: Marker) -> Iterator[Sequence[str]]:
    names, rules = _names(form), {rule.column: rule for rule in _rules(form)}
    reads = {one.name: one.read for one in form.fields}
    yield from rows[:1]
    for row in rows[1:]:
        cells = dict(zip(names, row, strict=False))
        done = []
        for name, cell in cells.items():
            rule = rules.get(name)
            if rule is not None and _tells(rule, cell, cells):
                done.append(marker.mark(rule.kind, cell))
            elif reads[name] is read_link:
                done.append(marker.marked_link(cell))
            else:
                done.append(marker.marked(cell) if reads[name] is read_text else cell)
        yield [*done, *row[len(names) :]]


def _tells(rule: Rule, cell: str, cells: Mapping[str, str]) -> bool:
    if not cell or REDACTED.fullmatch(cell):
        return False
    return not (rule.unless_public and _is_public(cells.get("source_url", "")))


def _is_public(link: str) -> bool:
    try:
        host = urlsplit(link).hostname or ""
    except ValueError:
        return False
    return any(host == archive or host.endswith(f".{archive}") for archive in PUBLIC_ARCHIVES)


def _forms(texts: Mapping[str, str]) -> dict[str, Form]:
    """The forms of the tables at hand, by their files."""
    return {form.file: form for form in FORMS.values() if form.file in texts}


def _rules(form: Form) -> list[Rule]:
    return [rule for rule in RULES if FORMS[rule.table] is form]


def _names(form: Form) -> list[str]:
    return [one.name for one in form.fields]


def _text(raw: bytes, name: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CaseError(f"{name} is not UTF-8") from None


def _rows(text: str, name: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise CaseError(f"{name} is no CSV: {error}") from None


def _written(rows: Iterator[Sequence[str]]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue()


def _elsewhere(file: str, column: str | None, values: int) -> Redaction:
    return Redaction(file=file, column=column, values=values, why=WHY_ELSEWHERE)


def _check_toml(text: str, name: str, marker: Marker) -> None:
    """What a TOML file says once it is read: an escape may spell what its text does not."""
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CaseError(f"{name}: what is left out of it is one of its keys: {error}") from None
    for said in _strings(told):
        if marker.marked(said) != said:
            raise CaseError(f"{name} spells with escapes what is to be left out; write it plainly")


def _strings(told: Any) -> Iterator[str]:  # noqa: ANN401  (what TOML holds)
    if isinstance(told, str):
        yield unicodedata.normalize("NFC", told)
    elif isinstance(told, dict):
        yield from (text for item in told.items() for part in item for text in _strings(part))
    elif isinstance(told, list):
        yield from (text for part in told for text in _strings(part))
