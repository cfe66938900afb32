"""The beginning of a case: its files with their columns, and the words that explain them.

What a person must fill in is left empty on purpose, so that `overblock case validate` lists it.
"""

import csv
import io
from collections.abc import Sequence

from overblock.cases.case_tables import FORMS
from overblock.cases.loading import CLAIM_CHECKS, FACTS

FACTS_DRAFT = """\
# What the case is about; every time without a zone is a day of the place.
name = "{name}"
title = ""  # one line: whom, where, when
place = ""  # ISO 3166, two letters
utc_offset = "+00:00"
documented_from = ""  # 2018-04-15, 2018-04 or 2018
documented_until = ""  # the last day, counted in
languages = ["en"]
registers = []  # names of sources, see `overblock sources`
measurements = []
authorities = []

[target]  # whom the block was meant for: all else that it hit is collateral
name = ""
domains = []
prefixes = []
asns = []
"""
CHECKS_DRAFT = """\
# What each claim of claims.csv is set against, or why no table of this case can test it:
#
# [claim-id]
# query = {{ table = "services_hit", value = "count" }}
# said = "at_least"  # exactly, about (with rounded_to), at_least, at_most, nearly, none
#
# [another-claim]
# arithmetic = "roubles / rate"
# numbers.roubles = {{ claim = "claim-id" }}
# numbers.rate = {{ figure = 77, source = "where it is from" }}
# said = "about"
# rounded_to = 1000
#
# [a-third]
# cannot = "why no table of this case can test it"
"""
README_DRAFT = """\
# {name}

What happened, in a few sentences of your own.

## Where the rows come from

Each row names its source.  Say here how they were gathered, by whom, and what is missing.
"""
USUAL = ("claims", "timeline", "events", "affected")


def draft_case(name: str, tables: Sequence[str] = USUAL) -> dict[str, str]:
    """The files of a new case by their names; the tables have their heading and no rows."""
    files = {
        FACTS: FACTS_DRAFT.format(name=name),
        CLAIM_CHECKS: CHECKS_DRAFT.format(),
        "README.md": README_DRAFT.format(name=name),
    }
    return files | {FORMS[table].file: _heading(table) for table in tables}


def _heading(table: str) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerow(field.name for field in FORMS[table].fields)
    return written.getvalue()
