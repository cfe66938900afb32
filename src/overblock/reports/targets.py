"""What people ask about, told apart: an address, a network, a name or a page."""

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from overblock.addresses.single import Network, parse_one
from overblock.errors import BadAddress
from overblock.names.canonical import NUMBER_LAST, canonical_name, canonical_url

TargetKind: TypeAlias = Literal["address", "network", "domain", "url"]
LIKE_ADDRESS = r"^[0-9a-fA-F.]*[0-9:][0-9a-fA-F:.]*([/%].*)?$"
SHOWN = 80  # signs of a wrong target that a message repeats


@dataclass(frozen=True, slots=True)
class Target:
    """What was asked about, in canonical form."""

    kind: TargetKind
    text: str
    network: Network | None = None


def read_target(written: str) -> Target:
    """What a person typed, told apart: an address, a network, a name or a page.

    Raises:
        BadAddress: it is none of these.
    """
    text = written.strip()
    if "://" in text:
        url = canonical_url(text)
        if url is None:
            raise BadAddress(f"not a page's address: {text[:SHOWN]!r}")
        return Target("url", url, _host_address(url))
    try:
        network = parse_one(text)
    except BadAddress:
        name = canonical_name(text.removeprefix("*."))
        if name is None or "." not in name or re.search(NUMBER_LAST, name):
            if len(text.split()) > 1:
                raise BadAddress(
                    f"{text[:SHOWN]!r} is more than one word: give addresses, networks, names or "
                    "pages one a line"
                ) from None
            if re.search(LIKE_ADDRESS, text):
                raise
            raise BadAddress(f"not an address, network, name or page: {text[:SHOWN]!r}") from None
        return Target("domain", name)
    return Target("address" if network.first == network.last else "network", text, network)


def _host_address(url: str) -> Network | None:
    """The address that a page stands on where it is named by one."""
    try:
        return parse_one(urlsplit(url).hostname or "")
    except BadAddress:
        return None
