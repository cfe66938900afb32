"""The parts of the reference pages that are made from the code.

`make docs` runs cog over the pages; each generated block calls one function of this module and
prints what it returns.  The words lie beside the code (docstrings, meanings of columns, help
texts): here they are only arranged.
"""

import inspect
import re
import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path

import click

from overblock import errors
from overblock.errors import OverblockError
from overblock.reasons import REASONS
from overblock.registers.flags import FLAGS
from overblock.sources import Source, all_sources
from overblock.tables import ALL, Kind, Table

DOCS = Path(__file__).resolve().parent
HELP_WIDTH = 88
FOLDERS = {
    "tutorial": ("Tutorial", "To learn it, from nothing to a first figure."),
    "howto": ("How to", "To get one thing done."),
    "reference": ("Reference", "To look one thing up; made from the code."),
    "explanation": ("Explanation", "To understand why it is so."),
    "decisions": ("Decisions", "What was decided, why, and at what price."),
}
KINDS: dict[Kind, str] = {
    "str": "text",
    "str[]": "list of texts",
    "bool": "yes or no",
    "date": "date",
    "instant": "moment, UTC, microseconds",
    "u8": "integer, 8 bits, unsigned",
    "u16": "integer, 16 bits, unsigned",
    "u32": "integer, 32 bits, unsigned",
    "u64": "integer, 64 bits, unsigned",
    "i64": "integer, 64 bits",
    "f64": "number, 64 bits",
    "bytes": "16 bytes, network order",
}


def tables() -> str:
    """Every table of the data dictionary, with its key and columns."""
    return "\n".join(_table_section(table) for table in ALL)


def _table_section(table: Table) -> str:
    rows = [
        (f"`{column.name}`", KINDS[column.kind], column.meaning, column.null)
        for column in table.columns
    ]
    key = ", ".join(f"`{name}`" for name in table.key)
    columns = _grid(("column", "type", "meaning", "a null says"), rows)
    return f"## {table.name}\n\n{table.meaning}\nKey: {key}.\n\n{columns}"


def sources() -> str:
    """Every source, those that fill one table together."""
    found = all_sources().values()
    filled = {source.fills.name: source.fills for source in found}
    return "\n".join(
        f"## Sources that fill {name}\n\n"
        + "\n".join(_source_section(source) for source in found if source.fills.name == name)
        for name in sorted(filled)
    )


def _source_section(source: Source) -> str:
    facts = [
        ("publisher's page", f"<{source.homepage}>"),
        ("country", source.country or "the world"),
        ("licence", source.licence),
        ("fills", f"[{source.fills.name}](tables.md#{source.fills.name})"),
        ("fewest rows", f"{source.at_least:,}"),
        ("silent after", f"{source.silent_after.days} days without a snapshot"),
        ("file names", f"`{source.files}`"),
    ]
    about = _markdown(inspect.getdoc(sys.modules[source.read.__module__]) or "")
    return f"### {source.name}\n\n{source.title}.\n\n{_grid(('', ''), facts)}\n{about}\n"


def _markdown(docstring: str) -> str:
    """A docstring as a page shows it: its samples are indented blocks already."""
    plain = re.sub(r"``(.+?)``", r"`\1`", docstring)
    return re.sub(r"::$", ":", re.sub(r"^::$", "", plain, flags=re.MULTILINE), flags=re.MULTILINE)


def error_classes() -> list[type[OverblockError]]:
    """Every exception, in the order of the module, which is the order of the tree."""
    found = (value for value in vars(errors).values() if inspect.isclass(value))
    return [value for value in found if issubclass(value, OverblockError)]


def error_tree() -> str:
    """Every exception: what it says, how a command exits, what the web answers."""
    rows = [
        (
            f"`{kind.__name__}`",
            f"`{kind.__bases__[0].__name__}`",
            _first_line(kind),
            str(kind.exit_code),
            str(kind.http_status),
        )
        for kind in error_classes()
    ]
    return _grid(("error", "is a", "meaning", "exit code", "HTTP status"), rows)


def _first_line(documented: object) -> str:
    return (inspect.getdoc(documented) or "").partition("\n")[0]


def reject_reasons() -> str:
    """Every reason a record or value can be rejected for."""
    return _grid(("reason", "meaning"), [(f"`{name}`", said) for name, said in REASONS.items()])


def flags() -> str:
    """What can be wrong with a snapshot as a whole."""
    return _grid(("flag", "meaning"), [(f"`{name}`", said) for name, said in FLAGS.items()])


def answers() -> str:
    """What each command gives as JSON."""
    import _answers  # noqa: PLC0415  (it needs every report; the other pages do not)

    return "\n".join(
        f"## {heading}\n\n{words}\n\n{_grid(('field', 'type', 'meaning'), fields)}"
        for heading, words, fields in _answers.answers()
    )


def commands() -> str:
    """Every command's help, as the terminal shows it."""
    blocks = [f"## {name}\n\n```text\n{text}\n```\n" for name, text in command_helps()]
    return "\n".join(blocks)


def command_helps() -> Iterator[tuple[str, str]]:
    """Each command's full name and help, groups before what is in them."""
    module = import_module("overblock.cli.main")  # here, so that the other pages need no commands
    group = next(found for found in vars(module).values() if isinstance(found, click.Group))
    yield from _walk(group, "overblock", None)


def _walk(
    command: click.Command, name: str, above: click.Context | None
) -> Iterator[tuple[str, str]]:
    context = click.Context(
        command,
        info_name=name.rpartition(" ")[2],
        parent=above,
        terminal_width=HELP_WIDTH,
        max_content_width=HELP_WIDTH,
        **command.context_settings,
    )
    yield name, command.get_help(context).rstrip()
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            if found is not None:
                yield from _walk(found, f"{name} {below}", context)


def _grid(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table."""
    cells = [[_cell(text) for text in row] for row in rows]
    lines = [head, ("---",) * len(head), *cells]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(text: str) -> str:
    """Text as it can stand in a table, code or not."""
    barred = text.replace("|", r"\|")
    return barred if "`" in text else barred.replace("*", r"\*")


def pages() -> str:
    """The map of the pages: those of each folder, by their titles."""
    return "\n".join(
        f"## {heading}\n\n{why}\n\n"
        + "".join(f"- [{title(path)}]({folder}/{path.name})\n" for path in found)
        for folder, (heading, why) in FOLDERS.items()
        if (found := sorted((DOCS / folder).glob("*.md")))
    )


def title(page: Path) -> str:
    """The first heading of a page."""
    with page.open(encoding="utf-8") as lines:
        return next(line.removeprefix("# ").strip() for line in lines if line.startswith("# "))
