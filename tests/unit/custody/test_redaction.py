"""What must not be told is marked wherever it stands, and all else stays as it is."""

import csv
import io

import pytest

from overblock.cases.case_tables import FORMS
from overblock.cases.forms import REDACTED
from overblock.cases.private_tables import COMPLAINTS, MEASUREMENTS, RULES
from overblock.custody.marking import Marker
from overblock.custody.redaction import left_in, redact_files, redactions_in
from overblock.errors import CaseError
from overblock.reports.document.protecting import REASONS


def table(columns: list[str], **cells: str) -> bytes:
    """A table with one row; what is not given is empty."""
    written = io.StringIO()
    rows = (columns, [cells.get(name, "") for name in columns])
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue().encode()


def complaint(**cells: str) -> bytes:
    return table([field.name for field in COMPLAINTS.fields], complaint_id="C-1", **cells)


def measurement(**cells: str) -> bytes:
    return table([field.name for field in MEASUREMENTS.fields], **cells)


def knowing(**cells: str) -> Marker:
    """A marker that knows the cells, by their kinds."""
    marker = Marker()
    kinds = {rule.column: rule.kind for rule in RULES}
    for column, cell in cells.items():
        marker.learn(kinds[column], cell)
    return marker


def test_each_rule_is_of_a_column_that_there_is_and_its_reason_is_translated() -> None:
    for rule in RULES:
        assert rule.column in {field.name for field in FORMS[rule.table].fields}
        assert rule.why in REASONS


@pytest.mark.parametrize(
    ("told", "text", "left"),
    [
        ({"name": "Anna Petrova"}, "Mrs Anna  Petrova, PETROVA", "Mrs [redacted 1], [redacted 1]"),
        ({"name": "Anna Petrova"}, "Annapolis and Petrovan", "Annapolis and Petrovan"),
        ({"name": "Анна Петрова"}, "слова Анны Петровой", "слова [redacted 1]"),
        ({"name": "Иван Ли"}, "Ивану и Ли; Иван Ли", "[redacted 1] и Ли; [redacted 1]"),
        ({"organisation": "Telegram Tea"}, "Telegram; telegram tea", "Telegram; [redacted 1]"),
        ({"phone": "+7 (912) 345-67-89"}, "call 8 912 3456789 now", "call [redacted 1] now"),
        ({"phone": "345-67-89"}, "345 67 89", "[redacted 1]"),
        ({"address": "2001:db8::7"}, "at 2001:DB8:0:0:0:0:0:7.", "at [redacted 1]."),
        ({"address": "192.0.2.7"}, "192.0.2.7 of 192.0.2.70", "[redacted 1] of 192.0.2.70"),
        ({"domain": "www.shop.example"}, "https://Shop.example/x", "https://[redacted 1]/x"),
        ({"domain": "xn--e1afmkfd.xn--p1ai"}, "на пример.рф", "на [redacted 1]"),
        ({"domain": "https://shop.example/tea"}, "shop.example", "[redacted 1]"),
        ({"contact": "@tea_anna"}, "write @tea_anna", "write @[redacted 1]"),
        ({"probe_id": "1"}, "in 1 of 2", "in 1 of 2"),
        ({}, "a.b+c@mail.example and +44 20 7946 0958", "[redacted 1] and [redacted 2]"),
        ({}, "2018-04-16T21:00:00+03:00, 14,598,912 of 27-31-2018/Ид2971-18", None),
    ],
)  # fmt: skip
def test_one_thing_is_known_again_in_every_spelling(
    told: dict[str, str], text: str, left: str | None
) -> None:
    assert knowing(**told).marked(text) == (text if left is None else left)


def test_one_value_has_one_mark_in_every_file() -> None:
    """What was joined stays joined, so what can be counted can still be."""
    files = {
        "complaints.csv": complaint(name="Anna Petrova", domain="tea.example", effect="no sales"),
        "affected.csv": table(
            [field.name for field in FORMS["affected"].fields],
            service="Tea", domain="tea.example", source_url="https://a.example/tea.example",
        ),
        "claim_checks.toml": b'[a]\ncannot = "only Anna Petrova knows"\n',
        "README.md": b"Told by Anna Petrova.\n",
    }  # fmt: skip
    done = redact_files(files)
    assert b"Petrova" not in b"".join(done.values())
    assert b"tea.example" not in b"".join(done.values())
    assert done["affected.csv"].decode().splitlines()[1].startswith("Tea,[redacted 2],")
    assert done["README.md"] == b"Told by [redacted 1].\n"
    assert redact_files(done) == done
    assert [(one.file, one.column, one.values) for one in redactions_in(done)] == [
        ("README.md", None, 1),
        ("affected.csv", "domain", 1),
        ("affected.csv", "source_url", 1),
        ("claim_checks.toml", None, 1),
        ("complaints.csv", "name", 1),
        ("complaints.csv", "domain", 1),
    ]
    words = [one.words() for one in redactions_in(done)]
    assert words[0].startswith("README.md: 1 value left out: what a person or a probe is known by")
    assert words[4] == "complaints.csv, column name: 1 value left out: it says who complained"


def test_a_link_that_tells_it_in_code_leads_nowhere() -> None:
    marker = knowing(name="Анна Петрова")
    coded = "https://a.example/%D0%90%D0%BD%D0%BD%D0%B0"
    assert marker.marked_link(coded) == "https://redacted.invalid/[redacted 1]"
    assert marker.marked_link("https://a.example/%D1%83") == "https://a.example/%D1%83"


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("https://explorer.ooni.org/m/2024_x", True),
        ("https://ooni.org.evil.example/m/2024_x", False),
        ("https://[broken", False),
        ("", False),
    ],
)
def test_what_a_public_archive_holds_stays_and_addresses_never_do(link: str, *, kept: bool) -> None:
    cells = {"probe_address": "198.51.100.7", "measurement_uid": "uid-2024", "source_url": link}
    done = redact_files({"measurements.csv": measurement(probe_asn="64500", **cells)})
    told = done["measurements.csv"].decode()
    assert ("uid-2024" in told) == kept
    assert "198.51.100.7" not in told
    assert "64500" in told
    assert left_in(done) == []


def test_what_no_rule_knows_is_still_told_of() -> None:
    files = {"complaints.csv": complaint(name="Anna", email="a@b.example", effect="dark")}
    assert [(one.column, one.values) for one in left_in(files)] == [("name", 1), ("email", 1)]
    assert redactions_in(files) == []


@pytest.mark.parametrize(
    "toml",
    ['title = "\\u0041nna Petrova"\n', 'Petrova = "x"\n'],
    ids=["spelled with an escape", "a key"],
)
def test_what_cannot_be_marked_stops_it(toml: str) -> None:
    files = {"complaints.csv": complaint(name="Anna Petrova"), "case.toml": toml.encode()}
    with pytest.raises(CaseError, match=r"case\.toml"):
        redact_files(files)


def test_a_table_that_is_none_is_refused() -> None:
    with pytest.raises(CaseError, match=r"complaints\.csv is no CSV"):
        redact_files({"complaints.csv": b'a,"b'})
    with pytest.raises(CaseError, match="not UTF-8"):
        redact_files({"README.md": b"\xff"})


def test_a_mark_is_a_mark() -> None:
    assert REDACTED.fullmatch(Marker().mark("name", "anybody"))
