"""The rules for services, feature by feature, and then for the service as a whole.

A service has no control.  What stands for one is the rest of the measurement: the same probe, in
the same minute, reached something else.  The rules of the whole see how many features came to what.
"""

from collections.abc import Iterable

import polars as pl

from overblock.measurements.rules import Rule, State

col = pl.col
ok, failed, parts = col("parts_ok"), col("parts_failed"), col("parts")
unsure = col("parts_unsure")
doubted = col("doubt").is_not_null()
FEW_OK = 4  # one directory in four still answers where the rest is blocked
STUCK_AT = 30  # per cent: until then Tor connects to its first relay and shakes hands
MANY = 2  # parts that fail at once are no accident of one server


def make(  # noqa: PLR0913  (a rule is told in one line of a table)
    name: str,
    state: State,
    confidence: float,
    because: str,
    when: pl.Expr,
    *evidence: str,
    services: Iterable[str] = (),
    answer: str = "",
    bound_sign: str = "",
) -> Rule:
    """A rule for features, or for some services' features only."""
    only = col("service").is_in(list(services)) if services else None
    return Rule(
        id=f"service.{name}",
        layer="all",
        when=when if only is None else only & when,
        state=state,
        confidence=confidence,
        because=because,
        evidence=evidence,
        detail_sign="failure" if state in {"blocked", "partly"} else "",
        answer=answer,
        bound_sign=bound_sign,
    )


