"""What is wrong with a case folder, all of it, in plain words, for the person who writes it."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec
import polars as pl

from overblock.cases.case_tables import FORMS
from overblock.cases.checks import Check, bind_claims, bind_counts
from overblock.cases.loading import (
    CLAIM_CHECKS,
    COUNT_CHECKS,
    FACTS,
    Case,
    Times,
    audience_problems,
    empty_facts,
    load_case,
    network_problems,
    read_claim_checks,
    read_count_checks,
    read_facts,
    read_times,
    safeguard_problems,
    tables_of,
)
from overblock.cases.quantities import measure
from overblock.cases.reading import read_bytes, read_table
from overblock.cases.units import unit_problems
from overblock.errors import CaseError

KNOWN = frozenset(
    {FACTS, CLAIM_CHECKS, COUNT_CHECKS, "README.md", *(form.file for form in FORMS.values())}
)


def problems_of(folder: Path) -> list[str]:
    """Everything that is wrong with a case, a line each, in the order of its files; or nothing.

    What hangs on a part that cannot be read is not looked at: mend, and ask again.
    """
    found = list(_strangers(folder))
    try:
        empty = empty_facts(folder)
        if empty:
            return [*found, *empty]
        facts = read_facts(folder)
        times = read_times(facts)
    except CaseError as error:
        return [*found, str(error)]
    tables: dict[str, pl.DataFrame] = {}
    for name in tables_of(folder):
        try:
            reading = read_table(read_bytes(folder, FORMS[name].file), FORMS[name], times.zone)
        except CaseError as error:
            found.append(str(error))
            continue
        found += reading.problems
        tables[name] = reading.frame
    found += network_problems(tables.get("networks"), facts)
    found += unit_problems(tables, facts)
    found += audience_problems(tables, facts, times.zone)
    found += safeguard_problems(facts, times.zone)
    if found:
        return found
    found += _check_problems(folder, tables, times)
    return found or list(_measure_problems(load_case(folder)))


def hints_of(folder: Path, languages: Iterable[str]) -> list[str]:
    """What a sound case may still lack: words in the other languages of a report.

    A report in a language shows what the case gives no words for as it stands, in English.
    """
    facts = read_facts(folder)
    found = []
    for language in languages:
        told = facts.translations.get(language)
        lacks = {
            "its title": told is None or told.title is None,
            "its sectors": bool(facts.sectors.keys() - (told.sectors if told else {}).keys()),
            "its limits": bool(facts.limits) and not (told and told.limits),
        }
        if missing := [name for name, lacking in lacks.items() if lacking]:
            where = f"[translations.{language}]"
            why = "lacks words" if told else "is missing"
            found.append(
                f"{FACTS}: {where} {why}: a report in {language!r} has {' and '.join(missing)} "
                "in English"
            )
    return found


def _strangers(folder: Path) -> Iterator[str]:
    """Files that no part of a case reads: a misspelt name would be left out in silence."""
    for path in sorted(folder.iterdir()):
        if path.name not in KNOWN and not path.name.startswith("."):
            yield f"{path.name}: no part of a case; known are {', '.join(sorted(KNOWN))}"


def _check_problems(
    folder: Path, tables: Mapping[str, pl.DataFrame], times: Times
) -> Iterator[str]:
    """Checks that say too little, and claims and counts without one."""
    claims = tables.get("claims")
    try:
        checks = read_claim_checks(folder, tables)
        counts = read_count_checks(folder, tables)
    except CaseError as error:
        yield str(error)
        return
    if claims is not None:
        ids = claims["claim_id"].to_list()
        yield from (f"{CLAIM_CHECKS}: {name!r} is no claim" for name in checks if name not in ids)
        for row in claims.partition_by("row", maintain_order=True):
            name: str = row["claim_id"][0]
            one: dict[str, Check] = {name: checks[name]} if name in checks else {}
            try:
                bind_claims(row, one, times.zone)
            except CaseError as error:
                yield str(error)
    try:
        bind_counts(tables.get("counts", FORMS["counts"].schema().to_frame()), counts, times.zone)
    except CaseError as error:
        yield str(error)


def _measure_problems(case: Case) -> Iterator[str]:
    """Checks that ask for what the tables do not have."""
    for bound in (*case.claim_checks, *case.count_checks):
        try:
            measure(case, bound)
        except (CaseError, msgspec.ValidationError) as error:
            yield str(error)
