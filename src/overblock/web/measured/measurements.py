"""``/measurements``: which service works where, by feature and network, and which were taken."""

import dataclasses
from datetime import UTC, datetime
from typing import Annotated, Any, TypeAlias

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter

from overblock.errors import NoMeasurement, UsageError
from overblock.reports.flat import csv_text, struct_rows
from overblock.reports.measured.matrix import Columns, MatrixAnswer, MatrixQuestion, matrix
from overblock.reports.measured.measurements import (
    MeasurementAnswer,
    MeasurementsAnswer,
    Question,
    list_measurements,
    show_measurement,
)
from overblock.reports.measured.rows import matrix_rows
from overblock.reports.measured.rule_words import RuleWords, rule_words, rules_in_words
from overblock.reports.measured.series import Measured
from overblock.store import Store
from overblock.web.asking import Asking
from overblock.web.citing import Cited, cite
from overblock.web.heavy import ask_heavy
from overblock.web.measured.events import hours_held, measured_digest
from overblock.web.measured.matrix_table import Table
from overblock.web.measured.naming import names_of
from overblock.web.measured.public import public_list, public_measurement
from overblock.web.measured.selecting import (
    Country,
    Network,
    Page,
    Since,
    TargetName,
    Test,
    Until,
    country_of,
    network_of,
    page_of,
    since_of,
    until_of,
    word_of,
)
from overblock.web.measured.words import MeasuredWords
from overblock.web.pages import Reader, as_csv, reader_of, render

Asked = Request[Any, Any, Any]
ROWS = 40  # of the matrix on one page
LISTED = 100  # measurements on one page
MOST_LISTED = 1_000  # in the twins
MOST_FACTS = 200  # told on the page of one measurement; the twins have them all
UID_SIGNS = 200
Address: TypeAlias = Annotated[
    str, QueryParameter(description="Address that was answered or contacted; nothing for any.")
]
ColumnsAre: TypeAlias = Annotated[
    str, QueryParameter(description="What stands in columns: networks, or days.")
]
COLUMNS: dict[str, Columns] = {"": "networks", "networks": "networks", "days": "days"}


def matrix_question(  # noqa: PLR0913  (what can be asked)
    *,
    cc: Country = "",
    target: TargetName = "",
    since: Since = "",
    until: Until = "",
    at: Until = "",
    columns: ColumnsAre = "",
) -> MatrixQuestion:
    """What is asked of the matrix."""
    if columns not in COLUMNS:
        raise UsageError(f"columns={columns[:20]!r}: networks or days")
    return MatrixQuestion(
        columns=COLUMNS[columns],
        probe_cc=country_of(cc),
        target=word_of(target),
        since=since_of(since),
        until=until_of(until or at),
    )


def list_question(  # noqa: PLR0913  (what can be asked)
    *,
    target: TargetName = "",
    address: Address = "",
    test: Test = "",
    cc: Country = "",
    asn: Network = "",
    since: Since = "",
    until: Until = "",
    at: Until = "",
) -> Question:
    """Which measurements are asked for."""
    return Question(
        target=word_of(target),
        address=word_of(address),
        test=word_of(test),
        probe_cc=country_of(cc),
        probe_asn=network_of(asn),
        since=since_of(since),
        until=until_of(until or at),
        limit=MOST_LISTED,
    )


OfMatrix = {"question": Provide(matrix_question, sync_to_thread=False)}
OfList = {"question": Provide(list_question, sync_to_thread=False)}


