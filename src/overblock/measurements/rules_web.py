"""The rules for the way to one page (web_connectivity): its name, connects and handshakes.

Of each layer the first rule that holds decides.  What the control does not show to work elsewhere
is never called blocked, but for what proves itself: a known block page, an address on which no site
can live.
"""

import polars as pl

from overblock.measurements.rules import Layer, Rule, State, Terms

col = pl.col
CERTIFICATE = ("cert_name", "cert_authority", "cert_other")
CUT = ("reset", "eof", "timeout", "refused", "tls_alert", "other")  # ends that interference makes
MOST_LIKE = 0.7  # bodies whose lengths differ by less are alike, as in OONI's specification
FIRST_ERROR = 400
FREEZE_BYTES = 64 * 1024  # a limit on bytes is reported at 16 KiB; slower paths pass far more

TERMS = Terms()
term = TERMS.make

control = col("control")
fetched = col("fetched")
nothing = term("nothing_found", col("names_found") == "nothing")
bogons = term("bogons_found", col("names_found") == "bogons")
not_there = term("not_there", (col("names_agree") == False))  # noqa: E712  (null stays null)
named_elsewhere = term("named_elsewhere", col("control_names") == "addresses")
unnamed_elsewhere = col("control_names") == "nothing"
asked_once = fetched & col("names_elsewhere").is_null()  # what was fetched had an address
lost = term("name_lost", nothing & named_elsewhere & ~asked_once)
served = col("odd_addresses") == "served"
page_elsewhere = term("page_elsewhere", col("control_page") == "fetched")
fine_elsewhere = term("fine_elsewhere", page_elsewhere & (col("control_status") < FIRST_ERROR))
certificate_fails = col("tls_failure").is_in(CERTIFICATE)
tcp_tried = col("tcp_ok") + col("tcp_blocked") + col("tcp_down") + col("tcp_unsure") > 0
tls_tried = term(
    "tls_tried", col("tls_ok") + col("tls_blocked") + col("tls_down") + col("tls_unsure") > 0
)
no_connect = term("no_connect", (col("tcp_blocked") > 0) & (col("tcp_ok") == 0))
no_handshake = term("no_handshake", (col("tls_blocked") > 0) & (col("tls_ok") == 0))
after_redirect = col("broke_after") > 0
broke_at_tls = term("broke_at_tls", col("broke_at") == "tls")
broken_off = term("broken_off", col("broke_by").is_in(CUT))
agrees = term("names_do_agree", col("names_agree").fill_null(value=False))
known_place = term(
    "known_place", col("names_agree").fill_null(~col("names_asked"))
)  # or an address
body_alike = col("body_share") > MOST_LIKE
named_otherwise = term("named_otherwise", (col("same_title") == False).fill_null(value=False))  # noqa: E712
text_alike = term(
    "text_alike",
    (col("same_title") | (body_alike & ~(named_otherwise & col("page_words")))).fill_null(
        value=False
    ),
)
text_differs = term(
    "text_differs",
    ~text_alike & ((col("same_title") == False) | (col("body_share") <= MOST_LIKE)),  # noqa: E712  (null stays null)
)
block_page = term(
    "block_page", (col("page_words") | col("page_fingerprint").is_not_null()) & fetched
)
same_headers = term("headers_alike", col("same_headers").fill_null(value=False))
page_alike = term(
    "page_alike",
    pl.when("redirect_away")
    .then(text_alike)
    .otherwise(
        col("same_status")
        & (
            text_alike
            | (same_headers & ~text_differs.fill_null(value=False))
            | (col("own_headers") & ~block_page)
        )
    )
    .fill_null(value=False),
)
another_page = term("another_page", fetched & ~col("page_proved") & ~page_alike & fine_elsewhere)


def make(  # noqa: PLR0913, PLR0917  (a rule is told in one line of a table)
    layer: Layer,
    name: str,
    state: State,
    confidence: float,
    because: str,
    when: pl.Expr,
    *evidence: str,
    detail: str = "",
    detail_sign: str = "",
) -> Rule:
    """A rule for pages; those of the whole have no layer in their ids.

    Where one of the whole first shows the rule of a layer, it rests on that, and is no surer.
    """
    first = evidence[0] if evidence else ""
    rests_on = first.removesuffix("_rule") if layer == "all" and first.endswith("_rule") else ""
    return Rule(
        id=f"web.{name}" if layer == "all" else f"web.{layer}.{name}",
        layer=layer,
        when=when,
        state=state,
        confidence=confidence,
        because=because,
        evidence=evidence,
        detail=detail,
        detail_sign=detail_sign,
        bound_sign=f"{rests_on}_sure" if rests_on else "",
    )


