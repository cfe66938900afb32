"""``/charts/vega-<version>.js``: Vega, from this site, for those who ask for a chart that moves.

vl-convert carries the very libraries that draw the pictures, so nothing is fetched and nothing
is copied into the repository.  The bundle is made at its first request and then kept: it takes
seconds.  It is no part of any page until a reader asks for it.
"""

from functools import cache
from importlib.metadata import version

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from overblock.reports.drawing.renderer import vega_script
from overblock.web.asking import Asking

FOREVER = "public, max-age=31536000, immutable"
SNIPPET = "window.vegaEmbed = vegaEmbed;"


@cache
def vega_path() -> str:
    """Where the bundle stands: its address names the version that it is of."""
    return f"/charts/vega-{version('vl-convert-python')}.js"


@get("/charts/{name:str}", include_in_schema=False)
async def vega_bundle(answers: Asking, name: FromPath[str]) -> Response[str]:
    """The bundle."""
    if f"/charts/{name}" != vega_path():
        raise NotFoundException("no such file here")
    made = await answers.make(("vega", name), lambda: vega_script(SNIPPET))
    return Response(made, media_type="text/javascript", headers={"Cache-Control": FOREVER})
