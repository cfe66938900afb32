"""One question over the network: the only place that talks to resolvers.

Each question has a socket, and so a port and an id, of its own; what does not answer it (another
id, question or sender) is passed over, so that a forged answer has to guess both numbers.  Who
stands on the way need not guess: he sees them.  His answer comes first and the resolver's after it,
so whoever listens on for a moment hears both.
"""

import socket
import time
from typing import Any

import dns.asyncbackend
import dns.asyncquery
import dns.exception
import dns.inet
import dns.message

from overblock.probes.answers import DISPUTED, Answer, read_answer, weigh
from overblock.probes.resolvers import Place

PAYLOAD_BYTES = 1232  # what fits every path unfragmented (DNS flag day 2020)
MOST_ANSWERS = 8  # to one question: who sends more is not listened to


async def ask(place: Place, name: str, rdtype: str, timeout: float, listen: float = 0.0) -> Answer:  # noqa: ASYNC109  (the library counts it down over UDP and TCP)
    """Ask one resolver for one type of record of one name.

    Over UDP, and over TCP where the answer is cut off.  Whatever goes wrong is an outcome.  With
    ``listen`` it waits so many seconds for a second answer, and `weigh` decides between the two.
    """
    query = dns.message.make_query(name, rdtype, use_edns=0, payload=PAYLOAD_BYTES)
    family = dns.inet.af_for_address(place.address)
    backend = dns.asyncbackend.get_default_backend()
    try:
        opened = backend.make_socket(family, socket.SOCK_DGRAM)  # type: ignore[no-untyped-call]
        async with await opened as udp:
            response, over_tcp = await dns.asyncquery.udp_with_fallback(
                query,
                place.address,
                timeout=timeout,
                port=place.port,
                ignore_unexpected=True,
                ignore_errors=True,
                udp_sock=udp,
            )
            answer = read_answer(response)
            if listen and not over_tcp:
                answer = await _listen_on(udp, place, query, answer, time.time() + listen)
    except dns.exception.Timeout:
        return Answer(outcome="timeout")
    except OSError as error:
        return Answer(outcome="error", why=error.strerror)
    except (dns.exception.DNSException, EOFError, ValueError):
        return Answer(outcome="error")
    return answer


async def _listen_on(
    udp: Any,  # noqa: ANN401  (the library names its sockets' types in private)
    place: Place,
    query: dns.message.Message,
    answer: Answer,
    until: float,
) -> Answer:
    """The answer beside those that come after it, until a moment (seconds since 1970)."""
    family = dns.inet.af_for_address(place.address)
    sender = dns.inet.low_level_address_tuple((place.address, place.port), family)
    for _ in range(MOST_ANSWERS):
        try:
            response, *_rest = await dns.asyncquery.receive_udp(
                udp, sender, until, ignore_unexpected=True, ignore_errors=True, query=query
            )
        except (dns.exception.DNSException, OSError, EOFError, ValueError):
            break  # as a rule nothing came
        answer = weigh(answer, read_answer(response))
        if answer.outcome == DISPUTED:
            break
    return answer
