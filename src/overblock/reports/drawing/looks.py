"""How charts look, and what is done to each that was drawn: plain values, no chart library.

Colours are of the palette of Okabe and Ito, which people with any colour vision tell apart.
"""

import html
import re
from typing import Any

BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#6B6B6B"
INK = "#1A1A1A"
TYPEFACE = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
WIDTH = 760
HOLDERS = ((230, 159, 0), (0, 114, 178), (0, 158, 115))  # on a map: the largest holders of a case
TARGET = (213, 0, 50)  # and the one whom it was about
CONFIG: dict[str, Any] = {
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 13,
        "titleFontSize": 13,
        "titleFontWeight": "normal",
        "titleColor": GREY,
        "labelColor": INK,
        "gridColor": "#E4E4E0",
        "domainColor": "#B8B8B4",
        "tickColor": "#B8B8B4",
    },
    "legend": {"labelFontSize": 13, "titleFontSize": 13, "orient": "bottom"},
    "title": {"color": INK, "fontWeight": "normal", "subtitlePadding": 8},
}


def steady(svg: str) -> str:
    """Number clip paths from 1 in each picture; the renderer counts on through a process."""
    names = dict.fromkeys(re.findall(r'id="(clip\d+)"', svg))
    numbers = {name: f"clip{number}" for number, name in enumerate(names, start=1)}
    return re.sub(r"\bclip\d+\b", lambda found: numbers.get(found[0], found[0]), svg)


def spoken(svg: str, title: str, words: str) -> str:
    """Give an SVG the name and description that a screen reader says."""
    told = f"<title>{html.escape(title)}</title><desc>{html.escape(words)}</desc>"
    return re.sub(r"(<svg\b[^>]*)>", rf'\1 role="img">{told}', svg, count=1)
