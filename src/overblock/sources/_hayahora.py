"""The plain lists of Spain's tracker hayahora.futbol: one file an operator, and one for all.

Each names the addresses that are blocked at this moment, one a line, without a date.  An empty
file is the normal answer whenever no match is on.  Each file is a source of its own, because an
address that leaves one operator's list is still blocked on another's.
"""

from collections.abc import Callable
from datetime import timedelta

from overblock.sources import Reading, Source
from overblock.sources._lists import list_framing
from overblock.tables import REGISTER_ENTRIES


def hayahora_list(name: str, network: str, read: Callable[[bytes], Reading]) -> Source:
    """The source of one of the lists, by the operator that it speaks of; any: by one or more."""
    return Source(
        name=name,
        title=f"Blocked during football matches in Spain, operator: {network} (hayahora.futbol)",
        country="ES",
        homepage="https://hayahora.futbol",
        licence="none stated",
        fills=REGISTER_ENTRIES,
        at_least=0,  # nothing blocked is an answer
        read=read,
        framing=list_framing(name),
        silent_after=timedelta(hours=1),  # it is written anew every few minutes
        files=rf"blocked-{network.lower()}\.txt",
    )
