"""What a failure string says: a table of classes, and the operating systems' words in between.

OONI's probes write a failure as one word, the older ones with other words, and where they know
none as ``unknown_failure:`` and what the operating system said, in the user's language.  The
tables are data, the words here, the texts in failure_texts.csv: rows are added, never redefined.
Source: df-007 of ooni/spec, the error maps of ooni/probe-cli, Windows' messages 10051 to 10065
in its own translations.
"""

import csv
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from types import MappingProxyType

NAMED: Mapping[str, str] = MappingProxyType({
    "nxdomain": "the name does not exist",
    "no_answer": "the name exists, and has no address of the kind that was asked for",
    "dns_other": "another failure of the resolver",
    "refused": "the connection was refused",
    "reset": "the connection was reset",
    "eof": "the connection was closed before the answer",
    "timeout": "nothing came in time",
    "unreachable": "no way there: most often the probe's own trouble",
    "cert_name": "the certificate is of another name",
    "cert_authority": "the certificate is of no authority that the probe knows",
    "cert_other": "the certificate is not valid for another reason, as by the probe's clock",
    "tls_alert": "the handshake broke off",
    "http": "an answer of HTTP that was not the one expected",
    "probe_bug": "the program's own fault, or its user's",
    "other": "a failure that is not known here",
})  # fmt: skip

WORDS: Mapping[str, str] = MappingProxyType({
    "dns_nxdomain_error": "nxdomain",
    "dns_name_error": "nxdomain",  # of test helpers, and of ooniprobe 1.x
    "android_dns_cache_no_data": "dns_other",  # Android says it for nearly everything
    "dns_no_answer": "no_answer",
    "no_answer": "no_answer",
    "dns_servfail_error": "dns_other",
    "dns_server_failure": "dns_other",
    "dns_refused_error": "dns_other",
    "dns_server_misbehaving": "dns_other",
    "dns_temporary_failure": "dns_other",
    "dns_non_recoverable_failure": "dns_other",
    "dns_bogon_error": "dns_other",
    "dns_reply_with_wrong_query_id": "dns_other",
    "dns_lookup_error": "dns_other",
    "dns_name_failure": "dns_other",
    "connection_refused": "refused",
    "connection_refused_error": "refused",
    "connection_reset": "reset",
    "connection_aborted": "reset",
    "network_reset": "reset",
    "broken_pipe": "reset",
    "eof_error": "eof",
    "connection_lost_error": "eof",
    "response_never_received": "eof",
    "connection_done": "eof",
    "generic_timeout_error": "timeout",
    "timed_out": "timeout",
    "tcp_timed_out_error": "timeout",
    "deferred_timeout_error": "timeout",
    "task_timed_out": "timeout",
    "user_timeout_error": "timeout",
    "timeout_error": "timeout",
    "timeout-reached": "timeout",
    "host_unreachable": "unreachable",
    "network_unreachable": "unreachable",
    "network_down": "unreachable",
    "no_route_error": "unreachable",
    "address_not_available": "unreachable",
    "ssl_invalid_hostname": "cert_name",
    "ssl_unknown_authority": "cert_authority",
    "ssl_unknown_autority": "cert_authority",  # as df-007 has it
    "ssl_invalid_certificate": "cert_other",
    "ssl_failed_handshake": "tls_alert",
    "ssl_error": "tls_alert",
    "quic_incompatible_version": "tls_alert",
    "http_request_failed": "http",
    "http_unexpected_status_code": "http",
    "http_unexpected_redirect_url": "http",
    "http_invalid_redirect_location_host": "http",
    "http_invalid_redirect_url": "http",
    "too_many_redirects": "http",
    "http_redirect_error": "http",
    "json_parse_error": "probe_bug",
    "interrupted": "probe_bug",
    "connection_already_closed": "probe_bug",
    "invalid_argument": "probe_bug",
    "address_family_not_supported": "probe_bug",
    "address_family_not_supported_error": "probe_bug",
    "address_in_use": "probe_bug",
    "already_connected": "probe_bug",
    "bad_address": "probe_bug",
    "bad_file_descriptor": "probe_bug",
    "connection_already_in_progress": "probe_bug",
    "destination_address_required": "probe_bug",
    "message_size": "probe_bug",
    "no_buffer_space": "probe_bug",
    "no_protocol_option": "probe_bug",
    "not_a_socket": "probe_bug",
    "not_connected": "probe_bug",
    "operation_canceled": "probe_bug",
    "operation_would_block": "probe_bug",
    "permission_denied": "probe_bug",
    "protocol_not_supported": "probe_bug",
    "wrong_protocol_type": "probe_bug",
    "unknown_error": "other",
    "connect_error": "other",
})  # fmt: skip


def _read_texts() -> tuple[tuple[str, str], ...]:
    """What stands anywhere in a failure, in lower case; the first that does decides."""
    table = resources.files("overblock.measurements").joinpath("failure_texts.csv")
    rows = csv.DictReader(table.read_text(encoding="utf-8").splitlines())
    return tuple((row["text"], row["class"]) for row in rows)


TEXTS = _read_texts()
CLEARTEXT = "first record does not look like a tls handshake"  # something answered without TLS
_UNKNOWN = "unknown_failure"
MOST_SIGNS = 2000  # of a failure that are looked at: hostile ones may be as long as a line


def failure_of(written: str | bool | None) -> str | None:  # noqa: FBT001  (as probes write it)
    """The failure as text, None where there is none: null, false and empty text say so alike."""
    if not written:
        return None
    return written if isinstance(written, str) else _UNKNOWN


def class_of(failure: str | None) -> str | None:
    """The class of a failure; None where there is none.

    >>> class_of("connection_reset"), class_of("unknown_failure: dial tcp: no route to host")
    ('reset', 'unreachable')
    """
    if not failure:
        return None
    return WORDS.get(failure) or _class_of_text(failure[:MOST_SIGNS])


@lru_cache(maxsize=4096)
def _class_of_text(failure: str) -> str:
    text = failure.lower()
    for part, name in TEXTS:
        if part in text:
            return name
    word, _, rest = text.partition(":")
    return WORDS.get(word.strip()) or WORDS.get(rest.strip()) or "other"
