"""The example of the page of audiences: what the command says of a documented case."""

from click.testing import CliRunner

from overblock.cli.main import cli

COMMAND = "audience telegram-2026 --event 2026-01-01 --metric mediascope_monthly_reach"


def example() -> str:
    """The command and what it prints now, a fenced block each."""
    done = CliRunner().invoke(cli, COMMAND.split(), catch_exceptions=False)
    printed = "\n".join(line.rstrip() for line in done.stdout.splitlines())
    return f"```sh\noverblock {COMMAND}\n```\n\n```text\n{printed}\n```\n"
