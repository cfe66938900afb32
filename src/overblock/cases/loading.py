"""Load a documented case: a folder of tables that people compiled, each row with its source.

A case is read strictly: the first thing in it that contradicts its form stops the loading.  Only
the files that `overblock.cases.case_tables` names are opened, each of bounded size, none through
a link that leaves the folder.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timezone
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import polars as pl

from overblock.cases.case_tables import FORMS
from overblock.cases.checks import Bound, Check, CountChecks, bind_claims, bind_counts
from overblock.cases.facts import CaseFacts
from overblock.cases.forms import read_link
from overblock.cases.reading import read_bytes, read_table, read_text
from overblock.cases.times import Moment, read_moment, read_zone
from overblock.cases.units import unit_problems
from overblock.errors import CaseError

BUNDLED = Path(__file__).resolve().parent
CLAIM_CHECKS = "claim_checks.toml"
COUNT_CHECKS = "count_checks.toml"
FACTS = "case.toml"
MUST_BE_SAID = ("name", "title", "place", "documented_from", "documented_until")

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The times of `case.toml`, read."""

    zone: timezone  # where days begin
    documented_from: Moment
    documented_until: Moment
    figures_at: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A documented case, checked; the frames are of `overblock.cases.case_tables`."""

    folder: Path
    facts: CaseFacts
    times: Times
    tables: Mapping[str, pl.DataFrame]  # by the name of the file, without its ending
    claim_checks: tuple[Bound, ...]  # one for each claim, in their order
    count_checks: tuple[Bound, ...]  # one for each reported count, in the order of time

    def table(self, name: str) -> pl.DataFrame:
        """A table of the case; one that it does not have is empty."""
        found = self.tables.get(name)
        return FORMS[name].schema().to_frame() if found is None else found

    @property
    def networks(self) -> pl.DataFrame:
        """The networks that were listed."""
        return self.table("networks")

    @property
    def affected(self) -> pl.DataFrame:
        """The services that were reported hit."""
        return self.table("affected")

    @property
    def claims(self) -> pl.DataFrame:
        """What was said."""
        return self.table("claims")

    @property
    def zone(self) -> timezone:
        """Where the days of the case begin."""
        return self.times.zone

    @property
    def documented_from(self) -> Moment:
        """The first day."""
        return self.times.documented_from

    @property
    def documented_until(self) -> Moment:
        """The last day, counted in."""
        return self.times.documented_until

    @property
    def figures_at(self) -> Moment:
        """The moment that shares, holders and decisions are given for."""
        return self.times.figures_at


def bundled_cases() -> list[str]:
    """The names of the cases that ship with overblock."""
    return sorted(path.parent.name for path in BUNDLED.glob(f"*/{FACTS}"))


def load_case(name: str | Path) -> Case:
    """Load a bundled case by its name, or any case by its folder.

    Raises:
        CaseError: there is none, or the first thing in it that contradicts its form.
    """
    folder = case_folder(name)
    facts = read_facts(folder)
    times = read_times(facts)
    tables = {}
    for table in tables_of(folder):
        form = FORMS[table]
        reading = read_table(read_bytes(folder, form.file), form, times.zone)
        if reading.problems:
            raise CaseError(reading.problems[0])
        tables[table] = reading.frame
    for problem in (
        *network_problems(tables.get("networks"), facts),
        *unit_problems(tables, facts),
        *audience_problems(tables, facts, times.zone),
        *safeguard_problems(facts, times.zone),
    ):
        raise CaseError(problem)
    claims = tables.get("claims", FORMS["claims"].schema().to_frame())
    counts = tables.get("counts", FORMS["counts"].schema().to_frame())
    return Case(
        folder=folder,
        facts=facts,
        times=times,
        tables=tables,
        claim_checks=bind_claims(claims, read_claim_checks(folder, tables), times.zone),
        count_checks=bind_counts(counts, read_count_checks(folder, tables), times.zone),
    )


def case_folder(name: str | Path) -> Path:
    """The folder of a bundled case, or the one that is named.

    Raises:
        CaseError: it is neither.
    """
    if isinstance(name, str) and name in bundled_cases():
        return BUNDLED / name
    folder = Path(name)
    if not folder.is_dir():
        known = ", ".join(bundled_cases())
        raise CaseError(f"{str(name)!r} is no case folder, and no bundled case; there are: {known}")
    return folder.resolve()


def tables_of(folder: Path) -> list[str]:
    """The tables that a case folder has, of those that a case may have."""
    return [
        name
        for name, form in FORMS.items()
        for file in [folder / form.file]
        if file.exists() or file.is_symlink()  # one that leads nowhere is told, not left out
    ]


def read_times(facts: CaseFacts) -> Times:
    """The times of ``case.toml``; figures are given for its last day where it names no moment.

    Raises:
        CaseError: one of them is no time.
    """
    try:
        zone = read_zone(facts.utc_offset)
        first, last, figures = (
            read_moment(day, zone)
            for day in (
                facts.documented_from,
                facts.documented_until,
                facts.figures_at or facts.documented_until,
            )
        )
    except ValueError as error:
        raise CaseError(f"{FACTS}: {error}") from None
    if last.last < first.first:
        raise CaseError(f"{FACTS}: it ends ({facts.documented_until}) before it begins")
    return Times(zone=zone, documented_from=first, documented_until=last, figures_at=figures)


def read_claim_checks(folder: Path, tables: Mapping[str, pl.DataFrame]) -> dict[str, Check]:
    """How each claim is tested; a case without claims needs no such file."""
    if "claims" not in tables and not (folder / CLAIM_CHECKS).exists():
        return {}
    return read_structs(folder, CLAIM_CHECKS, dict[str, Check])


def read_count_checks(folder: Path, tables: Mapping[str, pl.DataFrame]) -> CountChecks:
    """How each reported count is tested; a case without counts needs no such file."""
    if "counts" not in tables and not (folder / COUNT_CHECKS).exists():
        return CountChecks(count=())
    return read_structs(folder, COUNT_CHECKS, CountChecks)


def read_facts(folder: Path) -> CaseFacts:
    """What a case says of itself.

    A title or headline may be a table of languages, ``title.en`` and ``title.ru``: a shorter way
    to write those of ``translations``.

    Raises:
        CaseError: the file is missing, or the first thing in it that is not of its form.
    """
    told = _toml(folder, FACTS)
    for name in ("title", "headline"):
        if not isinstance(told.get(name), dict):
            continue
        said = dict(told[name])
        told[name] = said.pop("en", None) or next(iter(said.values()), "")
        for language, words in said.items():
            others = told.setdefault("translations", {})
            if isinstance(others, dict) and isinstance(others.setdefault(language, {}), dict):
                others[language].setdefault(name, words)
    return _converted(told, FACTS, CaseFacts)


def read_structs(folder: Path, file: str, kind: type[T]) -> T:
    """A TOML file of a case folder.

    Raises:
        CaseError: it is missing, or the first thing in it that is not of its form.
    """
    return _converted(_toml(folder, file), file, kind)


def _toml(folder: Path, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(read_text(read_bytes(folder, file), file))
    except tomllib.TOMLDecodeError as error:
        raise CaseError(f"{file}: {error}") from None


def _converted(told: dict[str, Any], file: str, kind: type[T]) -> T:
    try:
        return msgspec.convert(told, kind)
    except msgspec.ValidationError as error:
        raise CaseError(f"{file}: {_in_words(error)}") from None


def _in_words(error: msgspec.ValidationError) -> str:
    """What is wrong, after the key at which it is, as a person wrote it."""
    wrong, _, place = str(error).partition(" - at `$")
    key = place.removeprefix("[...]").strip(".`")  # so it writes a key that is somebody's own
    wrong = wrong.replace("Expected `str` of length >= 1", "must not be empty")
    return f"{key}: {wrong}" if key else wrong


def empty_facts(folder: Path) -> list[str]:
    """What must be filled in of a case that was just begun, a line each.

    Raises:
        CaseError: the file is missing, or no TOML.
    """
    told = _toml(folder, FACTS)
    target = told.get("target")
    named = target.get("name") if isinstance(target, dict) else None
    facts = {key: told.get(key) for key in MUST_BE_SAID} | {"target.name": named}
    return [f"{FACTS}: {key}: must not be empty" for key, said in facts.items() if said == ""]


def audience_problems(
    tables: Mapping[str, pl.DataFrame], facts: CaseFacts, zone: timezone
) -> Iterator[str]:
    """Events without a moment, and those that no series is compared at."""
    if facts.audiences and "series" not in tables:
        yield f"{FACTS}: audiences are compared at an event, but there is no series.csv"
    for number, turn in enumerate(facts.audiences, start=1):
        try:
            read_moment(turn.event_at, zone)
            read_link(turn.source_url, zone)
        except ValueError as error:
            yield f"{FACTS}: audience {number}: {error}"


def safeguard_problems(facts: CaseFacts, zone: timezone) -> Iterator[str]:
    """Safeguards whose source is no web address."""
    for name in facts.safeguards.__struct_fields__:
        found = getattr(facts.safeguards, name)
        try:
            if found is not None:
                read_link(found.source_url, zone)
        except ValueError as error:
            yield f"{FACTS}: safeguard {name}: {error}"


def network_problems(networks: pl.DataFrame | None, facts: CaseFacts) -> Iterator[str]:
    """Networks that end before they begin, or hang on a decision nobody describes."""
    if networks is None:
        return
    backward = networks.filter(pl.col("listed_until_first") <= pl.col("listed_from_first"))
    for row in backward.iter_rows(named=True):
        yield f"networks.csv row {row['row']}: {row['network']} ends before it begins"
    known = [decision.number for decision in facts.decisions]
    strange = networks.filter(~pl.col("decision_number").is_in(known))
    for row in strange.iter_rows(named=True):
        number = row["decision_number"]
        yield f"networks.csv row {row['row']}: {FACTS} has no decision {number!r}"
