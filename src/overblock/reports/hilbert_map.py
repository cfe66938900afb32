"""The map of IPv4 space: what an order took from the internet, in one glance.

The square is a Hilbert curve through all 2**32 addresses, so that every network is one patch and
neighbours stay neighbours; each /8 block is a square with its number in the corner.  Sizes are
true: a patch of a hundredth of the map is a hundredth of all addresses.  What is smaller than a
pixel is drawn as one whole pixel, and sets that would drown so are ringed.
"""

import io
import ipaddress
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont, PngImagePlugin

from overblock.addresses.hilbert import density, hilbert_xy
from overblock.addresses.intervals import IntervalSet

Colour = tuple[int, int, int]

ORDER = 11  # the curve as drawn: a cell is a /22
SIDE = 1536  # pixels of the map: four cells to three pixels, so each /16 has crisp edges
WIDTH, HEIGHT = 2048, 1840
LEFT, TOP = 32, 168  # of the map in the picture
PANEL = LEFT + SIDE + 36  # left edge of the legend
BLOCK = SIDE // 16  # pixels of a /8
PAPER: Colour = (255, 255, 255)
LAND: Colour = (244, 244, 241)
RESERVED: Colour = (226, 226, 222)
GRID: Colour = (203, 203, 198)
FAINT: Colour = (122, 122, 118)
INK: Colour = (26, 26, 26)
GREY: Colour = (90, 90, 90)
UNUSED = (0, 10, 127, *range(224, 256))  # /8 blocks that are not for public hosts (RFC 6890)
RING = 15  # pixels
NAME = 22  # pixels of a name on the map


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A set drawn in one colour, named in the legend."""

    label: str
    colour: Colour
    addresses: IntervalSet
    ringed: bool = False  # too small to be seen: a ring around each patch
    named: bool = False  # write beside its largest patch what that is


@dataclass(frozen=True, slots=True, kw_only=True)
class MapText:
    """The words around the map."""

    title: str
    subtitle: str
    total_label: str  # over the number of all addresses shown
    compared: tuple[str, str]  # words for all layers, and for the ringed ones, drawn to scale
    remainder: str  # after the share of all that is not ringed
    notes: tuple[str, ...]  # lines at the foot: source, date, how to read it


def draw_map(layers: Sequence[Layer], text: MapText, *, description: str) -> bytes:
    """Draw layers, later ones over earlier ones, as a PNG whose ``description`` is its alt text."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    picture.paste(_land(), (LEFT, TOP))
    for layer in layers:
        _paint(picture, layer)
    pen = ImageDraw.Draw(picture)
    _draw_grid(pen, layers)
    for layer in layers:
        if layer.ringed:
            _draw_rings(pen, layer)
        if layer.named and layer.addresses.size:
            _draw_name(pen, layer)
    _draw_title(pen, text)
    _draw_legend(pen, layers, text)
    return _png(picture, description)


def _land() -> Image.Image:
    land = Image.new("RGB", (SIDE, SIDE), LAND)
    pen = ImageDraw.Draw(land)
    for block in UNUSED:
        x, y = _corner(block)
        pen.rectangle((x, y, x + BLOCK - 1, y + BLOCK - 1), fill=RESERVED)
    return land


def _corner(block: int) -> tuple[int, int]:
    """The top left pixel of a /8 block within the map."""
    x, y = hilbert_xy([block], 4)
    return int(x[0]) * BLOCK, int(y[0]) * BLOCK


def _paint(picture: Image.Image, layer: Layer) -> None:
    cells = density(layer.addresses, ORDER)
    share = np.asarray(Image.fromarray(cells).resize((SIDE, SIDE), Image.Resampling.BOX))
    touched: NDArray[np.bool_] = share > 0
    # A network of a few addresses must be seen at all; from a quarter of a pixel on it is full.
    strength = np.where(touched, np.clip(share * 4, 0.55, 1.0), 0.0)
    mask = Image.fromarray((strength * 255).astype(np.uint8))
    picture.paste(Image.new("RGB", (SIDE, SIDE), layer.colour), (LEFT, TOP), mask)


