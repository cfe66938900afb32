"""``/collateral``: who else is hit by what a register lists, and whether one name is."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeAlias

from litestar import Request, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from overblock.errors import MissingNames, TooMuchAsked, UnknownRegister
from overblock.reports.collateral.answer import CollateralAnswer
from overblock.reports.collateral.collateral import collateral
from overblock.reports.collateral.name import OneNameAnswer, one_name
from overblock.reports.collateral.page import (
    PAGE,
    SPLITS,
    HeldNames,
    NamesHitAnswer,
    NamesSought,
    hold_names,
    names_text,
    question_of,
    search_names,
    split_of,
)
from overblock.reports.flat import csv_text, struct_rows
from overblock.reports.registers.health import registers_here
from overblock.store import View
from overblock.web.asking import Answers, Asking
from overblock.web.citing import cite
from overblock.web.collateral.words import CollateralWords, split_rows
from overblock.web.error_words import error_words
from overblock.web.heavy import ask_heavy, moment_and_key
from overblock.web.inputs import At
from overblock.web.measured.selecting import Page, page_of, word_of
from overblock.web.pages import as_csv, reader_of, render

Asked = Request[Any, Any, Any]
REGISTER_SIGNS = 100
MOST_KEYS = 25  # of a split on the page; the twins have them all
MOST_DIGESTED = 500  # figures: to digest more for a citation takes longer than a page may
MOST_TOLD = 1_000  # names in the twin in JSON

OfRegister: TypeAlias = Annotated[
    str, QueryParameter(description="Register, as ru_zapret_csv; nothing for the first there is.")
]
SplitBy: TypeAlias = Annotated[
    str, QueryParameter(description="Split by sector, holder, country, popularity, rule or group.")
]
Word: TypeAlias = Annotated[str, QueryParameter(description="A name, or a part of one.")]
Group: TypeAlias = Annotated[
    str, QueryParameter(description="bystander, target or parked; nothing for all.")
]
Reach: TypeAlias = Annotated[str, QueryParameter(description="fully or partly; nothing for both.")]
Sector: TypeAlias = Annotated[str, QueryParameter(description="Plain sector; nothing for all.")]


@dataclass(frozen=True, slots=True)
class Moment:
    """Which register is asked about, and when."""

    register: str
    at: datetime
    key: Hashable  # of answers that are kept
    registers: tuple[str, ...]  # that there are


async def moment_asked(answers: Asking, register: OfRegister = "", at: At = "") -> Moment:
    """The register and moment that are asked about."""
    chosen, registers = await register_asked(answers, register)
    moment, key = moment_and_key(at)
    return Moment(chosen, moment, (chosen, key), registers)


async def register_asked(answers: Answers, register: str) -> tuple[str, tuple[str, ...]]:
    """The register that is asked about, and all that there are.

    Raises:
        UnknownRegister: there is none of that name, or none at all.
    """
    if len(register) > REGISTER_SIGNS:
        raise UnknownRegister(f"no register here is called {register[:REGISTER_SIGNS]!r}…")
    registers = tuple(await answers.ask(("registers",), registers_here))
    if register and register not in registers:
        listed = ", ".join(registers) or "none yet"
        raise UnknownRegister(f"no register here is called {register!r}; registers: {listed}")
    if not registers:
        raise UnknownRegister("this observatory holds no register yet")
    return register or registers[0], registers


OfMoment = {"moment": Provide(moment_asked)}


@get("/collateral", include_in_schema=False, dependencies=OfMoment)
async def collateral_page(
    request: Asked,
    answers: Asking,
    moment: NamedDependency[Moment],
    at: At = "",
    by: SplitBy = "",
) -> Response[str]:
    """How many names are hit, and who they are."""
    reader = reader_of(request)
    words = CollateralWords(reader)
    try:
        answer = await _collateral(answers, moment, by)
    except MissingNames as error:
        why = error_words(reader)(str(error))
        return render(reader, "collateral_none.html.j2", moment=moment, words=words, why=why, at=at)
    split = split_rows(answer)
    return render(
        reader,
        "collateral.html.j2",
        answer=answer,
        moment=moment,
        at=at,
        splits=SPLITS,
        rows=split[:MOST_KEYS],
        keys=len(split),
        words=words,
        citation=cite(
            reader,
            title=f"{reader.say('Who else is hit')}: {answer.register}",
            at=answer.at,
            snapshots={answer.register: answer.snapshot.digest},
            answer=answer if len(answer.split) < MOST_DIGESTED else None,
        ),
    )


@get("/collateral.json", dependencies=OfMoment)
async def collateral_json(
    answers: Asking, moment: NamedDependency[Moment], by: SplitBy = ""
) -> CollateralAnswer:
    """Names hit by group and reach, and split: ``overblock collateral --format json``."""
    return await _collateral(answers, moment, by)


@get("/collateral.csv", include_in_schema=False, dependencies=OfMoment)
async def collateral_csv(
    answers: Asking, moment: NamedDependency[Moment], by: SplitBy = ""
) -> Response[str]:
    """The same, a row a figure."""
    answer = await _collateral(answers, moment, by)
    return as_csv(csv_text(struct_rows([*answer.groups, *answer.split])))


def names_asked(
    group: Group = "", reach: Reach = "", sector: Sector = "", q: Word = ""
) -> NamesSought:
    """Which names are asked for."""
    return NamesSought(word_of(group), word_of(reach), word_of(sector), word_of(q))


OfNames = {**OfMoment, "sought": Provide(names_asked, sync_to_thread=False)}


@get("/collateral/names", include_in_schema=False, dependencies=OfNames)
async def names_page(
    request: Asked,
    answers: Asking,
    moment: NamedDependency[Moment],
    sought: NamedDependency[NamesSought],
    page: Page = 1,
) -> Response[str]:
    """The names that are hit, a page of them."""
    reader = reader_of(request)
    answer = await _names(answers, moment, sought, page_of(page))
    held = await _held(answers, moment)
    return render(
        reader,
        "collateral_names.html.j2",
        answer=answer,
        moment=moment,
        asked=dict(reader.query),
        sectors=sorted(held.frame["sector"].drop_nulls().unique().to_list()),
        pages=-(-answer.fits // PAGE) or 1,
        words=CollateralWords(reader),
        citation=cite(
            reader,
            title=f"{reader.say('Names that are hit')}: {answer.register}",
            at=answer.at,
            snapshots={answer.register: answer.snapshot},
        ),
    )


@get("/collateral/names.json", dependencies=OfNames)
async def names_json(
    answers: Asking,
    moment: NamedDependency[Moment],
    sought: NamedDependency[NamesSought],
    page: Page = 1,
) -> NamesHitAnswer:
    """Names that are hit, up to 1,000 on a page, bystanders first."""
    return await _names(answers, moment, sought, page_of(page), MOST_TOLD)


@get("/collateral/names.csv", include_in_schema=False, dependencies=OfNames)
async def names_csv(
    answers: Asking, moment: NamedDependency[Moment], sought: NamedDependency[NamesSought]
) -> Response[str]:
    """All names that fit, of the 100,000 that are held."""
    held = await _held(answers, moment)
    key = ("names as text", answers.state(), moment.key, sought)
    return as_csv(await answers.make(key, lambda: names_text(held, sought), keep=False))


@get("/collateral/name", include_in_schema=False, dependencies=OfMoment)
async def name_page(
    request: Asked, answers: Asking, moment: NamedDependency[Moment], at: At = "", q: Word = ""
) -> Response[str]:
    """Whether one name is hit."""
    reader = reader_of(request)
    answer = await _name(answers, moment, q)
    return render(
        reader,
        "collateral_name.html.j2",
        answer=answer,
        moment=moment,
        at=at,
        words=CollateralWords(reader),
        citation=cite(
            reader,
            title=f"{answer.name}, {answer.register}",
            at=answer.at,
            snapshots={answer.register: answer.snapshot},
            answer=answer,
        ),
    )


@get("/collateral/name.json", dependencies=OfMoment)
async def name_json(
    answers: Asking, moment: NamedDependency[Moment], q: Word = ""
) -> OneNameAnswer:
    """Whether one name is hit, how far, and by which decisions its addresses are listed."""
    return await _name(answers, moment, q)


async def _collateral(answers: Answers, moment: Moment, by: str) -> CollateralAnswer:
    if len(by) > REGISTER_SIGNS:
        raise TooMuchAsked(f"by={by[:20]!r}… is none of the splits")

    def question(view: View) -> CollateralAnswer:
        """Count once for whoever asks the same."""
        split = split_of(view, moment.at, by)
        return collateral(question_of(view, moment.register, moment.at, split))

    return await ask_heavy(answers, ("collateral", moment.key, by), question)


async def _held(answers: Answers, moment: Moment) -> HeldNames:
    return await ask_heavy(
        answers,
        ("names hit", moment.key),
        lambda view: hold_names(view, moment.register, moment.at),
    )


async def _names(
    answers: Answers, moment: Moment, sought: NamesSought, page: int, size: int = PAGE
) -> NamesHitAnswer:
    return search_names(await _held(answers, moment), sought, page=page, size=size)


async def _name(answers: Answers, moment: Moment, q: str) -> OneNameAnswer:
    name = word_of(q) or ""
    return await answers.ask(
        ("one name", moment.key, name),
        lambda view: one_name(view, moment.register, moment.at, name),
    )
