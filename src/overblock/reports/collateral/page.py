"""Who else is hit, as a page asks it: of a register of the observatory and the names at hand.

The figures are those of ``overblock collateral``; here is what a page needs besides: which split
it shows first, the names themselves in a list that can be searched, and one name in full.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

import msgspec
import polars as pl

from overblock.collateral.groups import GROUP
from overblock.collateral.profile import Split
from overblock.collateral.reach import REACH
from overblock.errors import UsageError
from overblock.holders.join import By
from overblock.reports.collateral.collateral import Question, names_hit
from overblock.reports.names.at_hand import categories_for, names_for, ranks_for
from overblock.reports.names.worlds import Names
from overblock.reports.registers.states import state_in_store
from overblock.reports.spreadsheets import tame
from overblock.reports.tables_at_hand import holder_table
from overblock.store import View
from overblock.tables import GAPS, LISTINGS

SPLITS: tuple[Split, ...] = ("sector", "holder", "country", "popularity", "rule")
MOST_HELD = 100_000  # names of a list; the command line gives any number
PAGE = 100


class NameHit(msgspec.Struct, frozen=True, kw_only=True):
    """One name, and how far it is hit."""

    name: str
    group: str  # bystander, target or parked
    rule: str  # why it is of that group
    reach: str  # fully, partly, not or unknown
    n_addresses: int
    n_listed: int
    n_ordered: int
    n_attached: int
    n_unknown: int
    witness_address: str | None
    hit_since: datetime | None
    sector: str | None


class NamesHitAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Some names of those that are hit."""

    register: str
    at: datetime
    snapshot: str | None  # digest of the register's newest then
    group: str | None  # asked for; null: all
    reach: str | None
    sector: str | None
    search: str | None  # a part of the name
    fits: int  # names that fit, of those held
    held: int  # names that the list was made of
    hit: int  # names that are hit in all; more than held where there are too many
    page: int
    names: list[NameHit]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldNames:
    """The names that are hit, bystanders first, as far as they are held."""

    register: str
    at: datetime
    frame: pl.DataFrame  # of the fields of `NameHit`
    hit: int
    snapshot: str | None  # digest of the register's newest then


@dataclass(frozen=True, slots=True)
class NamesSought:
    """Which of the names that are hit are asked for; null: any."""

    group: str | None = None
    reach: str | None = None
    sector: str | None = None
    search: str | None = None  # a part of the name


def question_of(view: View, register: str, at: datetime, by: Split = "group") -> Question:
    """The question that ``overblock collateral REGISTER`` asks.

    Raises:
        UnknownRegister: the observatory has no such register.
        NoSnapshot: it has none at or before that moment.
        MissingNames: there are no resolutions.
        MissingHolders: nothing at hand says whose addresses are.
    """
    state = state_in_store(view, register, at)
    holders = None
    if by in {"holder", "country"}:
        holders = holder_table(view, at, cast("By", by))
    return Question(
        state=state,
        at=at,
        names=Names(names_for(view, at)),
        by=by,
        holders=holders,
        categories=categories_for(view, at) if by == "sector" else [],
        ranks=ranks_for(view, at),
    )


def split_of(view: View, at: datetime, asked: str) -> Split:
    """How names are split: as asked, else by what is at hand that says most.

    Raises:
        UsageError: there is no such split.
    """
    if asked == "group" or asked in SPLITS:
        return cast("Split", asked)
    if asked:
        raise UsageError(f"by={asked[:20]!r}: one of group, {', '.join(SPLITS)}")
    if categories_for(view, at):
        return "sector"
    return "popularity" if ranks_for(view, at) else "holder"


def hold_names(view: View, register: str, at: datetime) -> HeldNames:
    """The names that are hit, to be searched."""
    split: Split = "sector" if categories_for(view, at) else "group"
    question = question_of(view, register, at, split)
    history = view.read(LISTINGS, register), view.read(GAPS, register)
    frames: list[pl.DataFrame] = []
    hit, room = 0, MOST_HELD
    for frame in names_hit(question, "hit", history):
        hit += len(frame)
        frames.append(plain_rows(frame).sort("group", "reach", "name").head(room))
        room -= len(frames[-1])
    return HeldNames(
        register=register,
        at=at,
        frame=pl.concat(frames).sort("group", "reach", "name"),
        hit=hit,
        snapshot=question.state.snapshot.digest,
    )


def search_names(
    held: HeldNames, sought: NamesSought, *, page: int = 1, size: int = PAGE
) -> NamesHitAnswer:
    """Of the names held those that fit, a page of them."""
    fits = _fitting(held, sought)
    return NamesHitAnswer(
        register=held.register,
        at=held.at,
        snapshot=held.snapshot,
        group=sought.group,
        reach=sought.reach,
        sector=sought.sector,
        search=sought.search,
        fits=len(fits),
        held=len(held.frame),
        hit=held.hit,
        page=page,
        names=name_hits(fits.slice(size * (page - 1), size)),
    )


def names_text(held: HeldNames, sought: NamesSought) -> str:
    """All names that fit, as CSV that no spreadsheet runs."""
    rows = _fitting(held, sought).with_columns(
        pl.col("group", "reach").cast(pl.String),
        pl.col("hit_since").dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    return tame(rows).write_csv()


def _fitting(held: HeldNames, sought: NamesSought) -> pl.DataFrame:
    fits = held.frame
    for column in ("group", "reach", "sector"):
        wanted = getattr(sought, column)
        if wanted is not None:
            fits = fits.filter(pl.col(column).cast(pl.String) == wanted)
    if sought.search:
        fits = fits.filter(pl.col("name").str.contains(sought.search.lower(), literal=True))
    return fits


def plain_rows(frame: pl.DataFrame) -> pl.DataFrame:
    """Names of `overblock.reports.collateral.collateral.names_hit`, as the fields of `NameHit`."""
    sector = (
        pl.col("sector").cast(pl.String) if "sector" in frame.columns else pl.lit(None, pl.String)
    )
    return frame.with_columns(
        pl.col("group").cast(GROUP),
        pl.col("reach").cast(REACH),
        pl.col("rule").cast(pl.String),
        sector=sector,
    ).select(NameHit.__struct_fields__)


def name_hits(frame: pl.DataFrame) -> list[NameHit]:
    """The rows of such a frame."""
    return [NameHit(**row) for row in frame.to_dicts()]
