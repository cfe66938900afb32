"""The rules for the answer to a page's request, its transfer, and the measurement as a whole.

The rules of the whole see what the layers came to as columns: ``dns``, ``tcp``, ``tls``, ``http``,
``throughput``, and with them the rules that decided there.
"""

import polars as pl

from overblock.measurements.rules_web import (
    FIRST_ERROR,
    FREEZE_BYTES,
    agrees,
    another_page,
    block_page,
    broken_off,
    control,
    fetched,
    fine_elsewhere,
    make,
    named_otherwise,
    page_alike,
    page_elsewhere,
    same_headers,
    term,
    text_differs,
)

col = pl.col
SERVER_ERROR, TOO_MANY = 500, 429  # statuses of a server in trouble
PROXY_ASKS = 407  # who the visitor is
REFUSALS = (401, 403, 406, 451)
MISSES = (400, 404, 410)  # as servers answer that do not know the name or the page
error_here = col("status") >= FIRST_ERROR
own_front = col("page_front") & agrees
own_answer = term(
    "own_answer",
    col("page_proved") | ((col("own_headers") | own_front) & ~col("redirect_away")),
)
sent_secretly = ~col("away_secure") | col("redirect_naked")  # not as a server sends to its own
says_no = (  # as servers do that refuse a country, or have another page under the name
    col("status").is_in((*REFUSALS, *MISSES)) & ~col("page_naked")
)
another_text = term("another_text", another_page & text_differs)
in_trouble = (col("status") >= SERVER_ERROR) | col("status").is_in((TOO_MANY, PROXY_ASKS))
may_be_its_own = term("may_be_its_own", col("moved") | says_no | in_trouble)

