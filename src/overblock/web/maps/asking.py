"""What the pages of the map share: whom to ask, and what its square is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network
from typing import Annotated, Any, TypeAlias

from litestar.params import QueryParameter

from overblock.addresses.intervals import IntervalSet
from overblock.addresses.squares import Square
from overblock.errors import BadAddress, TooMuchAsked
from overblock.reports.document.parts import Figure
from overblock.reports.maps.answer import MapAnswer, MapStop, map_answer, stops
from overblock.reports.maps.holders import HolderRuns, Label, holders_here, names_of_layers
from overblock.reports.maps.scene import box_of, cells, rings
from overblock.reports.maps.subjects import (
    case_moment,
    case_timeline,
    cases_on_the_map,
    register_timeline,
)
from overblock.reports.maps.timeline import Timeline
from overblock.reports.registers.health import registers_here
from overblock.reports.tables_at_hand import holder_table, nearest_tables
from overblock.store import Store, View
from overblock.tables import HOLDER_RANGES
from overblock.web.asking import Answers
from overblock.web.inputs import moment_of
from overblock.web.pages import Reader

NETWORK_SIGNS = 80

Register: TypeAlias = Annotated[
    str, QueryParameter(description="A register of this observatory; by default its first.")
]
CaseName: TypeAlias = Annotated[
    str, QueryParameter(description="A documented case with networks, such as telegram-2018.")
]
Viewed: TypeAlias = Annotated[
    str,
    QueryParameter(
        description="An address or network; it is shown within the smallest square that holds it."
    ),
]
Begins: TypeAlias = Annotated[
    str, QueryParameter(name="from", description="The first moment to lead along.")
]
Ends: TypeAlias = Annotated[
    str, QueryParameter(name="to", description="The last moment to lead along.")
]


@dataclass(frozen=True, slots=True)
class Subject:
    """What is drawn, and the moment that was asked for."""

    timeline: Timeline
    at: datetime

    @property
    def layers(self) -> list[IntervalSet]:
        """The sets that stand at that moment."""
        return self.timeline.layers_at(self.timeline.change_before(self.at))


@dataclass(frozen=True, slots=True)
class Told:
    """An answer, and the names to write on its map."""

    answer: MapAnswer
    labels: list[Label]


async def subject_of(answers: Answers, register: str, case: str, at: str) -> Subject:
    """What is asked about; without a name the first register, or the first case."""
    if register and case:
        raise BadAddress("give register= or case=, not both")
    name = register or case
    if not name and answers.there():
        name = (await answers.ask(("registers",), registers_here) or [""])[0]
    timeline = await timeline_named(answers, name or cases_on_the_map()[0])
    if timeline.subject == "case" and not at:
        name = timeline.name
        return Subject(timeline, await answers.make(("figures", name), lambda: case_moment(name)))
    return Subject(timeline, moment_of(at))


async def timeline_named(answers: Answers, name: str) -> Timeline:
    """The timeline of a case or a register, whichever has the name."""
    if name in await answers.make(("cases on the map",), cases_on_the_map):
        return await answers.make(("case on the map", name), lambda: case_timeline(name))
    return await answers.ask(("timeline", name), lambda view: register_timeline(view, name))


async def told_of(answers: Answers, subject: Subject, network: str) -> Told:
    """The answer about a network, and the names to write on its map."""
    if len(network) > NETWORK_SIGNS:
        raise TooMuchAsked(f"{network[:NETWORK_SIGNS]!r}… is no address or network")
    timeline, at = subject.timeline, subject.at
    runs = await _runs(answers, subject) if timeline.subject == "register" else None
    key = ("map", timeline.digest, at, network, runs and runs.name)
    return await answers.make(key, lambda: _told(subject, network, runs))


def _told(subject: Subject, network: str, runs: HolderRuns | None) -> Told:
    timeline, layers = subject.timeline, subject.layers
    answer = map_answer(timeline, subject.at, network)
    if runs is None:
        return Told(answer, names_of_layers(answer, timeline.layers, layers))
    return Told(*holders_here(answer, layers, runs))


async def _runs(answers: Answers, subject: Subject) -> HolderRuns:
    """The tables of holders nearest to the moment, laid out where anything was ever listed."""
    timeline, at = subject.timeline, subject.at
    tables = await answers.ask(("tables", at.date()), lambda view: _tables(view, at))
    return await answers.make(
        ("runs", timeline.digest, tables),
        lambda: Store.open(answers.root).ask(
            lambda view: HolderRuns.of(
                holder_table(view, at, "holder"), IntervalSet.of(timeline.starts, timeline.ends)
            )
        ),
    )


def _tables(view: View, at: datetime) -> tuple[tuple[str, ...], ...]:
    """The files of the tables of holders of a moment: what is laid out of them stays true."""
    return tuple(
        tuple(path.name for path in view.paths(HOLDER_RANGES, name))
        for name in nearest_tables(view, at, "holder")
    )


async def stops_of(answers: Answers, timeline: Timeline, begins: str, ends: str) -> list[MapStop]:
    """The moments to lead a reader along; without ends all of them."""
    first = moment_of(begins, day_begins=True) if begins else None
    last = moment_of(ends) if ends else None
    key = ("stops", timeline.digest, first, last)
    return await answers.make(key, lambda: stops(timeline, first, last))


def scene(
    reader: Reader, subject: Subject, told: Told, kept: Mapping[str, str] | None = None
) -> Mapping[str, Any]:
    """What a template of the square needs; its links keep what ``kept`` says, and the subject."""
    answer = told.answer
    viewed = IPv4Network(answer.network)
    layers = zip(subject.timeline.layers, subject.layers, strict=True)
    return {
        "answer": answer,
        "title": subject.timeline.titles.get(reader.language) or reader.say(answer.title),
        "what": {
            answer.subject: answer.name,
            **{name: value for name, value in (kept or {}).items() if value},
        },
        "cells": cells(answer),
        "labels": told.labels,
        "rings": [spot for fact, held in layers if fact.ringed for spot in rings(answer, held)],
        "marked": box_of(viewed, IPv4Network(answer.asked)) if answer.asked else None,
        "square": square_viewed(answer),
        "share": lambda value: reader.words(
            Figure(name="", query="", value=value, unit="", form="share")
        ),
    }


def square_viewed(answer: MapAnswer) -> Square:
    """The square of the map that is viewed."""
    viewed = IPv4Network(answer.network)
    return Square.of_network(int(viewed[0]), viewed.prefixlen // 2)
