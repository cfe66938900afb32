"""Laws of redaction: whatever is told, in whatever spelling, is told nowhere afterwards."""

import ipaddress
import re

from hypothesis import given
from hypothesis import strategies as st

from overblock.custody.marking import Marker

LETTERS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=4, max_size=9)
DIGITS = st.text("0123456789", min_size=7, max_size=7)
FILL = st.sampled_from(
    ["", "on 2018-04-16 ", "of 14,598,912 addresses: ", "[redacted 9] ", "(", "“"]
)
ENDS = st.sampled_from(["", ".", ", and", ") again", " 2018"])


@given(given=LETTERS, family=LETTERS, shout=st.booleans(), gap=st.sampled_from([" ", "  ", "\n"]),
       fill=FILL, end=ENDS)  # fmt: skip
def test_a_name_is_nowhere(  # noqa: PLR0913  (what a text is made of)
    given: str, family: str, gap: str, fill: str, end: str, *, shout: bool
) -> None:
    marker = Marker()
    marker.learn("name", f"{given.title()} {family.title()}")
    told = f"{given}{gap}{family}"
    done = marker.marked(f"{fill}{told.upper() if shout else told}{end}")
    assert done == f"{fill}[redacted 1]{end}"


@given(last=DIGITS, signs=st.lists(st.sampled_from(["", " ", "-", ") "]), min_size=6, max_size=6),
       code=st.sampled_from(["", "+7 912 ", "8 (912) ", "0034-612-"]), fill=FILL)  # fmt: skip
def test_a_phone_number_is_nowhere(last: str, signs: list[str], code: str, fill: str) -> None:
    marker = Marker()
    marker.learn("phone", f"+7912{last}")
    written = "".join(digit + sign for digit, sign in zip(last, [*signs, ""], strict=True))
    done = marker.marked(f"{fill}{code}{written}")
    assert done.endswith("[redacted 1]")
    before = re.sub(r"\D", "", done.removesuffix("[redacted 1]"))
    assert re.sub(r"\D", "", fill).startswith(before)  # a date beside a number may go with it


@given(number=st.integers(0, 2**128 - 1), form=st.sampled_from(["short", "long", "upper"]),
       fill=FILL, end=ENDS)  # fmt: skip
def test_an_address_is_nowhere(number: int, form: str, fill: str, end: str) -> None:
    address = ipaddress.IPv6Address(number)
    spelled = {"short": str(address), "long": address.exploded, "upper": str(address).upper()}
    marker = Marker()
    marker.learn("address", str(address))
    assert marker.marked(f"{fill}{spelled[form]}{end}") == f"{fill}[redacted 1]{end}"


@given(words=st.lists(LETTERS, max_size=6), name=LETTERS)
def test_a_marked_text_stays_as_it_is(words: list[str], name: str) -> None:
    marker = Marker()
    marker.learn("name", name)
    once = marker.marked(" ".join(words))
    assert marker.marked(once) == once
