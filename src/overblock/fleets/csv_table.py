r"""A table with columns, as spreadsheets and asset databases give it.

::

    name,public_ip,owner
    web-1,192.0.2.7,alice

Which columns hold addresses and names is told by their headings; an address column is also known
by what stands in it.  A column whose heading speaks of secrets is never looked at, and a name is
only read where a heading says that names stand there: a token can look like one.
"""

import csv
import io
import re
from collections.abc import Sequence
from itertools import islice

import polars as pl

from overblock.addresses.single import parse_one
from overblock.errors import BadAddress, SourceDrift
from overblock.fleets.items import FOUND, Inventory, read_items
from overblock.fleets.texts import text_of

FORM = "CSV"
DELIMITERS = ",;\t|"
FIRST = 20  # records by which a table is known
SEVERAL = re.compile(r"[\s,;|]+")  # parts several values in one cell
SAMPLE = 200  # records by which a column is judged
MOST_SHARE = 0.5  # of the filled cells of a column must be addresses
SECRETS = re.compile(r"pass|secret|token|credential|private_?key|api_?key|auth|cookie|comment|note")
ADDRESSES = re.compile(
    r"(?:(?:public|external|elastic|floating|private|internal|primary|wan|lan|nat|server|host)_?)*"
    r"(?:ips?|ipv4|ipv6|addr(?:ess(?:es)?)?|cidrs?|networks?|prefix(?:es)?|subnets?)"
    r"(?:_?(?:v4|v6|ips?|addr(?:ess(?:es)?)?|ranges?|blocks?|cidrs?))*"
)
NAMES = re.compile(
    r"(?:public_?)?(?:ipv[46]_?)?(?:fqdn|domains?|host_?names?|hosts?|dns|dns_?names?|sites?|urls?|"
    r"web_?sites?|records?|record_?name|domain_?names?|server_?name)"
)
LABELS = ("name", "label", "id", "instance_id", "instanceid", "resource_id", "server", "asset",
          "hostname", "host_name", "host", "instance", "vm", "title", "server_name", "vm_name",
          "instance_name", "resource_name", "display_name")  # fmt: skip


def read(raw: bytes) -> Inventory:
    """Read a table; places are ``line 7, column public_ip``.

    Raises:
        SourceDrift: no column of it holds addresses or names.
    """
    text = text_of(raw)
    records = _records(text, delimiter_of(text) or ",")
    first = records[0][1] if records else []
    has_heading = not any(_is_address(cell) for cell in first)
    names = [_key(cell) for cell in first] if has_heading else [""] * len(first)
    body = records[1:] if has_heading else records
    wanted = _wanted(names, [cells for _, cells in body[:SAMPLE]])
    if not wanted:
        raise SourceDrift("no column of the inventory holds addresses, or names under a heading")
    labels = [place for label in LABELS for place, name in enumerate(names) if name == label]
    rows = [
        (_label(cells, labels, column), value, f"line {line}, column {column + 1}")
        for line, cells in body
        for column in wanted
        if column < len(cells)
        for value in _values(cells[column])
    ]
    return read_items(FORM, pl.DataFrame(rows, FOUND, orient="row"))


def delimiter_of(text: str) -> str | None:
    """What parts the cells, if the first lines look like a table of at least two columns."""
    lines = [line for line in text[: 1 << 16].splitlines() if line.strip()]
    lines = [line for line in lines if not line.lstrip().startswith("#")]
    if not lines or "://" in lines[0].partition(" ")[0][:20]:  # a page may hold any sign
        return None
    counts = {sign: _widths(lines, sign) for sign in DELIMITERS}
    steady = [sign for sign, widths in counts.items() if min(widths) > 1]
    return max(steady, key=lambda sign: min(counts[sign]), default=None)


def _widths(lines: Sequence[str], delimiter: str) -> list[int]:
    """How many cells the first records have; a cell in quotes may go over several lines."""
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=delimiter)
    try:
        return [len(cells) for cells in islice(reader, FIRST)] or [0]
    except csv.Error:
        return [0]


def _records(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """Each record with the line on which it begins; comments and blank lines are none."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    records, begun = [], 1
    try:
        for cells in reader:
            if any(cells) and not cells[0].lstrip().startswith("#"):
                records.append((begun, [cell.strip() for cell in cells]))
            begun = reader.line_num + 1
    except csv.Error:  # what stands there may be a secret: say where, not what
        raise SourceDrift(f"line {begun} of the inventory is no record of a CSV file") from None
    return records


def _key(cell: str) -> str:
    """A heading in one form: ``Public IP`` is ``public_ip``."""
    return re.sub(r"[^a-z0-9]+", "_", cell.strip().lower()).strip("_")


def _wanted(names: Sequence[str], sample: Sequence[Sequence[str]]) -> list[int]:
    """The columns that hold addresses or names."""
    return [
        column
        for column, name in enumerate(names)
        if not SECRETS.search(name)
        and (
            ADDRESSES.fullmatch(name)
            or (NAMES.fullmatch(name) and _has_public_names(column, sample))
            or _are_addresses(column, sample)
        )
    ]


def _has_public_names(column: int, sample: Sequence[Sequence[str]]) -> bool:
    """Whether there is any name with a dot; ``web-1`` is a label and nothing that is listed."""
    return any("." in cells[column] for cells in sample if column < len(cells))


def _are_addresses(column: int, sample: Sequence[Sequence[str]]) -> bool:
    filled = [cells[column] for cells in sample if column < len(cells) and cells[column]]
    return sum(all(map(_is_address, _values(cell))) for cell in filled) > MOST_SHARE * len(filled)


def _values(cell: str) -> list[str]:
    """The values in a cell: a server may have several addresses; a page may hold any sign."""
    return [cell] if "://" in cell else SEVERAL.split(cell)


def _is_address(cell: str) -> bool:
    try:
        return parse_one(cell) is not None and ("." in cell or ":" in cell)
    except BadAddress:
        return False


def _label(cells: Sequence[str], labels: Sequence[int], column: int) -> str | None:
    """The first filled cell of those that can name the row, other than the value itself."""
    filled = (cells[place] for place in labels if place != column and place < len(cells))
    return next((cell for cell in filled if cell), None)
