"""Where the way to a place broke off: the lowest layer that failed towards it."""

from overblock.measurements import opening
from overblock.measurements.documents import TestKeys
from overblock.measurements.hosts import Place
from overblock.measurements.web_layers import count_connects, count_handshakes
from overblock.measurements.web_names import Names

DNS_FAILURES = frozenset({"nxdomain", "no_answer", "dns_other"})
CONNECTS_ONLY = frozenset({"refused", "unreachable"})  # nothing but a connect ends so


def broke_at(
    keys: TestKeys, names: Names, at: Place, failure: str | None
) -> tuple[str | None, str | None]:
    """The layer that failed towards a place, and the class of its failure.

    ``names`` are the answers for it; ``failure`` is the class with which a request to it ended,
    None where none was made or it ended well.  Both are None where nothing failed.
    """
    first = names.first
    if failure in DNS_FAILURES:
        return "dns", failure
    known = names.known
    if first.asked and not known:
        return "dns", first.failure or "no_answer"
    if first.found == "bogons":
        return "dns", "bogon"
    known.add(at.host)
    return _on_the_way(keys, at, known, failure)


def _on_the_way(
    keys: TestKeys, at: Place, known: set[str], failure: str | None
) -> tuple[str | None, str | None]:
    """The same, once the name is known."""
    connects = count_connects(keys, at, known)
    if not connects.ok and (connects.failure or connects.unsure):
        return "tcp", connects.failure or "unreachable"
    shakes = count_handshakes(keys, at.host, None, page=True)
    is_secure = at.scheme == "https"
    if is_secure and not shakes.ok and shakes.failure:
        return "tls", shakes.failure
    if failure is None:
        return None, None
    if not connects.ok and not shakes.ok and _is_unconnected(keys, at, failure):
        return "tcp", failure
    return ("tls" if is_secure and not shakes.ok else "http"), failure


def _is_unconnected(keys: TestKeys, at: Place, failure: str) -> bool:
    """Whether it was the connect that failed, where none was noted: its name or the events say."""
    if failure in CONNECTS_ONLY:
        return True
    failed_connects = (
        each.address or ""
        for each in opening.network_events(keys.network_events)
        if each.operation == "connect" and each.failure
    )
    return any(each.endswith(f":{at.port}") for each in failed_connects)