def _draw_grid(pen: ImageDraw.ImageDraw, layers: Sequence[Layer]) -> None:
    hit = {
        block
        for layer in layers
        for first, until in zip(layer.addresses.starts, layer.addresses.ends, strict=True)
        for block in range(int(first) >> 24, (int(until) - 1 >> 24) + 1)
    }
    for line in range(17):
        at = line * BLOCK
        colour, width = (FAINT, 2) if line % 8 == 0 else (GRID, 1)
        pen.line((LEFT + at, TOP, LEFT + at, TOP + SIDE), fill=colour, width=width)
        pen.line((LEFT, TOP + at, LEFT + SIDE, TOP + at), fill=colour, width=width)
    for block in range(256):
        x, y = _corner(block)
        ink = INK if block in hit else FAINT
        _label(pen, (LEFT + x + 5, TOP + y + 3), f"{block}", 18 if block in hit else 16, ink)


def _label(
    pen: ImageDraw.ImageDraw, at: tuple[float, float], words: str, size: float, ink: Colour
) -> None:
    """A number that stays readable on any colour: a thin halo of paper around it."""
    pen.text(at, words, font=_font(size), fill=ink, stroke_width=2, stroke_fill=LAND)


def _draw_rings(pen: ImageDraw.ImageDraw, layer: Layer) -> None:
    middles = (layer.addresses.starts + layer.addresses.ends) >> np.uint64(1)
    x, y = hilbert_xy(middles >> np.uint64(2 * (16 - ORDER)), ORDER)
    scale = SIDE / (1 << ORDER)
    points = zip((x * scale + LEFT).tolist(), (y * scale + TOP).tolist(), strict=True)
    for across, along in _apart(points):
        box = (across - RING, along - RING, across + RING, along + RING)
        pen.ellipse(box, outline=PAPER, width=7)
        pen.ellipse(box, outline=layer.colour, width=4)
        room = pen.textlength(layer.label, font=_font(NAME)) + 2 * RING
        beside = across + RING + 6 if across + room < LEFT + SIDE else across - room
        low = min(_under_numbers(along), TOP + SIDE - NAME - 8)
        _label(pen, (beside, low), layer.label, NAME, layer.colour)


def _draw_name(pen: ImageDraw.ImageDraw, layer: Layer) -> None:
    """Name the largest patch of a layer beside it, under the numbers of the blocks there."""
    held = layer.addresses
    largest = int(np.argmax(held.ends - held.starts))
    first, until = int(held.starts[largest]), int(held.ends[largest])
    box = _bounds(first, until)
    words = f"{_written(first, until)}  ({until - first:,})"
    width = pen.textlength(words, font=_font(NAME))
    middle = (box[1] + box[3]) / 2
    right = box[2] + 14
    beside = right if right + width < LEFT + SIDE else box[0] - 14 - width
    _label(pen, (beside, _under_numbers(middle)), words, NAME, INK)


