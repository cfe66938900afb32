"""What ``overblock collateral`` does once its words are read; imports the array libraries."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar, cast

import click
import polars as pl
from rich.console import Console
from rich.table import Table

from overblock.cli import _tables
from overblock.cli._columns import rows_of
from overblock.cli._files import STDIN, is_file, state_of
from overblock.cli._frames import write_frames
from overblock.cli._names import canonical_targets, names_of
from overblock.cli._options import Render, open_if_there
from overblock.cli._progress import progress
from overblock.cli._text import counted, plain
from overblock.collateral.groups import GROUPS
from overblock.collateral.profile import Split
from overblock.collateral.reach import REACHES
from overblock.errors import UnknownRegister, UsageError
from overblock.holders.join import By
from overblock.reports.collateral.answer import (
    CollateralAnswer,
    CollateralSeries,
    Figure,
    NamesFacts,
    SeriesPoint,
)
from overblock.reports.collateral.collateral import (
    HIT,
    Question,
    Wanted,
    collateral,
    collateral_over_time,
    names_hit,
)
from overblock.reports.collateral.observed import ObservedCollateral
from overblock.reports.names.at_hand import categories_for, ranks_for
from overblock.reports.registers.states import State, state_in_store
from overblock.reports.tables_at_hand import holder_table
from overblock.store import View
from overblock.tables import GAPS, LISTINGS

Answer = TypeVar("Answer")
History = tuple[pl.DataFrame, pl.DataFrame]
WORDS = {"fully": "fully", "partly": "partly", "not": "not hit", "unknown": "unknown"}
DAY = 86_400.0  # seconds
MOST_LISTED = 100_000  # names held to be printed or told as JSON; csv and parquet have all


@dataclass(frozen=True, slots=True)
class Asked:
    """The words of one call."""

    register: str
    at: datetime
    files: tuple[str, ...]
    targets: tuple[str, ...]
    by: str
    source: str | None
    store: Path

    def answer(self, question: Callable[[Question, History | None], Answer]) -> Answer:
        """Answer of a file, or of one view of the observatory.

        Raises:
            UsageError: both the register and the names shall come from stdin.
            UnknownRegister: the register is neither a file nor in an observatory.
        """
        if self.register == STDIN and STDIN in self.files:
            raise UsageError("the register and the names cannot both come from stdin")
        there = open_if_there(self.store)
        if is_file(self.register):
            state = state_of(self.register, self.source)
            at = state.snapshot.published_at or self.at
            with watched() as watch:
                view = there.view() if there else None
                return question(self.question(view, state, at, watch), None)
        if there is None:
            raise UnknownRegister(
                f"{self.register!r} is no file, and there is no observatory at {self.store}"
            )

        def ask(view: View) -> Answer:
            state = state_in_store(view, self.register, self.at)
            history = view.read(LISTINGS, self.register), view.read(GAPS, self.register)
            with watched() as watch:
                return question(self.question(view, state, self.at, watch), history)

        return there.ask(ask)

    def question(
        self, view: View | None, state: State, at: datetime, watch: Callable[[int], None]
    ) -> Question:
        """What is asked of a state: of which names, split by what."""
        holders = None
        if self.by in {"holder", "country"}:
            holders = holder_table(view, at, cast("By", self.by))
        return Question(
            state=state,
            at=at,
            names=names_of(view, self.files, at),
            by=cast("Split", self.by),
            targets=canonical_targets(self.targets),
            holders=holders,
            categories=categories_for(view, at) if self.by == "sector" else [],
            ranks=ranks_for(view, at),
            watch=watch,
        )


@contextmanager
def watched() -> Iterator[Callable[[int], None]]:
    """Who is told of the names as they are counted."""
    with progress("counting names", quiet=False, things="names") as told:
        yield lambda n_names: told(n_names, 0, None)


def at_once(asked: Asked, wanted: str | None, top: int, render: Render) -> None:
    """Figures for a moment; or with ``wanted``, and in rows, the names themselves."""
    some = cast("Wanted", wanted or "hit")
    if render.form in {"csv", "parquet"}:
        form = render.form
        asked.answer(lambda question, past: write_frames(form, names_hit(question, some, past)))
        return
    if wanted is None:
        answer = asked.answer(lambda question, _: collateral(question))
        render(answer, tuple, lambda: show(answer, top))
        return
    found = asked.answer(lambda question, past: held(names_hit(question, some, past)))
    list_names(found, top, render)


def held(frames: Iterable[pl.DataFrame]) -> list[tuple[int, pl.DataFrame]]:
    """Of each frame of names as many as can be printed, and how many there are."""
    return [(len(frame), frame.head(MOST_LISTED)) for frame in frames]


def list_names(found: Sequence[tuple[int, pl.DataFrame]], top: int, render: Render) -> None:
    """Print names that are `held`.

    Raises:
        UsageError: they are too many for one JSON.
    """
    names, in_all = pl.concat([frame for _, frame in found]), sum(n for n, _ in found)
    if render.form == "json" and in_all > MOST_LISTED:
        raise UsageError(f"{in_all:,} names are too many for JSON: --format csv or parquet")
    render(names.to_dicts(), tuple, lambda: _show_names(names, in_all, top))


def over_time(asked: Asked, begins: datetime | None, top: int, render: Render) -> None:
    """How many names were hit, at every change."""

    def ask(question: Question, past: History | None) -> CollateralSeries:
        if past is None:
            raise UsageError(f"{asked.register} is one file: it has no history")
        return collateral_over_time(question, past, begins)

    series = asked.answer(ask)
    first = {"register": series.register}
    render(
        series,
        lambda: rows_of(SeriesPoint, series.points, first=first),
        lambda: _show_series(series, top),
    )


def show(answer: CollateralAnswer, top: int) -> None:
    """Print totals, the groups, and the split that was asked for."""
    console = _tables.console()
    console.print(f"[bold]{plain(answer.register)}[/bold] at {answer.at:%Y-%m-%d %H:%M} UTC")
    console.print(_tables.snapshot_line(answer.snapshot))
    ipv4, ipv6 = answer.ipv4, answer.ipv6
    console.print(
        f"{ipv4.all:,} IPv4 addresses listed (union): {ipv4.ordered:,} ordered, "
        f"{ipv4.attached:,} attached; IPv6: {ipv6.prefixes:,} prefixes"
    )
    if answer.unconfirmed_ipv4:
        console.print(
            f"{answer.unconfirmed_ipv4:,} more were listed before the register last fell silent "
            "and have not been seen since: names on them count as not hit"
        )
    if answer.silent:
        console.print(
            f"the register said nothing from {answer.silent.silent_from:%Y-%m-%d %H:%M} UTC on"
        )
    console.print(names_line(answer.names), markup=False)
    console.print("exposed, not measured: listed is where they live, not whether they failed")
    totals = answer.totals
    console.print(
        f"\n[bold]{totals.bystanders_hit:,} of {totals.bystanders:,} bystanders are hit[/bold] "
        f"({_tables.share(totals.bystanders_hit_share) or 'no bystanders'})"
        f"{unknown_of(answer.groups)}"
    )
    console.print(_kinds(answer.groups))
    console.print(group_table(answer.groups))
    print_split(console, answer, top)


def print_split(console: Console, answer: CollateralAnswer | ObservedCollateral, top: int) -> None:
    """Print the split, where one was asked for."""
    if answer.split:
        console.print()
        console.print(_split_table(answer, top))


def names_line(names: NamesFacts) -> str:
    """Which names figures rest on, in one line."""
    living = f"{names.n_pairs:,} address{'es' if names.n_pairs != 1 else ''}"
    told = f"{counted(names.n_names, 'name')} with {living}, by {plain(names.source)}"
    if names.n_rejects:
        told += f" ({counted(names.n_rejects, 'record')} rejected)"
    if names.age is None:
        return f"{told}; nobody said when they were resolved"
    days = counted(round(abs(names.age) / DAY), "day")
    age = f"{days} {'before' if names.age >= 0 else 'after'} that moment"
    if names.oldest is None or names.newest is None:
        return f"{told}; the file is of {names.dated_at:%Y-%m-%d}, {age}"
    span = f"{names.oldest:%Y-%m-%d}"
    if names.newest.date() != names.oldest.date():
        span += f" to {names.newest:%Y-%m-%d}"
    return f"{told}; resolved {span}, {age}"


def unknown_of(groups: list[Figure]) -> str:
    """How many bystanders nobody can say anything of, where there are any."""
    n_unknown = sum(
        one.count for one in groups if (one.group, one.reach) == ("bystander", "unknown")
    )
    return f"; of {n_unknown:,} no address is known" if n_unknown else ""


def _kinds(groups: list[Figure]) -> str:
    """How the bystanders are hit: an order of addresses, or one against somebody else's name."""
    hit = [one for one in groups if one.group == "bystander" and one.reach in HIT]
    ordered, attached = (
        sum(getattr(one, kind) for one in hit) for kind in ("count_ordered", "count_attached")
    )
    return (
        f"{ordered:,} on ordered addresses, {attached:,} on attached ones (some on both), "
        "IPv4 and IPv6 together"
    )


