"""A ``dump.xml`` of any length, made up: the same seed gives the same bytes.

Its entries have the shape of those of 2014 to 2018 (a URL, a name and one to a few addresses,
many by address alone), and one in five hundred is spelt as no writer but a careless one would.
"""

import random
from collections.abc import Iterator

HEAD = (
    '<?xml version="1.0" encoding="windows-1251"?><reg:register '
    'updateTime="2018-04-16T23:46:00+03:00" updateTimeUrgently="2018-04-16T23:40:00+03:00" '
    'formatVersion="2.3" xmlns:reg="http://rsoc.ru" xmlns:tns="http://rsoc.ru">'
)
TAIL = "</reg:register>"
AUTHORITIES = ("Роскомнадзор", "ФСКН", "Роспотребнадзор", "Генпрокуратура", "суд", "ФНС")
BLOCK = 500  # entries written at a time


def chunks(n_bytes: int, seed: int) -> Iterator[bytes]:
    """The file in pieces, at least ``n_bytes`` long in all."""
    rng = random.Random(seed)
    yield HEAD.encode("cp1251")
    number, written = 0, 0
    while written < n_bytes:
        entries = [_entry(rng, number + at) for at in range(BLOCK)]
        entries[0] = entries[0].replace('"', "'").replace("<ip>", "<ip >")
        block = "".join(entries).encode("cp1251")
        number, written = number + BLOCK, written + len(block)
        yield block
    yield TAIL.encode("cp1251")


def _entry(rng: random.Random, number: int) -> str:
    day = f"{rng.randint(2012, 2018)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    urgent = ' urgencyType="1"' if rng.random() < 0.07 else ""
    name = f"{rng.choice(('www.', ''))}site{rng.randrange(10**6)}.example"
    page = f"http://{name}/a/{rng.randrange(10**9)}.html?b={rng.randrange(99)}&c=%D0%A5%D0%98"
    named = f"<url><![CDATA[{page}]]></url><domain><![CDATA[{name}]]></domain>"
    addresses = "".join(
        f"<ip>{'.'.join(str(rng.randrange(256)) for _ in range(4))}</ip>"
        for _ in range(rng.choice((1, 1, 1, 2, 3)))
    )
    if rng.random() >= 0.9:
        named = ""
    return (
        f'<content id="{number + 1}" includeTime="{day}T12:00:00"{urgent} entryType="1">'
        f'<decision date="{day}" number="2/1/11-{rng.randrange(10**5)}" '
        f'org="{rng.choice(AUTHORITIES)}"/>{named}{addresses}</content>'
    )