def _under_numbers(middle: float) -> float:
    """The top of a name set at ``middle``, or lower where it would cover the blocks' numbers."""
    return max(middle - NAME / 2, TOP + (middle - TOP) // BLOCK * BLOCK + 26)


def _bounds(first: int, until: int) -> tuple[float, float, float, float]:
    """The pixels between which a range of addresses lies."""
    cells = np.arange(first >> 16, (until - 1 >> 16) + 1)
    x, y = hilbert_xy(cells, 8)
    cell = SIDE / 256
    left, top = LEFT + float(x.min()) * cell, TOP + float(y.min()) * cell
    return left, top, LEFT + float(x.max() + 1) * cell, TOP + float(y.max() + 1) * cell


def _written(first: int, until: int) -> str:
    """A range of addresses as a network where it is one."""
    ends = ipaddress.IPv4Address(first), ipaddress.IPv4Address(until - 1)
    networks = list(ipaddress.summarize_address_range(*ends))
    return str(networks[0]) if len(networks) == 1 else f"{ends[0]} to {ends[1]}"


def _apart(points: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points of which none lies within another's ring."""
    kept: list[tuple[float, float]] = []
    for point in points:
        if all(math.dist(point, other) > RING for other in kept):
            kept.append(point)
    return kept


def _draw_title(pen: ImageDraw.ImageDraw, text: MapText) -> None:
    pen.text((LEFT, 30), text.title, font=_font(54), fill=INK)
    pen.text((LEFT, 104), text.subtitle, font=_font(28), fill=GREY)
    y = TOP + SIDE + 20
    for note in text.notes:
        pen.text((LEFT, y), note, font=_font(22), fill=GREY)
        y += 32


def _draw_legend(pen: ImageDraw.ImageDraw, layers: Sequence[Layer], text: MapText) -> None:
    total = _union(layers)
    y = TOP - 4
    pen.text((PANEL, y), text.total_label, font=_font(26), fill=GREY)
    pen.text((PANEL, y + 36), f"{total.size:,}", font=_font(62), fill=INK)
    pen.text((PANEL, y + 112), "IPv4 addresses, each once", font=_font(26), fill=GREY)
    share = 100 * total.size / 2**32
    pen.text((PANEL, y + 146), f"{share:.2f} % of all there are", font=_font(26), fill=GREY)
    y += 226
    for layer in layers:
        pen.rectangle((PANEL, y + 4, PANEL + 34, y + 38), fill=layer.colour)
        pen.text((PANEL + 50, y), layer.label, font=_font(28), fill=INK)
        pen.text((PANEL + 50, y + 34), f"{layer.addresses.size:,}", font=_font(26), fill=GREY)
        y += 84
    pen.rectangle((PANEL, y + 4, PANEL + 34, y + 38), fill=RESERVED, outline=GRID)
    pen.text((PANEL + 50, y), "not for public hosts", font=_font(28), fill=INK)
    _draw_scale(pen, layers, text, y + 110)


def _draw_scale(pen: ImageDraw.ImageDraw, layers: Sequence[Layer], text: MapText, y: float) -> None:
    """All that is shown and the ringed part of it as two squares of true size to each other."""
    whole = _union(layers).size
    part = _union([layer for layer in layers if layer.ringed]).size
    if not (whole and part):
        return
    side = 360.0
    small = side * math.sqrt(part / whole)
    pen.text((PANEL, y), text.compared[0], font=_font(26), fill=GREY)
    y += 42
    pen.rectangle((PANEL, y, PANEL + side, y + side), fill=(214, 214, 209))
    ringed = next(layer for layer in layers if layer.ringed)
    left, top = PANEL + side - 24 - small, y + side - 24 - small
    pen.rectangle((left, top, left + small, top + small), fill=ringed.colour)
    words = text.compared[1]
    width = pen.textlength(words, font=_font(26))
    pen.text((left - width - 14, top + small / 2 - 17), words, font=_font(26), fill=INK)
    y += side + 28
    pen.text((PANEL, y), f"{100 * (whole - part) / whole:.2f} %", font=_font(62), fill=INK)
    pen.text((PANEL, y + 76), text.remainder, font=_font(26), fill=GREY)


def _union(layers: Sequence[Layer]) -> IntervalSet:
    starts = np.concatenate([np.empty(0, np.uint64), *(one.addresses.starts for one in layers)])
    ends = np.concatenate([np.empty(0, np.uint64), *(one.addresses.ends for one in layers)])
    return IntervalSet.of(starts, ends)


def _font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The typeface that Pillow carries with it, so that the map looks the same everywhere."""
    return ImageFont.load_default(size)


def _png(picture: Image.Image, description: str) -> bytes:
    words = PngImagePlugin.PngInfo()
    words.add_itxt("Description", description)
    words.add_text("Software", "overblock")
    target = io.BytesIO()
    picture.save(target, "PNG", pnginfo=words)
    return target.getvalue()
