"""Words on a picture, in the letters of any language of the reports.

They are drawn at once by the renderer of the charts, which carries a typeface with Latin and
Cyrillic letters, so that a map looks the same on every machine and like the charts beside it.
"""

import io
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape

from PIL import Image

from overblock.reports.drawing.renderer import draw_pixels

Colour = tuple[int, int, int]

HALO = 'stroke-width="4" stroke-linejoin="round" paint-order="stroke"'
TYPEFACE = "Liberation Sans"  # in the renderer itself
ASCENT = 0.93  # of the size: from the top of a line down to its base
WIDTH = 0.58  # of the size: a letter's, as near as is needed to tell whether words have room


@dataclass(slots=True)
class Lettering:
    """What is to be written on a picture; positions are of the top of a line, in pixels."""

    width: int
    height: int
    _written: list[str] = field(default_factory=list)

    def write(  # noqa: PLR0913  (a word on a picture is as much)
        self,
        at: tuple[float, float],
        words: str,
        size: float,
        ink: Colour,
        *,
        end: bool = False,
        halo: Colour | None = None,
    ) -> None:
        """Words that begin at a place, or end there; a halo keeps them readable on any colour."""
        around = f' stroke="{_hex(halo)}" {HALO}' if halo else ""
        anchor = ' text-anchor="end"' if end else ""
        place = f'x="{at[0]:.1f}" y="{at[1] + ASCENT * size:.1f}" font-size="{size:g}"{anchor}'
        self._written.append(f'<text {place} fill="{_hex(ink)}"{around}>{escape(words)}</text>')

    def drawn_on(self, picture: Image.Image) -> Image.Image:
        """The picture with all of it, drawn as one: so edges of letters meet what is below."""
        written = draw_pixels("".join(self._svg(picture)))
        with Image.open(io.BytesIO(written)) as whole:
            return whole.convert("RGB")

    def _svg(self, picture: Image.Image) -> Iterator[str]:
        below = io.BytesIO()
        picture.save(below, "PNG", compress_level=1)
        size = f'width="{self.width}" height="{self.height}"'
        yield f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{TYPEFACE}">'
        yield f'<image {size} image-rendering="optimizeSpeed" '
        yield f'href="data:image/png;base64,{b64encode(below.getvalue()).decode()}"/>'
        yield from self._written
        yield "</svg>"


def room(words: str, size: float) -> float:
    """About how many pixels words are long."""
    return WIDTH * size * len(words)


def _hex(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
