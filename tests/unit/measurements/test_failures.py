"""What a failure string says."""

import pytest

from overblock.measurements.failures import NAMED, TEXTS, WORDS, class_of, failure_of

READ = "read tcp [scrubbed]->[scrubbed]:"
CLOSED = "forcibly closed by the remote host"
CLOSED_RU = "Удаленный хост принудительно разорвал существующее подключение."
REFUSED = "No connection could be made because the target machine actively refused it."


@pytest.mark.parametrize(
    ("failure", "name"),
    [
        ("dns_nxdomain_error", "nxdomain"),
        ("dns_name_error", "nxdomain"),
        ("dns_no_answer", "no_answer"),
        ("connection_refused_error", "refused"),
        ("tcp_timed_out_error", "timeout"),
        ("unknown_failure: dial tcp [scrubbed]: connect: no route to host", "unreachable"),
        (f"unknown_failure: {READ} use of closed network connection", "probe_bug"),
        (f"unknown_failure: {READ} wsarecv: An existing connection was {CLOSED}.", "reset"),
        (f"unknown_failure: {READ} wsarecv: {CLOSED_RU}", "reset"),
        (f"unknown_failure: dial tcp: connectex: {REFUSED}", "refused"),
        ("unknown_failure: tls: first record does not look like a TLS handshake", "tls_alert"),
        ("ssl_error: error:14094438:SSL routines", "tls_alert"),
        ("unknown_failure: connection_reset", "reset"),
        ("unknown_failure: Get https://x.example: EOF", "eof"),
        ("never_seen_before", "other"),
        ("x" * 1_000_000, "other"),
    ],
)
def test_a_failure_has_its_class(failure: str, name: str) -> None:
    assert class_of(failure) == name


def test_null_false_and_empty_text_are_no_failure() -> None:
    assert [failure_of(none) for none in (None, False, "")] == [None, None, None]
    assert failure_of("eof_error") == "eof_error"
    assert class_of(None) is None
    assert class_of(failure_of(True)) == "other"  # noqa: FBT003  (as a probe wrote it)


def test_every_class_that_the_tables_give_is_explained() -> None:
    assert {*WORDS.values(), *(name for _, name in TEXTS)} <= set(NAMED)


def test_texts_are_in_lower_case_as_they_are_sought_so() -> None:
    assert [text for text, _ in TEXTS if text != text.lower()] == []
