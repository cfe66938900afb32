"""``overblock keys``: keys of one's own, to sign reports with."""

from pathlib import Path

import click

from overblock.cli._options import passphrase_of


@click.group("keys")
def command() -> None:
    """Make and show the keys that reports are signed with (Ed25519).

    A passphrase is taken from the environment variable OVERBLOCK_PASSPHRASE; without one the key
    is not encrypted. What others know a key by is its fingerprint: publish that where people will
    believe it.

    \b
    Example:
      overblock keys new ~/overblock.pem
    """


@command.command("new")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
def new(path: Path) -> None:
    """Make a key in the new file PATH, which only its owner can read; prints its fingerprint."""
    from overblock.custody.keys import make_key

    click.echo(make_key(path, passphrase_of()))


@command.command("show")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
def show(path: Path) -> None:
    """Print the fingerprint of the key in PATH."""
    from overblock.custody.keys import fingerprint, load_key

    click.echo(fingerprint(load_key(path, passphrase_of()).public_key()))
