"""The form of a case folder: its CSV files, what each column holds and how it is read.

A field reads one cell into one or more columns of a frame: a time becomes its first and last
instant, a network its first address and one past its last.  A cell that is not what its column
says stops the loading, for a case is a piece of evidence made by hand: a typing error in it is
for a person to mend, not for a program to guess around.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timezone
from typing import TypeAlias

import polars as pl

from overblock.cases.times import read_moment

Cell: TypeAlias = str | int | float | object | None
MAX_TEXT = 4096  # signs in one cell
MAX_COUNT = 2**32  # addresses: no more can be blocked
REDACTED = re.compile(r"\[redacted \d{1,6}\]")  # stands where somebody was protected
METRICS = (
    "blocked_ipv4_total",
    "blocked_ipv4_part",
    "added_ipv4",
    "released_ipv4",
    "register_copy_ipv4",
    "single_ipv4_series_level",
)
NUMBER = r"\d{1,15}(?:\.\d{1,6})?"
FIGURE = re.compile(rf"({NUMBER})(?:-({NUMBER}))?")
NO_NUMBER = re.compile(r"\d{4}-\d\d-\d\d|\d\d:\d\d(-\d\d:\d\d)?")  # a date, or hours of the day


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One column of a CSV file: how a cell is read, and the columns of the frame it fills."""

    name: str
    read: Callable[[str, timezone], tuple[Cell, ...]]  # raises ValueError with the reason
    fills: Mapping[str, pl.DataType]
    required: bool = True  # an empty cell is an error; else it fills nulls


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One CSV file of a case."""

    file: str
    key: tuple[str, ...]  # columns of the frame that no two rows share; () where rows may repeat
    fields: tuple[Field, ...]

    def schema(self) -> pl.Schema:
        """The frame's columns: the row's number in the file, then what each field fills."""
        filled = {name: kind for field in self.fields for name, kind in field.fills.items()}
        return pl.Schema({"row": pl.UInt32(), **filled})


def read_text(cell: str, _: timezone) -> tuple[Cell, ...]:
    """A text as it stands, bounded and without control signs."""
    if len(cell) > MAX_TEXT:
        raise ValueError(f"{cell[:40]!r}… is longer than {MAX_TEXT} signs")
    if not cell.isprintable():
        raise ValueError(f"{cell[:80]!r} holds control signs")
    return (cell,)


def read_link(cell: str, zone: timezone) -> tuple[Cell, ...]:
    """The address of a source: http or https, and nothing a browser would run."""
    if not cell.startswith(("https://", "http://")):
        raise ValueError(f"{cell[:80]!r} is not a web address")
    return read_text(cell, zone)


def read_network(cell: str, _: timezone) -> tuple[Cell, ...]:
    """An IPv4 network in CIDR notation, with no host bits set."""
    try:
        network = ipaddress.ip_network(cell)
    except ValueError as error:
        why = "has host bits set" if "host bits" in str(error) else "is not a network"
        raise ValueError(f"{cell[:80]!r} {why}") from None
    if network.version != 4:  # noqa: PLR2004  (the protocol's name)
        raise ValueError(f"{cell!r} is IPv6, which no case holds yet")
    first = int(network.network_address)
    return str(network), first, first + network.num_addresses


def read_time(cell: str, zone: timezone) -> tuple[Cell, ...]:
    """A time: its first instant, its last one, and which of the two the source gave."""
    moment = read_moment(cell, zone)
    return moment.first, moment.last, moment.precision


def read_count(cell: str, _: timezone) -> tuple[Cell, ...]:
    """A whole number of addresses, networks or rows."""
    if not (cell.isascii() and cell.isdigit()):
        raise ValueError(f"{cell[:80]!r} is not a whole number")
    if len(cell) > len(str(MAX_COUNT)) or int(cell) > MAX_COUNT:
        raise ValueError(f"{cell[:80]!r} is more than there are IPv4 addresses")
    return (int(cell),)


def read_figure(cell: str, _: timezone) -> tuple[Cell, ...]:
    """A published figure, ``74.7``, or a range of them, ``15-40``; a date is no number."""
    if NO_NUMBER.fullmatch(cell):
        return cell, None, None
    found = FIGURE.fullmatch(cell)
    if found is None:
        raise ValueError(f"{cell[:80]!r} is not a figure")
    low = float(found[1])
    high = low if found[2] is None else float(found[2])
    if high < low:
        raise ValueError(f"{cell!r} ends before it begins")
    return cell, low, high


def read_number(cell: str, _: timezone) -> tuple[Cell, ...]:
    """A number, with or without a fraction."""
    if re.fullmatch(rf"-?{NUMBER}", cell) is None:
        raise ValueError(f"{cell[:80]!r} is not a number")
    return (float(cell),)


def read_address(cell: str, _: timezone) -> tuple[Cell, ...]:
    """One address, IPv4 or IPv6, in canonical form."""
    try:
        return (str(ipaddress.ip_address(cell)),)
    except ValueError:
        raise ValueError(f"{cell[:80]!r} is not an address") from None


def read_own_address(cell: str, zone: timezone) -> tuple[Cell, ...]:
    """An address of a person or a probe, or the mark that it was left out."""
    return (cell,) if REDACTED.fullmatch(cell) else read_address(cell, zone)


def one_of(*known: str) -> Callable[[str, timezone], tuple[Cell, ...]]:
    """A reader of a closed list of words."""

    def read(cell: str, _: timezone) -> tuple[Cell, ...]:
        if cell not in known:
            raise ValueError(f"{cell[:80]!r} is none of {', '.join(known)}")
        return (cell,)

    return read


def text(name: str, *, fills: str | None = None, required: bool = True) -> Field:
    """A column of text."""
    return Field(name=name, read=read_text, fills={fills or name: pl.String()}, required=required)


def link(*, required: bool = True) -> Field:
    """The column that says where a row comes from."""
    fills = {"source_url": pl.String()}
    return Field(name="source_url", read=read_link, fills=fills, required=required)


def own_address(name: str) -> Field:
    """A column of addresses of people or probes, which a redacted copy does not have."""
    return Field(name=name, read=read_own_address, fills={name: pl.String()}, required=False)


def words(name: str, *known: str) -> Field:
    """A column of a closed list of words."""
    return Field(name=name, read=one_of(*known), fills={name: pl.String()})


def count(name: str, *, required: bool = True) -> Field:
    """A column of whole numbers."""
    return Field(name=name, read=read_count, fills={name: pl.Int64()}, required=required)


def number(name: str, *, required: bool = True) -> Field:
    """A column of numbers."""
    return Field(name=name, read=read_number, fills={name: pl.Float64()}, required=required)


def time(name: str, *, required: bool = True) -> Field:
    """A column of times: ``<name>_first``, ``<name>_last`` (UTC) and ``<name>_precision``."""
    instant = pl.Datetime("us", "UTC")
    fills: Mapping[str, pl.DataType] = {
        f"{name}_first": instant,
        f"{name}_last": instant,
        f"{name}_precision": pl.String(),
    }
    return Field(name=name, read=read_time, fills=fills, required=required)
