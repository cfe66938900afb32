"""What a certificate that a probe was shown says: whose it is, who vouches for it, and when.

Read only where a handshake failed for its certificate: parsing costs more than all other signs.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.x509 import Name

MOST_BYTES = 1 << 16  # of a certificate; none is longer
KEPT = 256  # certificates of a few KiB each
MOST_SIGNS = 120  # of a name that is shown
# Programs that open the connections of the machine they run on, as they name themselves: scanners,
# filters for children and advertisements, proxies of developers.  The system trusts them there;
# a probe, which brings its own list of authorities, does not.
LOCAL = re.compile(
    r"\b(?:adguard|avast|avg web/mail|avira|bitdefender|bullguard|charles proxy|covenant eyes|"
    r"dr\.?web|eset ssl|fiddlerroot|do_not_trust_fiddler|g data|http toolkit|kaspersky|mcafee web|"
    r"mitmproxy|net ?nanny|netfiltersdk|norton web|qustodio)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Certificate:
    """The facts of one certificate that verdicts rest on."""

    subject: str | None
    issuer: str | None
    valid_from: datetime  # UTC
    valid_until: datetime  # UTC
    own_issuer: bool  # it vouches for itself

    def is_valid_at(self, moment: datetime) -> bool:
        """Whether its dates hold the moment."""
        return self.valid_from <= moment <= self.valid_until


def is_of_own_machine(issuer: str | None) -> bool:
    """Whether an issuer is a program on the visitor's own machine, and nobody on the way.

    >>> is_of_own_machine("Kaspersky Anti-Virus Personal Root Certificate")
    True
    >>> is_of_own_machine("Filter CA")
    False
    """
    return issuer is not None and LOCAL.search(issuer) is not None


def read_certificate(der: bytes) -> Certificate | None:
    """Read one certificate; None where it is none.

    Sites and blockers show one and the same to everybody: what was read is kept for a while.
    """
    return _read(der) if 0 < len(der) <= MOST_BYTES else None


@lru_cache(maxsize=KEPT)
def _read(der: bytes) -> Certificate | None:
    from cryptography import x509  # noqa: PLC0415  (loads slowly, and few measurements need it)

    try:
        found = x509.load_der_x509_certificate(der)
        return Certificate(
            subject=_name_of(found.subject),
            issuer=_name_of(found.issuer),
            valid_from=found.not_valid_before_utc,
            valid_until=found.not_valid_after_utc,
            own_issuer=found.issuer == found.subject,
        )
    except (ValueError, TypeError, x509.InvalidVersion):
        return None


def _name_of(name: "Name") -> str | None:
    """The common name, else the organisation."""
    from cryptography.x509.oid import NameOID  # noqa: PLC0415  (as above)

    for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        for each in name.get_attributes_for_oid(oid):
            value = each.value
            return (value if isinstance(value, str) else value.hex())[:MOST_SIGNS]
    return None
