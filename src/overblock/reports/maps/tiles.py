"""Pictures of squares of the map as PNG: a cell is shown in the colour of most that it lists.

What is not listed is see-through, so that a page in the dark stays dark.  The stronger the colour,
the more of the cell is listed; a single address is faint, yet seen.  Space on which no public host
can live is grey.  Colours stand in a palette, so that a picture is some kilobytes.
"""

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from overblock.addresses.hilbert import IPV4_ORDER
from overblock.addresses.intervals import IntervalSet
from overblock.addresses.squares import Along, Square, count_along, curve
from overblock.errors import BadAddress
from overblock.reports.drawing.renderer import draw_pixels
from overblock.reports.maps.answer import special_space
from overblock.reports.maps.timeline import LayerFact, Timeline

TILE_ORDER = 9  # 512 pixels a side
PICTURE_ORDER = 10  # 1,024
MOST_LEVEL = 12  # a square of /24
STEPS = ((0.0, 128), (1 / 256, 176), (1 / 16, 216), (1 / 4, 255))  # above this share, so opaque
GREY = (128, 128, 128, 72)

Pixels = NDArray[np.uint8]  # (side, side), places in the palette


def square_at(level: int, x: int, y: int) -> Square:
    """A square that a visitor names.

    Raises:
        BadAddress: the map has none there.
    """
    if not (0 <= level <= MOST_LEVEL and 0 <= x < 1 << level and 0 <= y < 1 << level):
        raise BadAddress(f"the map has no square {level}/{x}/{y}: 0 to {MOST_LEVEL} are its levels")
    return Square(level, x, y)


def draw_square(timeline: Timeline, change: int, square: Square, order: int) -> bytes:
    """A square at a moment as PNG, ``2**order`` pixels a side."""
    pixels = paint(timeline.layers_at(change), square, order)
    picture = Image.fromarray(pixels, "P")
    colours = palette(timeline.layers)
    picture.putpalette([value for colour in colours for value in colour[:3]])
    target = io.BytesIO()
    opaque = bytes(colour[3] for colour in colours)
    picture.save(target, "PNG", transparency=opaque, compress_level=4)
    return target.getvalue()


def print_picture(drawing: str) -> bytes:
    """A drawing of the map in SVG as PNG, 2,048 pixels wide where it is 1,280."""
    with Image.open(io.BytesIO(draw_pixels(drawing, 1.6))) as drawn:
        few = drawn.convert("RGB").quantize(256, method=Image.Quantize.FASTOCTREE)
    target = io.BytesIO()
    few.save(target, "PNG")
    return target.getvalue()


def palette(layers: Sequence[LayerFact]) -> list[tuple[int, int, int, int]]:
    """Nothing, space for no hosts, then the steps of each layer; the last number is how opaque."""
    steps = [(*layer.colour, opaque) for layer in layers for _, opaque in STEPS]
    return [(0, 0, 0, 0), GREY, *steps]


def paint(layers: Sequence[IntervalSet], square: Square, order: int) -> Pixels:
    """Which colour of the palette each pixel has; cells deeper than an address are repeated."""
    cells = min(order, IPV4_ORDER - square.level)
    size = square.size >> 2 * cells
    line = (2 * count_along(special_space(), square, cells) >= size).astype(np.uint8)
    counts = [count_along(one, square, cells) for one in layers]
    listed: Along = np.sum(counts, axis=0)
    hit = np.flatnonzero(listed)
    most = np.argmax([count[hit] for count in counts], axis=0)
    limits = [share * size for share, _ in STEPS[1:]]
    step = np.searchsorted(limits, listed[hit], side="right")
    line[hit] = 2 + most * len(STEPS) + step
    pixels = line[curve(square, cells)]
    side = 1 << order - cells
    return pixels.repeat(side, axis=0).repeat(side, axis=1) if side > 1 else pixels