PAGES = (
    make("http", "block_page", "blocked", 0.98,
         "The answer is a known block page of this country, and no certificate shows that it is "
         "the site's.", col("page_fingerprint").is_not_null() & ~col("page_proved"),
         "page_fingerprint", "status", detail="block_page"),
    make("http", "foreign_block_page", "insufficient", 0.7,
         "The answer is another country's known block page: the probe goes through a tunnel or a "
         "transit network, and its block is not this country's.",
         col("page_foreign").is_not_null() & ~col("page_proved"), "page_foreign", "status"),
    make("http", "local_frame", "blocked", 0.9,
         "The answer in the clear is a frame around an address on which no public site can live: "
         "the network's own page.", col("page_local_frame") & ~col("page_proved"), "status",
         "page_local_frame", detail="block_page"),
    make("http", "challenge", "challenged", 0.9,
         "The site's own front asks for a proof of being human, and it did not ask the control.",
         fetched & col("page_challenge") & (own_answer | ~page_alike), "status", "control_status",
         "page_challenge"),
    make("http", "refuses", "refused", 0.8,
         "The site itself refuses this visitor and not the control: that is the site's doing, "
         "often by country.",
         fetched & col("status").is_in(REFUSALS) & fine_elsewhere & own_answer,
         "status", "control_status", "own_headers", "page_front"),
    make("http", "proved", "ok", 0.99,
         "The page came under a valid certificate of its name: nobody on the way wrote it.",
         fetched & col("page_proved"), "status"),
    make("http", "parked", "ok", 0.6,
         "The page offers the domain for sale: such pages differ from visit to visit.",
         fetched & col("page_parked") & ~(col("redirect_away") & col("redirect_naked"))
         & ~col("page_words"),
         "status", "page_parked"),
    make("http", "alike", "ok", 0.9,
         "The page came in the clear, and its status and its title, length or headers are the "
         "control's.", fetched & page_alike, "status", "same_title", "body_share",
         "same_headers"),
    make("http", "portal", "insufficient", 0.7,
         "By this page the network asks its guests to log in: its status says so, which no site "
         "gives, or its words.", fetched & col("page_portal") & ~block_page, "status",
         "page_portal"),
    make("http", "names_blocker", "blocked", 0.9,
         "The answer says that it is withheld for legal reasons, and names another than the site "
         "as who withholds it; the control was shown the page.",
         another_page & col("page_blocker") & ~own_answer, "status", "page_blocker",
         detail="block_page"),
    make("http", "block_words", "blocked", 0.88,
         "Another page than the control's came in the clear, and its words are a block page's.",
         another_page & block_page & ~own_answer
         & ~(col("redirect_away") & error_here & ~sent_secretly),
         "status", "same_title", "body_share",
         "page_naked", detail="block_page"),
    make("http", "sent_away", "blocked", 0.85,
         "An answer in the clear sent the visitor to another site, which is not what the control "
         "was shown, and not as servers do: to a bare address, or it or the page came without the "
         "date that servers give.",
         another_text & col("redirect_away")
         & (col("redirect_naked") | (~col("away_secure") & col("page_naked"))),
         "status", "same_title", "body_share", "redirect_naked", "page_naked", detail="redirect"),
    make("http", "sent_to_block_page", "blocked", 0.85,
         "An answer in the clear sent the visitor to another site, by its address a block page, "
         "which the control was not shown.",
         col("away_named") & page_elsewhere & (another_text | ~fetched),
         "status", "same_title", "away_named", "broke_by", detail="redirect"),
    make("http", "own_error", "ok", 0.6,
         "The site's own server answers with an error, by its headers: nothing on the way wrote "
         "it.", fetched & error_here & own_answer, "status", "control_status", "same_headers"),
    make("http", "different", "blocked", 0.75,
         "Another page than the control's came in the clear: neither status with headers nor "
         "title nor length are the same.  A refusal as servers write it, a page to which the "
         "site moved its visitor, or one that names the site, is long or a hosting's, may be the "
         "site's own.",
         another_text & ~same_headers & ~own_answer & ~col("redirect_away")
         & ((named_otherwise & ~col("page_own") & ~col("page_usual")) | col("page_naked"))
         & ~may_be_its_own,
         "status", "control_status", "same_title", "body_share", "page_naked", detail="different"),
    make("http", "uncompared", "ok", 0.5,
         "The page came in the clear from an address that the control finds too; the control's "
         "own fetch failed or was refused, and the page's words are no block page's.",
         fetched & control & ~fine_elsewhere.fill_null(value=False) & col("names_agree")
         & (col("status") < FIRST_ERROR) & ~col("page_words") & ~col("redirect_away"),
         "status", "control_page"),
    make("http", "broken", "blocked", 0.88,
         "The request in the clear, or the secure one after its handshake, is broken off, while "
         "the control fetched the page.",
         (col("broke_at") == "http") & ~col("part_received") & page_elsewhere
         & broken_off, "broke_by", "broke_after", detail_sign="broke_by"),
    make("http", "cut_short", "blocked", 0.7,
         "The answer began and was broken off, while the control fetched the page.",
         (col("broke_at") == "http") & col("part_received") & page_elsewhere
         & col("broke_by").is_in(["reset", "eof"]), "broke_by", "bytes_received", "status",
         detail_sign="broke_by"),
    make("http", "own_redirect", "ok", 0.5,
         "The site sends its visitor in a circle or nowhere, and no layer fails: that is the "
         "site's doing.", (col("broke_at") == "redirect") & page_elsewhere & ~col("redirect_away"),
         "broke_after"),
    make("http", "down", "down", 0.85,
         "The control could not fetch the page either.",
         ~fetched & control & col("control_page").is_not_null() & ~page_elsewhere
         & col("broke_at").is_in(["http", "redirect"]), "control_page", "broke_by"),
    make("http", "unknown", "insufficient", 0.5,
         "There is nothing to compare the answer with, or it differs in what says little.",
         col("status").is_not_null() | (col("broke_at") == "http"), "status", "control_page",
         "broke_by"),
)  # fmt: skip

never_ends = term(
    "never_ends", col("part_received") & (col("broke_by") == "timeout") & page_elsewhere
)
TRANSFERS = (
    make("throughput", "freeze", "throttled", 0.8,
         "The answer began, stopped after few bytes and never went on: a limit on the bytes of a "
         "connection.",
         never_ends & col("stalled") & (col("bytes_received") <= FREEZE_BYTES), "bytes_received",
         "status", detail="byte_limit"),
    make("throughput", "slow", "throttled", 0.6,
         "The answer began and was not whole when the probe gave up; the control fetched the page.",
         never_ends, "bytes_received", "status", detail="throttling"),
)  # fmt: skip