def group_table(groups: list[Figure], words: Mapping[str, str] = WORDS) -> Table:
    """Names by group and reach, and all of them."""
    cells = {(figure.group, figure.reach): figure for figure in groups}
    lines: list[list[object]] = []
    for group in GROUPS:
        figures = [cells[group, reach] for reach in REACHES]
        hit = [figure for figure in figures if figure.reach in HIT and figure.count]
        lines.append([
            f"{group}s" if group != "parked" else "parked or dead",
            *(figure.count for figure in figures),
            figures[0].denominator,
            _witness(hit[0]) if hit else "",
        ])  # fmt: skip
    sums = [sum(cells[group, reach].count for group in GROUPS) for reach in REACHES]
    lines.append(["all", *sums, sum(sums), ""])
    columns = ["names", *(f"#{words[reach]}" for reach in REACHES), "#all", "for instance"]
    return _tables.table(columns, lines)


def _split_table(answer: CollateralAnswer | ObservedCollateral, top: int) -> Table:
    """Bystanders only: what was meant, or serves nobody, is no harm to tell by holder.

    A rule is of one group, so by rule all are shown.
    """
    keys: dict[str | None, dict[str, Figure]] = {}
    for figure in answer.split:
        if figure.group == "bystander" or answer.by == "rule":
            keys.setdefault(figure.key, {})[figure.reach] = figure
    lines = []
    for key, figures in list(keys.items())[: top or None]:
        fully, partly = (figures[reach].count if reach in figures else 0 for reach in HIT)
        all_of_key = next(iter(figures.values())).denominator
        hit = [figures[reach] for reach in HIT if reach in figures]
        lines.append([
            _key(answer.by, key),
            fully,
            partly,
            all_of_key,
            _tables.share((fully + partly) / all_of_key),
            _witness(hit[0]) if hit else "",
        ])  # fmt: skip
    title = f"{'names' if answer.by == 'rule' else 'bystanders'} by {answer.by}"
    if answer.split_from:
        title += f" (by {plain(answer.split_from)})"
    columns = [answer.by, "#fully", "#partly", "#of", "#hit", "for instance"]
    left = len(keys) - len(lines)
    return _tables.table(columns, lines, title + (f", {left:,} more" if left else ""))


