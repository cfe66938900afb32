"""A report's words in one language: messages, numbers, days.

Messages are translated by the catalogues of the language (gettext's ``.po``, one for each part
of the product, read by Babel); a message without a translation is a defect that the tests find,
and is shown in English.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from typing import Literal, TypeAlias

from babel.core import Locale
from babel.dates import format_date
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

from overblock.reports.cases.words import share_digits
from overblock.reports.document.parts import Figure, Phrase, Value

Language: TypeAlias = Literal["en", "ru"]
LANGUAGES: tuple[Language, ...] = ("en", "ru")
PLACE = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
# The word that goes with a number, in the forms of the language: {n|день|дня|дней}.
COUNTED = re.compile(r"\{([a-z_][a-z0-9_]*)\|([^{}|]*)\|([^{}|]*)\|([^{}|]*)\}")
FORMS = {"one": 2, "few": 3, "many": 4, "other": 3}  # "other" is of what is not whole
SHORT_YEAR = "\N{CYRILLIC SMALL LETTER GHE}."  # ends a day in Russian, and with it a sentence
CONTROLS = re.compile(  # of texts that anybody may have written: what steers, or turns the line
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)
REPLACED = "\N{REPLACEMENT CHARACTER}"
TERRITORY: dict[Language, str] = {"en": "GB", "ru": "RU"}  # whose way of writing days


@dataclass(frozen=True, slots=True)
class Words:
    """How one language says things."""

    language: Language
    locale: Locale
    messages: Mapping[str, str]

    def __call__(self, value: Value, show: "Callable[[Figure, str], str] | None" = None) -> str:
        """A value in words; ``show`` dresses figures, which are given with their text."""
        if isinstance(value, Phrase):
            template = self.messages.get(value.message) or value.message
            return self._filled(template, value.values, show)
        if isinstance(value, Figure):
            text = self.figure(value)
            return show(value, text) if show else text
        if isinstance(value, datetime):
            return f"{self.day(value)}, {value.astimezone(UTC):%H:%M} UTC"
        if isinstance(value, date):
            return self.day(value)
        return self(Phrase("unknown")) if value is None else CONTROLS.sub(REPLACED, value)

    def _filled(
        self,
        template: str,
        values: Mapping[str, Value],
        show: "Callable[[Figure, str], str] | None",
    ) -> str:
        """A template with its places filled; a day's own full stop ends the sentence, too."""

        def filled(place: re.Match[str]) -> str:
            """One place."""
            text = self(values[place[1]], show)
            ends_twice = text.endswith(SHORT_YEAR) and place.string[place.end() :].startswith(".")
            return text.removesuffix(".") if ends_twice else text

        if "|" in template:
            template = COUNTED.sub(lambda one: one[self._form(values[one[1]])], template)
        return PLACE.sub(filled, template)

    def _form(self, value: Value) -> int:
        """Which of a word's forms goes with a number; of what is no number that of many."""
        number = value.value if isinstance(value, Figure) else None
        return FORMS["many"] if number is None else FORMS[self.locale.plural_form(abs(number))]

    def figure(self, figure: Figure) -> str:
        """A number as people of the language write it."""
        value = figure.value
        if value is None:
            return self(Phrase("unknown"))
        if figure.form == "share":
            return self._share(float(value))
        whole = float(value).is_integer() or abs(value) >= 10_000  # noqa: PLR2004  (says enough)
        pattern = "#,##0" if whole else "#,##0.####"
        return str(format_decimal(value, format=pattern, locale=self.locale))

    def day(self, day: date) -> str:
        """A day with the month in words."""
        at = day.astimezone(UTC) if isinstance(day, datetime) else day
        return str(format_date(at, format="long", locale=self.locale))

    def _share(self, value: float) -> str:
        """The digits that the charts show too."""
        pattern = "#,##0." + "0" * share_digits(value) + " %"
        return str(format_percent(value, format=pattern, locale=self.locale))


@cache
def words_of(language: Language) -> Words:
    """The words of a language."""
    messages: dict[str, str] = {}
    if language != "en":
        folder = files("overblock") / "locale" / language / "LC_MESSAGES"
        for path in sorted(folder.iterdir(), key=lambda path: path.name):
            with path.open("rb") as file:
                catalogue = read_po(file, locale=language)
            messages |= {
                str(message.id): str(message.string)
                for message in catalogue
                if message.id and message.string and not message.fuzzy
            }
    return Words(language, Locale(language, TERRITORY[language]), messages)
