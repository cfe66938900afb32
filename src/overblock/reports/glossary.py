"""The words of overblock as readers look them up, each in every language, from one file."""

import tomllib
from functools import cache
from importlib.resources import files

import msgspec


class Group(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Words that belong together."""

    id: str
    en: str
    ru: str


class Term(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One word; ``id`` is its anchor."""

    id: str
    group: str
    en: str
    ru: str
    means: str
    means_ru: str
    see: list[str] = []  # ids of words that explain it further


class Glossary(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All words, in the order in which they are explained."""

    group: list[Group]
    term: list[Term]

    def of(self, group: str) -> list[Term]:
        """The words of a group."""
        return [one for one in self.term if one.group == group]


@cache
def glossary() -> Glossary:
    """The file ``glossary.toml``."""
    text = (files("overblock.reports") / "glossary.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), Glossary)