@get("/measurements", include_in_schema=False, dependencies=OfMatrix)
async def matrix_page(
    request: Asked, answers: Asking, question: NamedDependency[MatrixQuestion], page: Page = 1
) -> Response[str]:
    """What works where."""
    reader, answer = reader_of(request), await _matrix(answers, question)
    if answer is None:
        return render(reader, "measurements_none.html.j2")
    pages = -(-len(answer.rows) // ROWS) or 1
    page = min(page_of(page), pages)
    begin = ROWS * (page - 1)
    shown = msgspec.structs.replace(answer, rows=answer.rows[begin : begin + ROWS])
    words = MeasuredWords(reader)
    return render(
        reader,
        "measurements.html.j2",
        answer=shown,
        table=Table(shown, words),
        page=page,
        pages=pages,
        asked=dict(reader.query),
        words=words,
        citation=await _cited(answers, reader, answer.until),
    )


@get("/measurements.json", dependencies=OfMatrix)
async def matrix_json(
    answers: Asking, question: NamedDependency[MatrixQuestion]
) -> MatrixAnswer | None:
    """Verdicts by service, feature and network, or day with ``columns=days``."""
    return await _matrix(answers, question)


@get("/measurements.csv", include_in_schema=False, dependencies=OfMatrix)
async def matrix_csv(answers: Asking, question: NamedDependency[MatrixQuestion]) -> Response[str]:
    """The same, a row a cell."""
    answer = await _matrix(answers, question)
    return as_csv(csv_text(matrix_rows(answer) if answer else ()))


@get("/measurements/list", include_in_schema=False, dependencies=OfList)
async def list_page(
    request: Asked, answers: Asking, question: NamedDependency[Question]
) -> Response[str]:
    """Measurements, newest first."""
    reader, some = reader_of(request), dataclasses.replace(question, limit=LISTED)
    answer = await answers.ask(
        ("listed", some), lambda view: public_list(list_measurements(view, some))
    )
    return render(
        reader,
        "measurements_list.html.j2",
        answer=answer,
        asked=dict(reader.query),
        words=MeasuredWords(reader),
        names=await names_of(
            answers, (one.probe_asn for one in answer.measurements), question.until
        ),
        citation=await _cited(answers, reader, question.until),
    )


@get("/measurements/list.json", dependencies=OfList)
async def list_json(answers: Asking, question: NamedDependency[Question]) -> MeasurementsAnswer:
    """Up to 1,000 measurements, newest first: ``overblock measurements list``."""
    return await _list(answers, question)


@get("/measurements/list.csv", include_in_schema=False, dependencies=OfList)
async def list_csv(answers: Asking, question: NamedDependency[Question]) -> Response[str]:
    """The same, a row a measurement."""
    return as_csv(csv_text(struct_rows((await _list(answers, question)).measurements)))


@get("/measurements/rules", include_in_schema=False)
async def rules_page(request: Asked) -> Response[str]:
    """Every rule of verdicts, in words."""
    reader = reader_of(request)
    return render(reader, "rules.html.j2", rules=rules_in_words(), words=MeasuredWords(reader))


@get("/measurements/rules.json")
async def rules_json() -> list[RuleWords]:
    """Every rule of verdicts, in the order in which they are asked."""
    return rules_in_words()


@get("/measurements/{uid:str}")
async def measurement_page(
    request: Asked, answers: Asking, uid: FromPath[str]
) -> Response[Any] | MeasurementAnswer:
    """One measurement in full; ``.json`` and ``.csv`` after its key give it as data."""
    form = next((form for form in (".json", ".csv") if uid.endswith(form)), "")
    answer = await _measurement(answers, uid.removesuffix(form))
    if form == ".json":
        return answer
    if form == ".csv":
        return as_csv(csv_text(struct_rows(answer.observations)))
    reader, row = reader_of(request), answer.measurement
    return render(
        reader,
        "measurement.html.j2",
        answer=answer,
        most=MOST_FACTS,
        rule=rule_words(row.rule_id),
        names=await names_of(answers, [row.probe_asn], row.started_at),
        rules={one.rule_id: rule_words(one.rule_id) for one in answer.verdicts},
        words=MeasuredWords(reader),
        citation=cite(
            reader,
            title=row.measurement_uid,
            at=row.received_at or row.started_at or datetime.fromtimestamp(0, UTC),
            snapshots={row.file: row.artefact},
            answer=answer,
        ),
    )


async def _measurement(answers: Asking, uid: str) -> MeasurementAnswer:
    if len(uid) > UID_SIGNS:
        raise NoMeasurement(f"{uid[:80]!r}…: no key is as long as this")
    return await answers.ask(
        ("measurement", uid),
        lambda view: public_measurement(show_measurement(Store.open(view.root), view, uid)),
    )


async def _matrix(answers: Asking, question: MatrixQuestion) -> MatrixAnswer | None:
    held = await hours_held(answers)
    key = ("matrix", question)
    return await ask_heavy(answers, key, lambda view: matrix(Measured(view, held), question))


async def _list(answers: Asking, question: Question) -> MeasurementsAnswer:
    key = ("listed", question)
    return await answers.ask(
        key, lambda view: public_list(list_measurements(view, question)), keep=False
    )


async def _cited(answers: Asking, reader: Reader, at: datetime | None) -> Cited:
    """A citation of what rests on all measurements."""
    digest = await measured_digest(answers)
    moment = at or datetime.now(UTC).replace(second=0, microsecond=0)
    title = reader.say("Measurements")
    return cite(reader, title=title, at=moment, snapshots={"measurements": digest})