def _key(by: str, key: str | None) -> str:
    if key is None:
        return "unknown"
    return f"top {int(key):,}" if by == "popularity" else key


def _witness(figure: Figure) -> str:
    if figure.witness is None:
        return ""
    return f"{figure.witness} ({figure.witness_address or 'no address'})"


def _show_names(names: pl.DataFrame, in_all: int, top: int) -> None:
    shown = names.head(top) if top else names
    counted_in = "n_listed" if "n_listed" in names.columns else "n_observed"
    since = ["since (UTC), at the latest"] if "hit_since" in names.columns else []
    lines = [
        [
            row["name"],
            row["group"],
            WORDS[row["reach"]],
            f"{row[counted_in]} of {row['n_addresses']}",
            row["witness_address"] or "",
            *([f"{row['hit_since']:%Y-%m-%d %H:%M}" if row["hit_since"] else ""] if since else []),
            row["rule"],
        ]
        for row in shown.iter_rows(named=True)
    ]
    head = "#listed" if counted_in == "n_listed" else "#blocked"
    columns = ["/name", "group", "hit", head, "=address", *since, "rule"]
    _tables.console().print(_tables.table(columns, lines))
    if left := in_all - len(shown):
        click.echo(f"… and {left:,} more (--format csv has all)")


def _show_series(series: CollateralSeries, top: int) -> None:
    console = _tables.console()
    console.print(f"[bold]{plain(series.register)}[/bold]: names hit, at every change")
    console.print(names_line(series.names), markup=False)
    bystanders = [point for point in series.points if point.group == "bystander"]
    console.print(f"bystanders, of {series.denominators['bystander']:,}; exposed, not measured")
    step = max(1, -(-len(bystanders) // top)) if top else 1
    shown = [*bystanders[:-1:step], *bystanders[-1:]]
    most = max((point.fully + point.partly for point in bystanders), default=0)
    lines = [
        [point.at, point.fully, point.partly, _tables.bar(point.fully + point.partly, most, 40)]
        for point in shown
    ]
    console.print(_tables.table(["at (UTC)", "#fully", "#partly", ""], lines))
    if len(shown) < len(bystanders):
        click.echo(f"{len(shown):,} of {len(bystanders):,} changes (--format csv has all)")