failed_elsewhere = control & col("control_page").is_not_null() & ~page_elsewhere


def _is(layer: str, *states: str) -> pl.Expr:
    return col(layer).is_in(states).fill_null(value=False)


FOREIGN = ("web.dns.foreign_block_page", "web.http.foreign_block_page")
PORTALS = ("web.dns.portal", "web.dns.captive")
WHOLE = (
    make("all", "names_blocked", "blocked", 0.93, "The name is blocked.", _is("dns", "blocked"),
         "dns_rule", detail_sign="dns_detail"),
    make("all", "foreign", "insufficient", 0.7,
         "What was met is another country's block page.",
         col("dns_rule").is_in(FOREIGN).fill_null(value=False)
         | col("http_rule").is_in(FOREIGN).fill_null(value=False), "dns_rule", "http_rule"),
    make("all", "portal", "insufficient", 0.7, "The network asks its guests to log in.",
         (col("dns_rule").is_in(PORTALS).fill_null(value=False) & ~col("page_proved"))
         | (col("http_rule") == "web.http.portal").fill_null(value=False), "dns_rule",
         "http_rule"),
    make("all", "page_blocked", "blocked", 0.85,
         "The answer to the request is blocked or put in its place.", _is("http", "blocked"),
         "http_rule", detail_sign="http_detail"),
    make("all", "challenged", "challenged", 0.9, "The site asks for a proof of being human.",
         _is("http", "challenged"), "http_rule"),
    make("all", "refused", "refused", 0.8, "The site refuses this visitor.",
         _is("http", "refused"), "http_rule"),
    make("all", "secure_blocked", "blocked", 0.7,
         "The page loads in the clear, and the secure way to it is blocked.",
         fetched & ~col("page_proved") & _is("tls", "blocked"), "tls_rule",
         detail_sign="tls_detail"),
    make("all", "works", "ok", 0.95, "The page loads, and it is the site's.", _is("http", "ok")
         & (fetched | ~(_is("tcp", "blocked") | _is("tls", "blocked"))), "http_rule"),
    make("all", "throttled", "throttled", 0.7, "The page begins to load and does not end.",
         _is("throughput", "throttled"), "throughput_rule", detail_sign="throughput_detail"),
    make("all", "connects_blocked", "blocked", 0.9, "Connects to the site are blocked.",
         ~fetched & _is("tcp", "blocked"), "tcp_rule", detail_sign="tcp_detail"),
    make("all", "handshakes_blocked", "blocked", 0.92, "Handshakes for the name are blocked.",
         ~fetched & _is("tls", "blocked"), "tls_rule", detail_sign="tls_detail"),
    make("all", "gone", "down", 0.9, "The name has no address for anybody.",
         ~fetched & _is("dns", "down"), "dns_rule"),
    make("all", "gone_rewritten", "down", 0.6,
         "The name has no address for anybody, and a provider answers in its place.",
         fetched & _is("dns", "down") & ~col("page_proved"), "dns_rule"),
    make("all", "local_answer", "insufficient", 0.5,
         "The name leads to where no public site can live, and nobody finds it elsewhere: it may "
         "live within the network only.",
         ~fetched & (col("dns_rule") == "web.dns.local_answer"), "dns_rule", "control_page"),
    make("all", "down", "down", 0.85, "The control could not reach the site either.",
         ~fetched & failed_elsewhere & ~(col("broke_by") == "unreachable").fill_null(value=False),
         "control_page", "tcp_rule", "tls_rule"),
    make("all", "own_machine", "insufficient", 0.7,
         "A program on the visitor's own machine opens its connections.",
         ~fetched & (col("tls_rule") == "web.tls.own_machine"), "tls_rule"),
    make("all", "unknown", "insufficient", 0.5,
         "What failed cannot be compared with a control, or is the probe's own trouble.",
         pl.lit(value=True), "control_page", "broke_at", "broke_by"),
)  # fmt: skip
