"""Draws of small networks for the laws of verdicts."""

from hypothesis import strategies as st

from measurement_worlds import LURE, VERSIONS, Censor, Site, World

FAILURES = (None, "connection_reset", "generic_timeout_error", "eof_error", "connection_refused",
            "dns_nxdomain_error", "ssl_unknown_authority", "network_unreachable")  # fmt: skip
sites = st.builds(
    Site,
    resolves=st.booleans(),
    connects=st.sampled_from(FAILURES[:5]),
    greets=st.sampled_from(FAILURES),
    addresses=st.sampled_from([("93.184.216.34",), ("93.184.216.34", "2a00:1450:4001::1")]),
)
censors = st.builds(
    Censor,
    name_fails=st.sampled_from(FAILURES),
    name_is=st.sampled_from([(), ("10.10.34.35",), (LURE,)]),
    injects=st.booleans(),
    connect=st.sampled_from(FAILURES),
    greet=st.sampled_from(FAILURES),
    fetch=st.sampled_from(FAILURES),
    page=st.sampled_from([None, "<title>other</title>", ""]),
    cuts_after=st.sampled_from([None, 16_000]),
)
worlds = st.builds(
    World,
    scheme=st.sampled_from(["http", "https"]),
    site=st.one_of(st.just(Site()), sites),
    beyond=st.sampled_from([None, Site(host="far.example", addresses=("93.184.216.40",))]),
    censor=st.one_of(st.just(Censor()), censors),
    control=st.sampled_from(["works", "works", "fails", "empty", "none"]),
    version=st.sampled_from(VERSIONS),
)
