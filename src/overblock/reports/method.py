"""How overblock comes to what it says, as readers are told it: from one file, in every language."""

import tomllib
from functools import cache
from importlib.resources import files

import msgspec

from overblock.reports.measured.events import FALSE_ALARMS
from overblock.reports.measured.rule_words import rules_in_words


class MethodSection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One part of the method; ``id`` is its anchor."""

    id: str
    en: str
    ru: str
    says: list[str]
    says_ru: list[str]
    terms: list[str]  # ids of the glossary
    pages: list[str]  # of the site, that show it


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    section: list[MethodSection]


@cache
def method() -> list[MethodSection]:
    """The file ``method.toml``, its figures taken from the code that uses them."""
    text = (files("overblock.reports") / "method.toml").read_text("utf-8")
    filled = text.replace("{rules}", str(len(rules_in_words()))).replace(
        "{alarms}", f"{FALSE_ALARMS:g}"
    )
    return msgspec.convert(tomllib.loads(filled), _File).section
