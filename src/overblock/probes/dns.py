"""One question over the network: the only place that talks to resolvers.

Each question has a socket, and so a port and an id, of its own; what does not answer it (another
id, question or sender) is passed over, so that a forged answer has to guess both numbers.
"""

import dns.asyncquery
import dns.exception
import dns.message

from overblock.probes.answers import Answer, read_answer
from overblock.probes.resolvers import Place

PAYLOAD_BYTES = 1232  # what fits every path unfragmented (DNS flag day 2020)


async def ask(place: Place, name: str, rdtype: str, timeout: float) -> Answer:  # noqa: ASYNC109  (the library counts it down over UDP and TCP)
    """Ask one resolver for one type of record of one name.

    Over UDP, and over TCP where the answer is cut off.  Whatever goes wrong is an outcome.
    """
    query = dns.message.make_query(name, rdtype, use_edns=0, payload=PAYLOAD_BYTES)
    try:
        response, _ = await dns.asyncquery.udp_with_fallback(
            query,
            place.address,
            timeout=timeout,
            port=place.port,
            ignore_unexpected=True,
            ignore_errors=True,
        )
    except dns.exception.Timeout:
        return Answer(outcome="timeout")
    except (dns.exception.DNSException, OSError, EOFError, ValueError):
        return Answer(outcome="error")
    return read_answer(response)