NAMES = (
    make("dns", "block_page_address", "blocked", 0.98,
          "The resolver answers the address of a known block page of this country.",
          col("names_blockpage").is_not_null() & ~col("names_proved") & ~agrees,
          "names_blockpage", detail="block_page_address"),
    make("dns", "foreign_block_page", "insufficient", 0.7,
          "The resolver answers the address of another country's known block page: the probe goes "
          "through a tunnel or a transit network, and its block is not this country's.",
          col("names_foreign").is_not_null() & ~col("names_proved") & ~agrees, "names_foreign"),
    make("dns", "after_redirect", "blocked", 0.88,
          "A redirect leads to a name that the user's resolver does not find, or for which it "
          "answers what does not work; the control followed the redirects to a page.",
          pl.coalesce("onward_names", pl.when(col("broke_at") == "dns").then("broke_by"))
          .is_in(["nxdomain", "no_answer", "dns_other", "bogon", "poisoned"]) & after_redirect
          & page_elsewhere, "onward_names", "broke_by", "broke_after",
          detail_sign="onward_names"),
    make("dns", "proved", "ok", 0.99,
          "A valid certificate of the name was shown at an address that the resolver answered: "
          "the address is the site's, whatever the control resolved.",
          col("names_proved"), "names_found", "names_agree"),
    make("dns", "local_everywhere", "down", 0.95,
          "The name has only addresses on which no public site can live, and the control finds "
          "the same: its owner has put it there.",
          bogons & (col("control_names") == "bogons"), "names_found", "control_names"),
    make("dns", "portal", "insufficient", 0.7,
          "The answer leads to a page by which the network asks its guests to log in.",
          fetched & col("page_portal") & ~col("page_proved") & ~block_page & ~agrees
          & ~page_alike, "names_found", "status", "page_portal"),
    make("dns", "bogon", "blocked", 0.97,
          "The resolver answers only addresses on which no public site can live, and the control "
          "finds public ones.",
          bogons & named_elsewhere & ~(fetched & page_alike & served.fill_null(value=False)),
          "names_found", "control_names", "names_elsewhere", detail="bogon"),
    make("dns", "captive", "insufficient", 0.6,
          "An address of the local network answers for the name and serves a page that is no block "
          "page, and nothing outside answered this probe: so networks ask their guests to log in.",
          bogons & ~control & fetched & ~block_page & ~col("page_local_frame")
          & (col("names_elsewhere").fill_null("nothing") != "addresses"),
          "names_found", "names_elsewhere", "status"),
    make("dns", "bogon_uncompared", "blocked", 0.7,
          "The resolver answers only addresses on which no public site can live; the control "
          "says nothing of the name, and another resolver finds public ones, or a block page is "
          "served there.",
          bogons & ~named_elsewhere.fill_null(value=False)
          & ((col("names_elsewhere") == "addresses") | block_page | col("page_local_frame")),
          "names_found", "control_names", "names_elsewhere", detail="bogon"),
    make("dns", "local_answer", "insufficient", 0.5,
          "The resolver answers only addresses on which no public site can live, and nobody who "
          "was asked finds public ones: so look blocks, a network's log-in page, and names that "
          "live within it.",
          bogons & ~named_elsewhere.fill_null(value=False),
          "names_found", "control_names", "names_elsewhere"),
    make("dns", "denied", "blocked", 0.9,
          "The user's resolver finds nothing, or sends to a server without the name's certificate; "
          "another resolver's address shows that certificate to the same probe.  No control is "
          "needed to see that the resolver lies.",
          col("elsewhere_proved") & ~named_elsewhere.fill_null(value=False)
          & ((nothing & (col("names_failure") != "timeout"))
             | (col("odd_addresses") == "certificate")),
          "names_found", "names_failure", "odd_addresses", detail_sign="names_failure"),
    make("dns", "agrees", "ok", 0.95,
          "The resolver answers addresses, networks or neighbourhoods that the control finds too.",
          col("names_agree"), "names_found"),
    make("dns", "gone_everywhere", "down", 0.95,
          "Neither the resolver nor the control finds an address: the name is gone.",
          nothing & col("control_names").is_in(["nothing", "failed"]), "names_failure",
          "control_names"),
    make("dns", "nxdomain", "blocked", 0.93,
          "The resolver says that the name, or its address, does not exist; the control finds it.",
          lost & col("names_failure").is_in(["nxdomain", "no_answer"]),
          "names_failure", "control_names", "names_elsewhere", detail_sign="names_failure"),
    make("dns", "no_help", "blocked", 0.75,
          "The resolver refuses or fails for this name, and the control finds it.",
          lost & (col("names_failure") == "dns_other"),
          "names_failure", "control_names", "names_elsewhere", detail="resolver_failure"),
    make("dns", "silent", "blocked", 0.6,
          "The resolver stays silent for this name and not for another, while another resolver "
          "answered the probe and the control finds it.",
          lost & (col("names_failure") == "timeout") & (col("names_elsewhere") == "addresses")
          & col("names_heard"),
          "names_failure", "control_names", "names_elsewhere", detail="timeout"),
    make("dns", "silent_alone", "insufficient", 0.5,
          "The resolver stays silent, and nothing shows that it answers for other names: poor "
          "networks lose answers too.",
          lost & (col("names_failure") == "timeout"), "names_failure", "control_names",
          "names_elsewhere"),
    make("dns", "ghost_page", "blocked", 0.9,
          "The name is gone, and yet the resolver answers an address that serves a block page: "
          "the entry outlived its target.",
          unnamed_elsewhere & ~nothing & block_page, "names_found", "control_names",
          "page_words", "page_fingerprint", detail="poisoned"),
    make("dns", "ghost_injected", "blocked", 0.75,
          "The name is gone, and yet the user's resolver and an open one far away answer the same "
          "address, while what cannot be overheard finds nothing: the answer is put in on the way.",
          unnamed_elsewhere & (col("names_found") == "addresses") & col("names_injected")
          & (col("names_elsewhere").fill_null("nothing") != "bogons") & ~col("page_parked"),
          "names_found", "control_names", "names_elsewhere", detail="poisoned"),
    make("dns", "rewritten", "down", 0.7,
          "The name is gone, and only the user's own resolver answers for it: providers put search "
          "pages in the place of names that do not exist.",
          unnamed_elsewhere & (col("names_found") == "addresses"), "names_found", "control_names"),
    make("dns", "poisoned_certificate", "blocked", 0.93,
          "The answer disagrees with the control's, and what answers there has no valid "
          "certificate of the name, while the control fetched the page.",
          not_there & page_elsewhere & ~col("own_machine")
          & ~(col("clock_off") & (col("tls_failure") == "cert_other")).fill_null(value=False)
          & ((col("odd_addresses") == "certificate")
             | (broke_at_tls & ~after_redirect & ~tls_tried
                & col("broke_by").is_in(["cert_name", "cert_authority"]))),
          "odd_addresses", "tls_failure", "broke_by", "names_found", detail="poisoned"),
    make("dns", "elsewhere", "ok", 0.8,
          "The answer disagrees with the control's, and the same page is served there: a content "
          "network, or a proxy that passes it on.",
          not_there & fetched & page_alike & served, "odd_addresses", "same_title", "body_share"),
    make("dns", "poisoned_page", "blocked", 0.88,
          "The answer disagrees with the control's, and another page is served there.",
          not_there & another_page & ((text_differs & ~col("page_own")) | block_page),
          "odd_addresses", "same_title",
          "body_share", "page_words", detail="poisoned"),
    make("dns", "poisoned", "blocked", 0.85,
          "The answer disagrees with the control's, nothing works there, and the control fetched "
          "the page.",
          not_there & (col("odd_addresses") == "failed") & page_elsewhere, "odd_addresses",
          "tcp_failure", "tls_failure", detail="poisoned"),
    make("dns", "unknown", "insufficient", 0.5,
          "There is nothing to compare the answer with, or it differs and nothing tells why.",
          col("names_asked"), "names_found", "names_failure", "control_names"),
)  # fmt: skip

