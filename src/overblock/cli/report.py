"""``overblock report``: a case or a register as a bundle for a newsroom or a court."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from overblock.cli._options import MOMENT, passphrase_of, store_option

if TYPE_CHECKING:
    from overblock.reports.document.bundle import Wishes


@click.command("report")
@click.argument("subject")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The folder to make.",
)
@click.option(
    "--lang",
    "languages",
    type=click.Choice(("en", "ru")),
    multiple=True,
    help="A language of the page and the PDF; may be repeated. Without it: both.",
)
@click.option(
    "--key",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Sign the manifest with this key, see `overblock keys`.",
)
@click.option("--stamp", help="Address of an authority (RFC 3161) that shall stamp the manifest.")
@click.option(
    "--redact",
    is_flag=True,
    help="Leave out of every file what tells who complained or whose probe it was.",
)
@click.option("--at", type=MOMENT, help="Of a register of the observatory: the moment, in UTC.")
@store_option
def command(
    subject: str,
    out: Path,
    languages: tuple[str, ...],
    key: Path | None,
    stamp: str | None,
    *,
    redact: bool,
    store: Path,
    at: datetime | None,
) -> None:
    """Write the report on SUBJECT as a bundle.

    SUBJECT is a case, a folder of one, a register file, or a register of the observatory.

    The bundle holds one page (HTML) and one PDF a language, every number (JSON), the data, the
    charts, the files it all rests on, and a manifest that names each of them by its digest.
    `overblock verify` computes every figure anew from it.

    \b
    Examples:
      overblock report telegram-2018 -o out/telegram-2018
      overblock report my-case -o out/my-case --lang ru --key key.pem
      overblock report my-case -o out/to-publish --redact
      overblock report dump.csv.xz -o out/tonight
      overblock report ru_zapret_csv --at 2015-06-01 -o out/then
    """
    from overblock.reports.drawing.renderer import start_apart

    start_apart()  # it warms up while the subject is read
    from overblock.reports.document.bundle import write_bundle
    from overblock.reports.document.subjects import subject_named

    wishes = _wishes(languages, key, stamp, redact=redact)
    written = write_bundle(subject_named(subject, store=store, at=at), out, wishes)
    click.echo(f"written to {written}", err=True)
    _warn(written)


def _wishes(
    languages: tuple[str, ...], key: Path | None, stamp: str | None, *, redact: bool
) -> "Wishes":
    from overblock.custody.keys import load_key
    from overblock.reports.document.bundle import Wishes
    from overblock.reports.document.words import LANGUAGES

    return Wishes(
        languages=[name for name in LANGUAGES if not languages or name in languages],
        made_at=datetime.now(UTC),
        key=load_key(key, passphrase_of()) if key else None,
        authority=stamp,
        redact=redact,
    )


def _warn(written: Path) -> None:
    """Say how much of a bundle tells of people: who publishes it should know."""
    from overblock.reports.document.redacting import telling_in

    if telling := sum(one.values for one in telling_in(written)):
        values = "value tells" if telling == 1 else "values tell"
        click.echo(f"{telling} {values} of people; --redact leaves that out", err=True)
