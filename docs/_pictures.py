"""The pictures of the site's pages in docs/pictures: ``python docs/_pictures.py`` makes them anew.

It reads real registers, names and measurements into an observatory of its own, serves it, and
looks at it with Debian's Chromium, wide and narrow, in both languages.
"""

import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from browsing import chromium, served  # noqa: E402  (the tests' own browser and server)

SHARED = Path(os.environ.get("OVERBLOCK_SHARED", ROOT.parent / "shared"))
OVERBLOCK = (sys.executable, "-c", "from overblock.cli.main import main; main()")
PICTURES = ROOT / "docs" / "pictures"
REGISTER = "ru_zapret_csv"
AT = "2018-05-05"
MOST_BYTES = 100_000
WIDE, NARROW = (1280, 860), (360, 760)
# name, page, size of the window
TAKEN = (
    ("now", "/", WIDE),
    ("check", f"/check?q=52.58.1.1&at={AT}", WIDE),
    ("check-ru", f"/check?q=52.58.1.1&at={AT}&lang=ru", NARROW),
    ("register", f"/registers/{REGISTER}?at={AT}", WIDE),
    ("decisions", f"/registers/{REGISTER}/decisions?at={AT}", WIDE),
    ("map", f"/map?register={REGISTER}&at={AT}", WIDE),
    ("map-ru", f"/map?register={REGISTER}&at={AT}&lang=ru", NARROW),
    ("collateral", f"/collateral?register={REGISTER}&at={AT}", WIDE),
    ("measurements", "/measurements", WIDE),
    ("case", "/cases/telegram-2018", WIDE),
    ("sources", "/sources", WIDE),
)


def make_store(folder: Path) -> Path:
    """An observatory of the Russian register, with names of 2018 and measurements."""
    store = folder / "observatory"
    ooni = SHARED / "samples" / "ooni"
    for words in (
        ("init", store),
        ("ingest", REGISTER, SHARED / "data" / "zi-2012-2015.bundle", "--store", store),
        ("ingest", REGISTER, SHARED / "data" / "ru-rkn-2018-05-05.csv.xz", "--store", store),
        ("ingest", "names_csv", ROOT / "docs" / "howto" / "names-2018.csv", "--store", store),
        ("measurements", "ingest", ooni / "fastpath", ooni / "fastpath_hist", "--store", store),
    ):
        subprocess.run([*OVERBLOCK, *map(str, words)], check=True)  # noqa: S603  (our own program)
    return store


def small(picture: bytes) -> bytes:
    """A screenshot as WebP, as good as its bound allows."""
    image = Image.open(io.BytesIO(picture))
    for quality in (90, 80, 70, 60, 50):
        taken = io.BytesIO()
        image.save(taken, "WEBP", quality=quality, method=6)
        if taken.tell() < MOST_BYTES:
            break
    return taken.getvalue()


def main() -> None:
    """Take each picture."""
    with (
        tempfile.TemporaryDirectory() as folder,
        served(make_store(Path(folder))) as address,
        chromium() as browser,
    ):
        for name, path, (width, height) in TAKEN:
            page = browser.new_page(viewport={"width": width, "height": height})
            page.goto(f"{address}{path}", wait_until="networkidle")
            content = small(page.screenshot())
            (PICTURES / f"site-{name}.webp").write_bytes(content)
            sys.stderr.write(f"{name}: {len(content):,} bytes\n")
            page.close()


if __name__ == "__main__":
    main()
