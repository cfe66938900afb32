"""``overblock``: the one place where errors become a line on stderr and an exit code.

Commands are imported when they are called, so that ``--help`` starts at once.
"""

import io
import os
import sys
from importlib import import_module
from typing import Never, TextIO

import click

from overblock import __version__
from overblock.errors import OverblockError, StoreFull

COMMANDS = {
    "demo": "The documented case of 2018, from the bundled figures; no network needed.",
    "init": "Make a new observatory folder.",
    "sources": "Every source: publisher, licence, newest snapshot, age and health.",
    "ingest": "Read registers and tables of holders into an observatory.",
    "resolve": "Ask resolvers for the addresses of many names.",
    "extent": "How much address space a register or a file lists, and under what.",
    "history": "The extent of a register over time.",
    "diff": "What changed in a register between two moments.",
    "check": "One answer for an address, network, name or page.",
    "collateral": "Which names that nobody named are hit by what is listed.",
    "impact": "Which names a change of a register hit or freed.",
    "cotenants": "Who shares an address with a name, or lives on an address.",
    "dead": "Listed addresses that hit others than the sites that their orders name.",
    "verdicts": "What measurements mean: whether they show blocking, how, and by which rule.",
    "events": "When blocking began and ended, in which networks, and how sure that is.",
    "audience": "Whether an audience changed at an event, by whose count, and by how much.",
    "watch": "Which of one's own servers are listed, and what changed since last time.",
    "measurements": "Measurements of OONI's probes: read in, list, show one in full.",
    "case": "Replay a documented case: figures, claims, charts; check or begin one.",
    "report": "A case or a register for a newsroom or a court: page, PDF, data, manifest.",
    "verify": "Check a report's bundle: every file, and every figure computed anew.",
    "stamps": "Time stamps of what the observatory keeps, by an authority's word.",
    "serve": "The observatory on the web: pages, each with its data beside it.",
    "keys": "Keys of your own, to sign reports with.",
}
INTERRUPTED = 130  # as shells say it: 128 and the number of the signal
BROKEN_PIPE = 141
STREAMS = (  # how what stands in for one that was closed is opened: stdout so that writing fails
    ("stdin", "r", os.O_RDONLY),
    ("stdout", "w", os.O_RDONLY),
    ("stderr", "w", os.O_WRONLY),
)


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Commands in the order of a newcomer's way."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, from the module of that name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"overblock.cli.{cmd_name}").command
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; click itself would end with 1 where the reader of a pipe has left."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise click.exceptions.Exit(BROKEN_PIPE) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="overblock")
def cli() -> None:
    """An observatory of internet blocking, and of what a block hits besides its target.

    Start with `overblock demo`. Data goes to stdout, all else to stderr.
    """


def main() -> Never:
    """Run the command line; the exit code is that of the error tree."""
    _fill_closed()
    for stream in (sys.stdout, sys.stderr):
        _speak_utf8(stream)
    try:
        code = cli.main(standalone_mode=False)
        sys.stdout.flush()  # the disk may have no room for what is still in the buffer
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except click.exceptions.Exit as error:
        code = error.exit_code
    except (KeyboardInterrupt, click.exceptions.Abort):
        code = _say("interrupted; what was stored before is whole", INTERRUPTED)
    except OverblockError as error:
        code = _say(str(error), error.exit_code)
    except BrokenPipeError:
        code = BROKEN_PIPE
    except OSError as error:
        if error.filename is None and error.errno is None:
            raise
        code = _say(f"{error.strerror}: {error.filename or 'writing'}", StoreFull.exit_code)
    _empty_buffer()
    sys.exit(code if isinstance(code, int) else 0)


def _fill_closed() -> None:
    """Put something in the place of standard streams that were closed: a file would take it.

    There is nothing to be read then, what is told is lost, and that data cannot be written is an
    error as on a full disk.
    """
    for number, (name, mode, flags) in enumerate(STREAMS):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, flags)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115  (as long as the process lives)


def _speak_utf8(stream: TextIO) -> None:
    """Write data as UTF-8 whatever the locale is; a terminal gets what it can show."""
    if isinstance(stream, io.TextIOWrapper):
        encoding = stream.encoding if stream.isatty() else "utf-8"
        stream.reconfigure(encoding=encoding, errors="backslashreplace")


def _empty_buffer() -> None:
    """Leave nothing for Python to write at its end: it would complain anew, with its own code."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(message: str, code: int) -> int:
    click.echo(f"overblock: {' '.join(message.split())}", err=True)
    return code
