"""``overblock serve``: the observatory on the web."""

from pathlib import Path

import click

from overblock.cli._options import store_option

ASKED_A_MINUTE = 300


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: any free."
)
@click.option(
    "--most-a-minute",
    type=click.IntRange(min=0),
    default=ASKED_A_MINUTE,
    show_default=True,
    help="Questions of one client; 0 counts nobody, as where all come through one proxy.",
)
@store_option
def command(host: str, port: int, most_a_minute: int, store: Path) -> None:
    """Show the observatory as pages, each with its data beside it.

    It only reads, also while others write. No visitor's address is kept or logged, and nothing
    that a visitor names is fetched. Ends at Ctrl-C.

    \b
    Examples:
      overblock serve
      overblock serve --store observatory --port 8080
    """
    import uvicorn

    from overblock.cli._options import open_if_there
    from overblock.web.app import create_app

    if open_if_there(store) is None:
        click.echo(f"{store} is no observatory yet: only the cases that ship are shown", err=True)
    click.echo(f"listening on {host}, port {port or 'as the system chooses'}", err=True)
    uvicorn.run(
        create_app(store, asked_a_minute=most_a_minute),
        host=host,
        port=port,
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_keep_alive=20,
    )
