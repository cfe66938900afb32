"""Signs of the connects and handshakes, each endpoint beside the control's try of the same."""

from msgspec import Struct

from overblock.measurements.blocks import Control, ControlEndpoint, TcpConnect, TlsHandshake
from overblock.measurements.documents import TestKeys
from overblock.measurements.hosts import ADDRESSES, ENDPOINTS, HOSTS, IS_PUBLIC, Place, failed_as
from overblock.measurements.signs import WebSigns

QUIC = frozenset({"udp", "quic"})
PROBES_OWN = frozenset({"unreachable", "probe_bug"})  # failures that say nothing of a block
FAILED = "failed"
TELLING = {
    **dict.fromkeys(("reset", "timeout", "eof", "refused", "tls_alert", "other"), 3),
    **dict.fromkeys(("cert_name", "cert_authority"), 2), "cert_other": 1,
}  # how much a failure tells of interference  # fmt: skip


class Counts(Struct, gc=False):
    """How many tries of one kind went which way."""

    ok: int = 0
    blocked: int = 0
    down: int = 0
    unsure: int = 0
    failed: bool = False  # any did not go well
    failure: str | None = None  # the most telling one
    weight: tuple[int, int, str] = (0, 0, "")  # of that

    def add(self, failure: str, *, theirs: bool | None) -> None:
        """One try that failed, and whether the control's try of the same went well."""
        self.failed = True
        if failure in PROBES_OWN:
            self.unsure += 1
            return
        if theirs is None:
            self.unsure += 1
        elif theirs:
            self.blocked += 1
        else:
            self.down += 1
        told = 0 if theirs is False else 2 if theirs else 1
        weight = (told, TELLING.get(failure, 0), failure)
        if weight > self.weight:  # in whatever order they were tried
            self.weight, self.failure = weight, failure


def class_of_connect(connect: TcpConnect) -> str | None:
    """The class of a connect's failure."""
    status = connect.status
    if status is None:
        return "other"
    if status.failure:
        return failed_as(status.failure)
    return "other" if status.success is False else None


def ipv6_works(keys: TestKeys) -> bool:
    """Whether any connect over IPv6 worked: where none did, IPv6 is broken at the probe."""
    return any(
        connect.ip is not None and ":" in connect.ip and class_of_connect(connect) is None
        for connect in keys.tcp_connect or ()
    )


def count_connects(
    keys: TestKeys, place: Place, addresses: set[str], *, controlled: bool = False
) -> Counts:
    """Connects to addresses of a place, on its port.

    With ``controlled``, all that the control tried too are counted: those of the input.  Connects
    to where no public site can live tell of the name alone.
    """
    counts, port = Counts(), place.port
    theirs = (keys.control.tcp_connect if keys.control else None) or {}
    for connect in keys.tcp_connect or ():
        written = connect.ip
        if written is None or connect.port != port:
            continue
        address, failure = ADDRESSES[written], class_of_connect(connect)
        outcome = None
        if failure is not None or address not in addresses:
            outcome = theirs.get(_endpoint(written, port))
            if address not in addresses and not (controlled and outcome is not None):
                continue
        if address is not None and not IS_PUBLIC[address] and place.host != address:
            continue
        if failure is None:
            counts.ok += 1
            continue
        reached = None if outcome is None else not outcome.failure
        if ":" in written and reached is not False and not ipv6_works(keys):
            failure = "unreachable"
        counts.add(failure, theirs=reached)
    return counts


def _endpoint(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def count_handshakes(
    keys: TestKeys, host: str, genuine: set[str] | None, *, page: bool | None
) -> Counts:
    """Handshakes for a name; ``genuine`` are the addresses known to be the site's, None: all are.

    Old controls made no handshakes of their own: then ``page`` says whether they fetched the page,
    which stands for one, as long as the address is genuine.
    """
    counts = Counts()
    control = keys.control
    for shake in keys.tls_handshakes or ():
        named = shake.server_name
        if shake.network in QUIC or (named != host and (not named or HOSTS[named] != host)):
            continue
        failure = failed_as(shake.failure) if shake.failure else None
        if failure is None:
            counts.ok += 1
            continue
        if shake.address and shake.address.startswith("[") and not ipv6_works(keys):
            failure = "unreachable"
        counts.add(failure, theirs=_theirs(control, shake, genuine, page=page))
    return counts


def count_quic(keys: TestKeys, host: str, theirs: dict[str, ControlEndpoint]) -> Counts:
    """Handshakes over QUIC for a name, beside the control's with the same endpoints."""
    counts = Counts()
    shakes = [each for each in keys.tls_handshakes or () if each.network in QUIC]
    for shake in (*shakes, *(keys.quic_handshakes or ())):
        named, address = shake.server_name, shake.address
        outcome = theirs.get(address) if address else None
        if outcome is None or not named or HOSTS[named] != host:
            continue
        failure = failed_as(shake.failure)
        if failure is None:
            counts.ok += 1
            continue
        if address and address.startswith("[") and not ipv6_works(keys):
            failure = "unreachable"
        counts.add(failure, theirs=not outcome.failure)
    return counts


def _theirs(
    control: Control | None, shake: TlsHandshake, genuine: set[str] | None, *, page: bool | None
) -> bool | None:
    if control is not None and control.tls_handshake and shake.address:
        outcome = control.tls_handshake.get(shake.address)
        if outcome is not None:
            return not outcome.failure
    endpoint = ENDPOINTS[shake.address] if shake.address else None
    if genuine is None or endpoint is None or endpoint[0] in genuine:
        return page
    return None


def proved_by_probe(keys: TestKeys, host: str, tried: set[str]) -> set[str]:
    """Addresses under which the probe saw a valid certificate of the name.

    Handshakes of before 2021 do not say with which address: where all of them went well, all
    public addresses that were tried are proved, but for those that no connect reached.
    """
    found: set[str] = set()
    nameless = failed = 0
    for shake in keys.tls_handshakes or ():
        named = shake.server_name
        if named != host and (not named or HOSTS[named] != host):
            continue
        if shake.failure or shake.no_tls_verify:
            failed += 1
        elif shake.address and (endpoint := ENDPOINTS[shake.address]):
            found.add(endpoint[0])
        else:
            nameless += 1
    if not nameless or failed:
        return found
    unreached = {
        ADDRESSES[connect.ip]
        for connect in keys.tcp_connect or ()
        if connect.ip and class_of_connect(connect) is not None
    }
    return found | {each for each in tried - unreached if IS_PUBLIC[each]}


def take_odd_addresses(signs: WebSigns, keys: TestKeys, odd: set[str], host: str) -> None:
    """What became of addresses that disagree with the control's."""
    failure: str | None = None
    worked = False
    for connect in keys.tcp_connect or ():
        if connect.ip and ADDRESSES[connect.ip] in odd:
            failed = class_of_connect(connect)
            worked = worked or failed is None
            failure = failure if failed in PROBES_OWN else failed or failure
    for shake in keys.tls_handshakes or ():
        endpoint = ENDPOINTS[shake.address] if shake.address else None
        named = HOSTS[shake.server_name] if shake.server_name else None
        if (endpoint and endpoint[0] in odd) or (shake.address is None and named == host):
            failed = failed_as(shake.failure)
            if failed and failed.startswith("cert_"):
                signs.odd_addresses = "certificate"
                return
            worked = worked and failed is None
            failure = failure if failed in PROBES_OWN else failed or failure
    if worked:
        signs.odd_addresses = "served"
    elif failure:
        signs.odd_addresses = FAILED