CONNECTS = (
    make("tcp", "blocked", "blocked", 0.9,
          "No connect works, to endpoints where the control's connects do.",
          no_connect & page_elsewhere, "tcp_failure", "tcp_blocked", detail_sign="tcp_failure"),
    make("tcp", "blocked_uncompared", "blocked", 0.75,
          "No connect works; the control did not try these endpoints, but fetched the page from "
          "the same network.",
          (col("tcp_unsure") > 0) & (col("tcp_ok") == 0) & (col("tcp_blocked") == 0)
          & (col("tcp_down") == 0) & col("tcp_failure").is_not_null() & page_elsewhere
          & col("names_agree"), "tcp_failure", "tcp_unsure", detail_sign="tcp_failure"),
    make("tcp", "blocked_pageless", "blocked", 0.75,
          "No connect works, to endpoints where the control's connects do; the control's own fetch "
          "failed only after them, as it does of what is no page.",
          no_connect & known_place, "tcp_failure", "tcp_blocked", "control_page",
          detail_sign="tcp_failure"),
    make("tcp", "after_redirect", "blocked", 0.85,
          "A redirect leads to where no connect works, while the control followed the redirects "
          "to a page.",
          (col("broke_at") == "tcp") & after_redirect & page_elsewhere
          & broken_off, "broke_by", "broke_after", detail_sign="broke_by"),
    make("tcp", "some", "partly", 0.6,
          "Some addresses do not answer that answer the control; others do.",
          (col("tcp_blocked") > 0) & (col("tcp_ok") > 0), "tcp_failure", "tcp_ok", "tcp_blocked",
          detail_sign="tcp_failure"),
    make("tcp", "works", "ok", 0.95, "Connects work.", col("tcp_ok") > 0, "tcp_ok"),
    make("tcp", "down", "down", 0.9, "The endpoints answer neither the probe nor the control.",
          (col("tcp_down") > 0) & (col("tcp_blocked") == 0), "tcp_failure", "tcp_down"),
    make("tcp", "unknown", "insufficient", 0.5,
          "Connects fail, and nothing shows that they would work elsewhere, or the failure is the "
          "probe's own.", tcp_tried, "tcp_failure", "tcp_unsure", "control_page"),
)  # fmt: skip

