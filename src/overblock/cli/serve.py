"""``overblock serve``: the observatory on the web."""

from pathlib import Path

import click

from overblock.cli._options import store_option

ASKED_A_MINUTE = 300
MOST_WORKERS = 64


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: any free."
)
@click.option(
    "--workers",
    type=click.IntRange(1, MOST_WORKERS),
    default=1,
    show_default=True,
    help="Processes that answer: one for each processor.",
)
@click.option(
    "--most-a-minute",
    type=click.IntRange(min=0),
    default=ASKED_A_MINUTE,
    show_default=True,
    help="Questions of one client, of all workers together; 0 counts nobody.",
)
@click.option(
    "--proxied",
    metavar="HOSTS",
    default="",
    help="Proxies, with commas, whose X-Forwarded-For says who the client is.",
)
@store_option
def command(
    *, host: str, port: int, workers: int, most_a_minute: int, proxied: str, store: Path
) -> None:
    """Show the observatory as pages, each with its data beside it.

    It only reads, also while others write. No visitor's address is kept or logged, and nothing
    that a visitor names is fetched. A worker that dies is started anew. Ends at Ctrl-C.

    \b
    Examples:
      overblock serve
      overblock serve --store observatory --port 8080 --workers 2
      overblock serve --proxied 127.0.0.1
    """
    from overblock.cli._options import open_if_there
    from overblock.web.serving.sockets import listen, serve

    if open_if_there(store) is None:
        click.echo(f"{store} is no observatory yet: only the cases that ship are shown", err=True)
    with listen(host, port) as opened:
        click.echo(f"listening on {host}, port {opened.getsockname()[1]}", err=True)
        serve(store, opened, workers=workers, asked_a_minute=most_a_minute, proxies=proxied)
