"""How much a file may unpack to, so that no file can fill the memory or the disk."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds that are kept while bytes come out; sizes that a file declares are not believed.

    The ratio binds only above ``floor_bytes``: a small file of blanks packs a thousand to one and
    harms nobody.  The largest registers known unpack to under 300 MiB, at ratios under 50.
    """

    max_bytes: int = 4 << 30  # of one file, unpacked
    max_ratio: int = 1000  # unpacked to packed
    max_members: int = 200_000  # of one archive
    floor_bytes: int = 64 << 20  # below it any ratio is fair


LIMITS = Limits()
