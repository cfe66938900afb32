"""Tables for people fit a terminal, and cut nothing that is useless in part."""

import io

from rich.console import Console

from overblock.cli._tables import table
from overblock.cli.verdicts import HEADS

PAGE = "https://www.a-long-name.example/with/a/path/that/goes/on?and=on"
RULE = "service.hidden_names_unknown"


def drawn(columns: tuple[str, ...], *rows: tuple[object, ...]) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=80).print(table(columns, rows))
    return out.getvalue().splitlines()


def test_a_verdict_stands_whole_in_eighty_columns() -> None:
    row = (PAGE, "RU", "unknown", "tls timeout", "registration", RULE)
    lines = drawn(HEADS, row)
    assert max(map(len, lines)) <= 80
    assert "…" not in "".join(lines)
    folded = lines[0].index("cc")
    assert "".join(line[:folded].strip() for line in lines[1:]) == PAGE
    assert RULE in lines[1]


def test_an_address_is_whole_and_a_sentence_wraps() -> None:
    address = "2001:db8:1111:2222:3333:4444:5555:6666"
    lines = drawn(("=address", "because", "#n"), (address, "word " * 20, 1_000_000))
    assert address in lines[1]
    assert "1,000,000" in lines[1]
    assert "".join(lines).count("word") == 20
