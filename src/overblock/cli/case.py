"""``overblock case`` and what ``overblock demo`` shares with it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from overblock.cli._options import Render, Rows, format_option

if TYPE_CHECKING:
    from overblock.reports.cases.answer import CaseReport


class CaseGroup(click.Group):
    """A group in which a word that is no command of it names a case."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Replay the case where no command is named."""
        words = [word for word in args if not word.startswith("-")]
        if words and words[0] not in self.commands:
            args = ["replay", *args]
        return super().parse_args(ctx, args)


@click.group("case", cls=CaseGroup)
def command() -> None:
    """Replay a documented case, check one that you write, or begin one.

    `overblock case NAME` replays a bundled case, or a folder of your own; a folder that is called
    like a command is written ./validate.

    \b
    Examples:
      overblock case telegram-2018 -o out/telegram-2018
      overblock case new my-case
      overblock case validate my-case
    """


@command.command("replay")
@click.argument("name")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path, file_okay=False), help="Write all of it here."
)
@click.option(
    "--register",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="A register file of that time, to set the case beside.",
)
@click.option("--force", is_flag=True, help="Write over what an earlier run left in --out.")
@format_option
def replay(
    name: str, out: Path | None, register: Path | None, render: Render, *, force: bool
) -> None:
    """Replay a documented case: NAME of a bundled one, or a folder of your own.

    Prints one screen; with --out it also writes tables (CSV and Parquet), charts (SVG), the map of
    IPv4 (PNG) and the whole report (JSON).

    \b
    Examples:
      overblock case telegram-2018 -o out/telegram-2018
      overblock case telegram-2018 --register dump.csv.xz
    """
    show_case(name, out, register, render, force=force)


@command.command("validate")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def validate(folder: Path) -> None:
    """Say what is wrong with the case in FOLDER: which file, which row, which value.

    Prints a line for each problem; the exit code is 5 where there is any.
    """
    from overblock.cases.validation import hints_of, problems_of
    from overblock.cli._text import plain
    from overblock.errors import CaseError
    from overblock.reports.document.words import LANGUAGES

    problems = problems_of(folder.resolve())
    for problem in problems:
        click.echo(plain(problem))
    if problems:
        raise CaseError(f"{folder}: {len(problems)} problem{'s' if len(problems) > 1 else ''}")
    for hint in hints_of(folder.resolve(), (name for name in LANGUAGES if name != "en")):
        click.echo(f"hint: {plain(hint)}", err=True)
    click.echo(f"{folder} is a sound case", err=True)


@command.command("new")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--table",
    "tables",
    multiple=True,
    help="A table that it shall have; may be repeated. Without it: claims, timeline, events, "
    "affected.",
)
def new(folder: Path, tables: tuple[str, ...]) -> None:
    """Begin a case in FOLDER: its files with their columns, to be filled in.

    What is missing, `overblock case validate` lists.
    """
    from overblock.cases.case_tables import FORMS
    from overblock.cases.drafting import USUAL, draft_case
    from overblock.errors import UsageError

    if strange := sorted(set(tables) - set(FORMS)):
        raise UsageError(f"no table is called {strange[0]!r}; there are: {', '.join(FORMS)}")
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty; a case begins in a folder of its own")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in draft_case(folder.resolve().name, tables or USUAL).items():
        (folder / name).write_text(text, encoding="utf-8")
    click.echo(f"{folder} begun: fill in case.toml first", err=True)


def show_case(
    name: str, out: Path | None, register: Path | None, render: Render, *, force: bool
) -> None:
    """Replay, write if asked, and print."""
    if out is not None:
        from overblock.reports.drawing.renderer import start_apart

        start_apart()  # it warms up while the case is read
    from overblock.cases.loading import load_case
    from overblock.reports.cases.case import replay_case
    from overblock.reports.cases.files import write_case

    case = load_case(name)
    if register is None:
        report = replay_case(case)
    else:
        from overblock.cli._files import reading_of

        reading = reading_of(str(register))
        report = replay_case(case, reading.rows, published_at=reading.published_at)
    if out is not None:
        written = write_case(report, out, force=force)
        click.echo(f"written to {written}", err=True)
    render(report, lambda: _rows(report), lambda: _show(report))


def _rows(report: "CaseReport") -> Rows:
    from overblock.reports.cases.answer import table

    return table(report, "claims").iter_rows(named=True)


def _show(report: "CaseReport") -> None:
    from overblock.cli import _tables
    from overblock.reports.cases.screen import render_case

    _tables.console().print(render_case(report))
