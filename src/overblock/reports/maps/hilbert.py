"""The map of IPv4 space: what an order took from the internet, in one glance.

The square is a Hilbert curve through all 2**32 addresses, so that every network is one patch and
neighbours stay neighbours; each /8 block is a square with its number in the corner.  Sizes are
true: a patch of a hundredth of the map is a hundredth of all addresses.  What is smaller than a
pixel is drawn as one whole pixel, and sets that would drown so are ringed.
"""

import io
import ipaddress
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, PngImagePlugin

from overblock.addresses.hilbert import density, hilbert_xy
from overblock.addresses.intervals import IntervalSet
from overblock.reports.maps.lettering import Colour, Lettering, room

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
    each_once: str = "IPv4 addresses, each once"
    of_all: str = "of all there are"  # after the share of all addresses
    reserved: str = "not for public hosts"
    number: Callable[[int], str] = "{:,}".format
    percent: Callable[[float], str] = lambda share: f"{100 * share:.2f} %"  # of a share


def draw_map(layers: Sequence[Layer], text: MapText, *, description: str) -> bytes:
    """Draw layers, later ones over earlier ones, as a PNG whose ``description`` is its alt text."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    picture.paste(_land(), (LEFT, TOP))
    for layer in layers:
        _paint(picture, layer)
    canvas = _Canvas(ImageDraw.Draw(picture), Lettering(WIDTH, HEIGHT), text)
    canvas.draw_grid(layers)
    for layer in layers:
        if layer.ringed:
            canvas.draw_rings(layer)
        if layer.named and layer.addresses.size:
            canvas.draw_name(layer)
    canvas.draw_title()
    canvas.draw_legend(layers)
    return _png(canvas.letters.drawn_on(picture), description)


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


@dataclass(frozen=True, slots=True)
class _Canvas:
    """A map while it is drawn: lines and patches by the pen, words by the letters over them."""

    pen: ImageDraw.ImageDraw
    letters: Lettering
    text: MapText

    def draw_grid(self, layers: Sequence[Layer]) -> None:
        """The /8 blocks with their numbers."""
        hit = {
            block
            for layer in layers
            for first, until in zip(layer.addresses.starts, layer.addresses.ends, strict=True)
            for block in range(int(first) >> 24, (int(until) - 1 >> 24) + 1)
        }
        for line in range(17):
            at = line * BLOCK
            colour, width = (FAINT, 2) if line % 8 == 0 else (GRID, 1)
            self.pen.line((LEFT + at, TOP, LEFT + at, TOP + SIDE), fill=colour, width=width)
            self.pen.line((LEFT, TOP + at, LEFT + SIDE, TOP + at), fill=colour, width=width)
        for block in range(256):
            x, y = _corner(block)
            ink, size = (INK, 18) if block in hit else (FAINT, 16)
            self._label((LEFT + x + 5, TOP + y + 3), f"{block}", size, ink)

    def _label(
        self, at: tuple[float, float], words: str, size: float, ink: Colour, *, end: bool = False
    ) -> None:
        """Words that stay readable on any colour."""
        self.letters.write(at, words, size, ink, end=end, halo=LAND)

    def draw_rings(self, layer: Layer) -> None:
        """A ring around each patch of a layer, and its name beside it."""
        middles = (layer.addresses.starts + layer.addresses.ends) >> np.uint64(1)
        x, y = hilbert_xy(middles >> np.uint64(2 * (16 - ORDER)), ORDER)
        scale = SIDE / (1 << ORDER)
        points = zip((x * scale + LEFT).tolist(), (y * scale + TOP).tolist(), strict=True)
        for across, along in _apart(points):
            box = (across - RING, along - RING, across + RING, along + RING)
            self.pen.ellipse(box, outline=PAPER, width=7)
            self.pen.ellipse(box, outline=layer.colour, width=4)
            beside = RING + 6
            right = across + beside + room(layer.label, NAME) < LEFT + SIDE
            low = min(_under_numbers(along), TOP + SIDE - NAME - 8)
            at = (across + beside if right else across - beside, low)
            self._label(at, layer.label, NAME, layer.colour, end=not right)

    def draw_name(self, layer: Layer) -> None:
        """Name the largest patch of a layer beside it, under the numbers of the blocks there."""
        held = layer.addresses
        largest = int(np.argmax(held.ends - held.starts))
        first, until = int(held.starts[largest]), int(held.ends[largest])
        box = _bounds(first, until)
        words = f"{_written(first, until)}  ({self.text.number(until - first)})"
        right = box[2] + 14 + room(words, NAME) < LEFT + SIDE
        at = (box[2] + 14 if right else box[0] - 14, _under_numbers((box[1] + box[3]) / 2))
        self._label(at, words, NAME, INK, end=not right)

    def draw_title(self) -> None:
        """What stands over the map and under it."""
        size = min(54.0, 54 * (WIDTH - 2 * LEFT) / max(room(self.text.title, 54), 1))
        self.letters.write((LEFT, 30), self.text.title, size, INK)
        self.letters.write((LEFT, 104), self.text.subtitle, 28, GREY)
        y = TOP + SIDE + 20
        for note in self.text.notes:
            self.letters.write((LEFT, y), note, 22, GREY)
            y += 32

    def draw_legend(self, layers: Sequence[Layer]) -> None:
        """The total, and each layer with its size."""
        text, write = self.text, self.letters.write
        total = _union(layers)
        y = TOP - 4
        write((PANEL, y), text.total_label, 26, GREY)
        write((PANEL, y + 36), text.number(total.size), 62, INK)
        write((PANEL, y + 112), text.each_once, 26, GREY)
        share = text.percent(total.size / 2**32)
        write((PANEL, y + 146), f"{share} {text.of_all}", 26, GREY)
        y += 226
        for layer in layers:
            self.pen.rectangle((PANEL, y + 4, PANEL + 34, y + 38), fill=layer.colour)
            write((PANEL + 50, y), layer.label, 28, INK)
            write((PANEL + 50, y + 34), text.number(layer.addresses.size), 26, GREY)
            y += 84
        self.pen.rectangle((PANEL, y + 4, PANEL + 34, y + 38), fill=RESERVED, outline=GRID)
        write((PANEL + 50, y), text.reserved, 28, INK)
        self._draw_scale(layers, y + 110)

    def _draw_scale(self, layers: Sequence[Layer], y: float) -> None:
        """All that is shown and the ringed part of it as squares of true size to each other."""
        whole = _union(layers).size
        part = _union([layer for layer in layers if layer.ringed]).size
        if not (whole and part):
            return
        text, write = self.text, self.letters.write
        side = 360.0
        small = side * math.sqrt(part / whole)
        write((PANEL, y), text.compared[0], 26, GREY)
        y += 42
        self.pen.rectangle((PANEL, y, PANEL + side, y + side), fill=(214, 214, 209))
        ringed = next(layer for layer in layers if layer.ringed)
        left, top = PANEL + side - 24 - small, y + side - 24 - small
        self.pen.rectangle((left, top, left + small, top + small), fill=ringed.colour)
        write((left - 14, top + small / 2 - 17), text.compared[1], 26, INK, end=True)
        y += side + 28
        write((PANEL, y), text.percent((whole - part) / whole), 62, INK)
        write((PANEL, y + 76), text.remainder, 26, GREY)


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
    return str(networks[0]) if len(networks) == 1 else f"{ends[0]} \N{EN DASH} {ends[1]}"


def _apart(points: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points of which none lies within another's ring."""
    kept: list[tuple[float, float]] = []
    for point in points:
        if all(math.dist(point, other) > RING for other in kept):
            kept.append(point)
    return kept


def _union(layers: Sequence[Layer]) -> IntervalSet:
    starts = np.concatenate([np.empty(0, np.uint64), *(one.addresses.starts for one in layers)])
    ends = np.concatenate([np.empty(0, np.uint64), *(one.addresses.ends for one in layers)])
    return IntervalSet.of(starts, ends)


def _png(picture: Image.Image, description: str) -> bytes:
    words = PngImagePlugin.PngInfo()
    words.add_itxt("Description", description)
    words.add_text("Software", "overblock")
    target = io.BytesIO()
    picture.save(target, "PNG", pnginfo=words)
    return target.getvalue()