HANDSHAKES = (
    make("tls", "wrong_clock", "insufficient", 0.6,
          "The certificate seems out of date, and it is the probe's clock that is off by a day or "
          "more.",
          (col("tls_failure") == "cert_other") & col("clock_off")
          & col("in_date").fill_null(value=True), "tls_failure", "clock_off", "in_date"),
    make("tls", "own_machine", "insufficient", 0.7,
          "The certificate is made by a program that opens the connections of the machine it runs "
          "on, as scanners for viruses do: nobody on the way made it.",
          col("own_machine") & (certificate_fails | col("broke_by").is_in(CERTIFICATE)),
          "tls_failure", "issuer", "broke_by"),
    make("tls", "forged", "blocked", 0.9,
          "The certificate is not the site's, at an endpoint where the control sees a good one.",
          certificate_fails & no_handshake & page_elsewhere, "tls_failure", "tls_blocked",
          "issuer", "own_issuer", detail="forged_certificate"),
    make("tls", "blocked", "blocked", 0.93,
          "Handshakes for this name break off, at endpoints where connects work and the control's "
          "handshakes do too.",
          no_handshake & page_elsewhere & col("tls_failure").is_in(CUT), "tls_failure",
          "tls_blocked", detail_sign="tls_failure"),
    make("tls", "blocked_pageless", "blocked", 0.75,
          "Handshakes for this name break off at endpoints where the control's own do not; the "
          "control's fetch failed only after them, as it does of what is no page.",
          no_handshake & known_place
          & col("tls_failure").is_in([*CUT, "cert_name", "cert_authority"]), "tls_failure",
          "tls_blocked", "control_page", detail_sign="tls_failure"),
    make("tls", "after_redirect", "blocked", 0.9,
          "A redirect leads to a name for which handshakes fail, while the control followed the "
          "redirects to a page.",
          broke_at_tls & after_redirect & page_elsewhere
          & (broken_off | col("broke_by").is_in(CERTIFICATE))
          & ~(col("clock_off") & (col("broke_by") == "cert_other")),
          "broke_by", "broke_after", detail_sign="broke_by"),
    make("tls", "unnoted", "blocked", 0.8,
          "The secure fetch breaks off after the connect, and the control fetched the page; the "
          "probe noted no handshakes.",
          broke_at_tls & ~tls_tried & page_elsewhere
          & (broken_off | col("broke_by").is_in(["cert_name", "cert_authority"]))
          & ~nothing.fill_null(value=False), "broke_by", detail_sign="broke_by"),
    make("tls", "some", "partly", 0.6,
          "Some handshakes for this name break off and others do not.",
          (col("tls_blocked") > 0) & (col("tls_ok") > 0), "tls_failure", "tls_ok", "tls_blocked",
          detail_sign="tls_failure"),
    make("tls", "quic", "partly", 0.6,
          "Handshakes over QUIC fail at endpoints where the control's do not, while those over TCP "
          "work: programs fall back to these.",
          (col("quic_blocked") > 0) & (col("quic_ok") == 0) & (col("tls_ok") > 0), "quic_failure",
          "quic_blocked", "tls_ok", detail="quic"),
    make("tls", "works", "ok", 0.98, "The name's own certificate was shown.", col("tls_ok") > 0,
          "tls_ok"),
    make("tls", "down", "down", 0.9,
          "Handshakes fail for the control too: the site's own certificate or server is at fault.",
          (col("tls_down") > 0) & (col("tls_blocked") == 0), "tls_failure", "tls_down"),
    make("tls", "unknown", "insufficient", 0.5,
          "Handshakes fail, and nothing shows that they would work elsewhere at this address.",
          tls_tried, "tls_failure", "tls_unsure", "control_page"),
)  # fmt: skip
