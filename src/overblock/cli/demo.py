"""``overblock demo``: the main job on the bundled case, no network needed."""

from pathlib import Path

import click

from overblock.cli._options import Render, format_option
from overblock.cli.case import show_case

DEMO = "telegram-2018"


@click.command("demo")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("out") / DEMO,
    show_default=True,
    help="Where tables, charts and the map go.",
)
@format_option
def command(out: Path, render: Render) -> None:
    """Replay the block of Telegram in 2018 from its bundled, documented figures.

    Prints one screen and writes tables, charts and the map of IPv4; needs no network.
    """
    show_case(DEMO, out, None, render, force=True)
    click.echo("next: overblock extent YOUR-REGISTER-FILE, or overblock init", err=True)
