"""Every word is explained once, in every language, and leads only to words that are."""

import re
from typing import get_args

from overblock.registers.flags import FLAGS
from overblock.reports.document.parts import Level
from overblock.reports.glossary import glossary
from overblock.reports.method import method

ANCHOR = re.compile(r"[a-z0-9][a-z0-9_-]*\Z")
CYRILLIC = re.compile("[\N{CYRILLIC SMALL LETTER A}-\N{CYRILLIC SMALL LETTER YA}]", re.IGNORECASE)


def test_every_word_has_an_anchor_of_its_own_a_group_and_both_languages() -> None:
    held = glossary()
    ids = [one.id for one in held.term]
    assert len(ids) == len(set(ids)) > 40
    groups = {one.id for one in held.group}
    for one in held.term:
        assert ANCHOR.match(one.id)
        assert one.group in groups
        assert CYRILLIC.search(one.means_ru), one.id
        assert not CYRILLIC.search(one.en + one.means), one.id
        assert set(one.see) <= set(ids) - {one.id}
    assert all(held.of(group) for group in groups)


def test_levels_of_evidence_flags_and_verdicts_are_all_explained() -> None:
    ids = {one.id for one in glossary().term}
    assert set(get_args(Level)) <= ids
    assert {f"flag-{flag}" for flag in FLAGS} == {one for one in ids if one.startswith("flag-")}
    assert {"ordered", "attached", "fully", "partly", "insufficient"} <= ids


def test_the_method_is_told_in_both_languages_and_leads_to_words() -> None:
    ids = {one.id for one in glossary().term}
    for one in method():
        assert len(one.says) == len(one.says_ru) > 0
        assert all(CYRILLIC.search(text) for text in (one.ru, *one.says_ru))
        assert not any("{" in text for text in (*one.says, *one.says_ru))
        assert set(one.terms) <= ids


def test_figures_of_the_method_are_those_of_the_code() -> None:
    (verdicts,) = (one for one in method() if one.id == "verdicts")
    assert re.search(r"first of \d\d+ rules", verdicts.says[0])
