"""``/robots.txt``: what programs that collect pages may take."""

from litestar import MediaType, Response, get

# A question can be asked of any moment, so its pages have no end; each page without one is there
# to be found, in both languages.
ROBOTS = """User-agent: *
Allow: /*?lang=
Disallow: /*?
Disallow: /map/tiles/
"""
DAY = 86_400  # seconds


@get("/robots.txt", include_in_schema=False)
async def robots() -> Response[str]:
    """What programs that collect pages may take: all that is no question."""
    headers = {"Cache-Control": f"public, max-age={DAY}"}
    return Response(ROBOTS, media_type=MediaType.TEXT, headers=headers)
