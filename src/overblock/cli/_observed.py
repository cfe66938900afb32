"""What ``overblock collateral observed`` does: names where addresses are seen to be blocked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar, cast

from overblock.cli import _tables
from overblock.cli._collateral import (
    WORDS,
    Asked,
    group_table,
    held,
    list_names,
    names_line,
    print_split,
    unknown_of,
    watched,
)
from overblock.cli._files import STDIN, content_of, is_file
from overblock.cli._frames import write_frames
from overblock.cli._options import Render, open_if_there
from overblock.cli._text import counted
from overblock.errors import NoMeasurement, NotAStore, UsageError
from overblock.reports.collateral.collateral import Question, Wanted
from overblock.reports.collateral.observed import (
    OBSERVED,
    ObservedCollateral,
    ObservedFacts,
    names_observed,
    observed_collateral,
    observed_state,
    rows_of_answer,
    rows_of_file,
)
from overblock.reports.measured.blocked_addresses import addresses_in_store
from overblock.reports.measured.events import Selection
from overblock.store import View

Answer = TypeVar("Answer")
DAY = timedelta(days=1)
SEEN = WORDS | {"not": "not seen"}


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which observed addresses: of a country, a network, from a moment on; None: any, a day."""

    probe_cc: str | None
    probe_asn: int | None
    begins: datetime | None

    @property
    def anything(self) -> bool:
        """Whether the call chooses at all."""
        return (self.probe_cc or self.probe_asn or self.begins) is not None


def at_once(asked: Asked, chosen: Chosen, wanted: str | None, top: int, render: Render) -> None:
    """Figures; or with ``wanted``, and in rows, the names themselves."""
    some = cast("Wanted", wanted or "hit")
    if render.form in {"csv", "parquet"}:
        form = render.form
        _ask(asked, chosen, lambda question, _: write_frames(form, names_observed(question, some)))
    elif wanted is not None:
        found = _ask(asked, chosen, lambda question, _: held(names_observed(question, some)))
        list_names(found, top, render)
    else:
        answer = _ask(asked, chosen, observed_collateral)
        render(answer, tuple, lambda: _show(answer, top))


def _ask(
    asked: Asked, chosen: Chosen, question: Callable[[Question, ObservedFacts], Answer]
) -> Answer:
    """Ask of a file that `events` wrote, or of the observatory's measurements."""
    there = open_if_there(asked.store)
    if is_file(asked.register):
        if chosen.anything:
            raise UsageError("of a file all is counted: choose when overblock events writes it")
        if asked.register == STDIN and STDIN in asked.files:
            raise UsageError("the addresses and the names cannot both come from stdin")
        state, facts = observed_state(rows_of_file(content_of(asked.register)))
        with watched() as watch:
            view = there.view() if there else None
            return question(asked.question(view, state, state.at or asked.at, watch), facts)
    if there is None:
        raise NotAStore(f"{asked.store} is no observatory, and {asked.register!r} is no file")

    def ask(view: View) -> Answer:
        begins = chosen.begins or asked.at - DAY
        selection = Selection(
            probe_cc=chosen.probe_cc,
            probe_asn=chosen.probe_asn,
            since=begins,
            until=asked.at,
        )
        seen = addresses_in_store(view, selection)
        if not seen.n_tried:
            raise NoMeasurement(
                f"nobody measured any address from {begins:%Y-%m-%d %H:%M} to "
                f"{asked.at:%Y-%m-%d %H:%M} UTC: nothing can be said"
            )
        state, facts = observed_state(rows_of_answer(seen), tried=seen.n_tried)
        with watched() as watch:
            return question(asked.question(view, state, asked.at, watch), facts)

    return there.ask(ask)


def _show(answer: ObservedCollateral, top: int) -> None:
    console = _tables.console()
    console.print(f"[bold]{OBSERVED}[/bold]{_span(answer.observed)}")
    console.print(_found(answer.observed), markup=False)
    console.print(names_line(answer.names), markup=False)
    console.print(
        "observed: these addresses fail inside and work at the control; the names on them were "
        "not measured one by one, and an address that nobody tried is not seen to be blocked"
    )
    totals = answer.totals
    console.print(
        f"\n[bold]at least {totals.bystanders_hit:,} of {totals.bystanders:,} bystanders are hit"
        "[/bold] "
        f"({_tables.share(totals.bystanders_hit_share) or 'no bystanders'})"
        f"{unknown_of(answer.groups)}"
    )
    console.print(group_table(answer.groups, SEEN))
    print_split(console, answer, top)


def _span(facts: ObservedFacts) -> str:
    if facts.blocked_from is None or facts.blocked_until is None:
        return ""
    return f" from {facts.blocked_from:%Y-%m-%d %H:%M} to {facts.blocked_until:%Y-%m-%d %H:%M} UTC"


def _found(facts: ObservedFacts) -> str:
    where = f" ({', '.join(facts.countries)})" if facts.countries else ""
    tried = f"; {facts.tried:,} were tried" if facts.tried is not None else ""
    rejects = f"; {counted(facts.rejects, 'row')} rejected" if facts.rejects else ""
    return (
        f"{facts.ipv4:,} IPv4 and {facts.ipv6:,} IPv6 addresses observed to be blocked, in "
        f"{counted(facts.networks, 'network')}{where}{tried}{rejects}"
    )