FEATURES = (
    make("not_judged", "insufficient", 0.5,
         "This test measures other things than blocking, or there are no rules for it.",
         pl.lit(value=True), services=["unjudged"]),
    make("said_works", "ok", 0.5,
         "The document was shortened: of this feature only the probe's word is left: it works.",
         (parts == 0) & (col("said") == "ok"), "said"),
    make("said_fails", "blocked", 0.5,
         "The document was shortened: of this feature only the probe's word is left: it fails, "
         "and how.", (parts == 0) & (col("said") == "blocked") & ~doubted
         & ~col("failure").is_in(["unreachable", "probe_bug", "http", "other"])
         .fill_null(value=False), "said", "failure"),
    make("nothing_tried", "insufficient", 0.5, "Nothing of it was tried, or nothing was noted.",
         parts == 0),
    make("tool_works", "ok", 0.8, "The tool did what it is for.", ok > 0, "parts_ok",
         services=["tunnel"]),
    make("tool_unknown", "insufficient", 0.4,
         "The tool failed; that has many causes beside interference, and nothing stands beside it "
         "to compare with.", pl.lit(value=True), "failure", services=["tunnel"]),
    make("echo_altered", "ok", 0.6,
         "What was sent came back altered: something on the way reads along.  That is tampering, "
         "and blocks nothing.", failed > 0, "parts_failed", "parts", services=["echo"]),
    make("echo_whole", "ok", 0.9, "What was sent came back as it was.", (ok > 0) & (failed == 0),
         "parts_ok", services=["echo"]),
    make("echo_silent", "insufficient", 0.4, "Nothing came back.", pl.lit(value=True), "parts",
         services=["echo"]),
    make("start_works", "ok", 0.95, "Tor started.", ok > 0, "far", services=["tor_start"]),
    make("start_stuck", "blocked", 0.65,
         "Tor ran, and did not come as far as its first relay's handshake, while the network let "
         "the result be sent.", (failed > 0) & (col("far") <= STUCK_AT), "far", "failure",
         services=["tor_start"]),
    make("start_unknown", "insufficient", 0.4,
         "Tor did not run, or ended on the way for a reason that is not known.",
         pl.lit(value=True), "far", "failure", services=["tor_start"]),
    make("bridges", "insufficient", 0.4,
         "Bridges go stale and are taken out of service: that some fail says nothing.",
         failed + unsure > 0, "parts_ok", "parts", services=["tor_bridges"]),
    make("directories_fail", "blocked", 0.88,
         "Hardly any of Tor's directory servers can be reached: they stand with different hosts "
         "in different countries and do not fail together.",
         (failed >= MANY) & (ok * FEW_OK <= parts) & (failed > unsure), "parts_ok", "parts_failed",
         "failure", services=["tor"]),
    make("directories_some", "partly", 0.6,
         "More of Tor's directory servers fail than answer.",
         (failed >= MANY) & (failed > ok) & (failed > unsure), "parts_ok", "parts_failed",
         "failure", services=["tor"]),
    make("directories_work", "ok", 0.85,
         "Most of Tor's directory servers answer; one or the other is always down.", ok > failed,
         "parts_ok", "parts", services=["tor"]),
    make("hidden_names_fail", "blocked", 0.8,
         "Handshakes with an encrypted name fail, and plain ones to the same server do not.",
         (failed > 0) & (ok == 0) & col("online"), "failure", services=["hidden_names"]),
    make("hidden_names_unknown", "insufficient", 0.4,
         "Handshakes with an encrypted name fail, and no plain one shows that it is for that.",
         (failed + unsure > 0) & ~col("online"), "failure", services=["hidden_names"]),
    make("doubtful_version", "insufficient", 0.6,
         "This version of the test fails like this everywhere.", doubted, "doubt", "failure"),
    make("wrong_clock", "insufficient", 0.6,
         "A certificate seems out of date, and it is the probe's clock that is off by a day or "
         "more.", col("clock_off"), "failure"),
    make("works", "ok", 0.95, "Everything of it that was tried works.",
         (ok > 0) & (failed == 0) & (unsure == 0), "parts_ok"),
    make("works_apart", "ok", 0.8,
         "What was tried works, but for what the probe's own network cannot reach.",
         (ok > 0) & (failed == 0) & ~col("flapping"), "parts_ok", "parts_unsure"),
    make("offline", "insufficient", 0.6,
         "Nothing at all worked in this measurement: the probe may have been off the network.",
         ~col("online")
         & ~col("failure").is_in(["nxdomain", "no_answer", "bogon", "refused", "reset"])
         .fill_null(value=False), "failure"),
    make("flapping", "insufficient", 0.5, "The same thing failed and worked within a minute.",
         col("flapping") & (failed == 0), "failure"),
    make("all_fail", "blocked", 0.9,
         "All of it that was tried fails as interference fails, while the network works.",
         (failed > 0) & (ok == 0) & (failed >= unsure), "layer", "failure", "parts_failed"),
    make("nearly_all_fail", "blocked", 0.85,
         "Three in four of its endpoints or more fail as interference fails.",
         (failed >= MANY) & (failed * 4 >= parts * 3), "layer", "failure", "parts_failed", "parts"),
    make("name_lies", "partly", 0.8,
         "One of its names leads to where no public service can live.",
         col("failure") == "bogon", "failure", "parts_failed", "parts"),
    make("most_fail", "partly", 0.75,
         "Half of its endpoints or more fail as interference fails, while others work.",
         (failed >= MANY) & (failed * 2 >= parts), "layer", "failure", "parts_failed", "parts"),
    make("several_fail", "partly", 0.65,
         "Several of its endpoints fail as interference fails, while others work: users whose "
         "account lives there are cut off.", failed >= MANY, "layer", "failure", "parts_failed",
         "parts", services=["telegram", "facebook"]),
    make("name_lost", "partly", 0.6,
         "One of its names is not found, or leads into another network, while its others lead "
         "where they should: names do not fail as single servers do.",
         (failed == 1) & (ok > 0) & (col("layer") == "dns")
         & col("failure").is_in(["nxdomain", "no_answer", "foreign_network"]), "failure",
         "parts_failed", "parts", services=["facebook"]),
    make("one_fails", "partly", 0.4,
         "One of its endpoints fails while the others work: the service may be blocked in part, "
         "or one server be down.", (failed == 1) & (ok > 0), "layer", "failure", "parts",
         answer="unknown"),
    make("few_fail", "ok", 0.6,
         "Few of its many endpoints fail, and programs take another.", (failed > 0) & (ok > failed),
         "parts_ok", "parts_failed"),
    make("unknown", "insufficient", 0.4, "It fails in ways that say little.", pl.lit(value=True),
         "failure", "parts_unsure"),
)  # fmt: skip

SERVICES = (
    make("some_blocked", "blocked", 0.9, "At least one feature of the service is blocked.",
         col("n_blocked") > 0, "features_hit", bound_sign="sure_blocked"),
    make("some_partly", "partly", 0.7, "At least one feature of the service fails in part.",
         col("n_partly") > 0, "features_hit", bound_sign="sure_partly"),
    make("some_uncertain", "partly", 0.4, "One endpoint of one feature fails.",
         col("n_uncertain") > 0, "features_hit", answer="unknown"),
    make("all_work", "ok", 0.95, "Every feature of which something is known works.",
         (col("n_ok") > 0) & (col("n_insufficient") == 0), bound_sign="sure_ok"),
    make("directories_suffice", "ok", 0.85,
         "Tor's directory servers answer, whatever its bridges do.", col("n_ok") > 0,
         services=["tor", "tor_bridges"]),
    make("too_little", "insufficient", 0.5, "Too little is known of its features.",
         pl.lit(value=True)),
)  # fmt: skip
