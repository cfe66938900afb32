"""Known block pages: their file, where each is looked for, and whose block it is."""

import pytest

from measurement_worlds import BLOCK_PAGE, LURE, Document, Site, World, document, judged
from overblock.measurements.fingerprints import Fingerprints, read_fingerprints

HEAD = "name,location_found,pattern_type,pattern,scope,expected_countries\n"
LANDING = "xa.page,body,contains,<title>Access Denied,nat,XA\n"
SINKHOLE = f"xa.hole,dns,full,{LURE},isp,XA\n"


def known(*rows: str) -> Fingerprints:
    return Fingerprints.read([HEAD + "".join(rows)])


def fetched(page: str, **headers: str) -> Document:
    """A page in the clear that the control could not fetch: only a fingerprint can tell."""
    found = document(World(scheme="http", control="none").with_censor(page=page))
    found["test_keys"]["requests"][0]["response"]["headers"] = headers
    return found


def answer(found: Document, *rows: str) -> tuple[str, str]:
    (verdict,) = judged(found, known=known(*rows))
    return verdict["blocked"], verdict["evidence"][0] if verdict["evidence"] else ""


def test_a_known_page_is_a_block_without_any_control() -> None:
    assert answer(fetched(BLOCK_PAGE))[0] == "unknown"
    assert answer(fetched(BLOCK_PAGE), LANDING) == ("yes", "http_rule=web.http.block_page")


def test_a_known_address_is_a_block_without_any_control() -> None:
    found = document(World(control="none").with_censor(name_is=(LURE,)))
    assert answer(found, SINKHOLE) == ("yes", "dns_rule=web.dns.block_page_address")


def test_a_known_address_of_a_dead_name_is_a_block() -> None:
    found = document(World(site=Site(resolves=False)).with_censor(name_is=(LURE,)))
    assert answer(found)[0] == "down"
    assert answer(found, SINKHOLE)[0] == "yes"


def test_a_page_of_another_country_is_no_block_of_this_one() -> None:
    found = fetched(BLOCK_PAGE)
    assert answer(found | {"probe_cc": "SE"}, LANDING)[0] == "unknown"
    anywhere = LANDING.replace(",XA", ",")
    assert answer(found | {"probe_cc": "SE"}, anywhere)[0] == "yes"


def test_a_sinkhole_of_another_country_tells_of_a_tunnel() -> None:
    """Without the file nobody knows whose it is, and the answer is a lie all the same."""
    sinkhole = "ir.hole,dns,full,10.10.34.35,nat,IR\n"
    found = document(World().with_censor(name_is=("10.10.34.35",)))
    assert [answer(found | {"probe_cc": each}, sinkhole)[0] for each in ("IR", "SE", "ZZ")] == [
        "yes",
        "unknown",
        "yes",
    ]
    compared = document(World(scheme="http").with_censor(page=BLOCK_PAGE)) | {"probe_cc": "SE"}
    assert answer(compared)[0] == "yes"
    assert answer(compared, LANDING)[0] == "unknown"


@pytest.mark.parametrize("scope", ["prod", "inst", "vbw", "fp"])
def test_only_pages_of_states_and_providers_are_blocks(scope: str) -> None:
    assert answer(fetched(BLOCK_PAGE), LANDING.replace("nat", scope))[0] == "unknown"


def test_a_harmless_match_speaks_against_a_block() -> None:
    harmless = "some.shield,body,contains,blocked by order,fp,\n"
    assert answer(fetched(BLOCK_PAGE), LANDING, harmless)[0] == "unknown"


def test_a_page_under_the_sites_own_certificate_is_never_a_block_page() -> None:
    found = document(World(site=Site(page=BLOCK_PAGE)))
    assert answer(found, LANDING)[0] == "no"


@pytest.mark.parametrize(
    ("row", "page", "matches"),
    [
        ("n,body,full,all of it,nat,\n", "all of it", True),
        ("n,body,full,all of it,nat,\n", "all of it!", False),
        ("n,body,prefix,begins,nat,\n", "begins and goes on", True),
        ("n,body,prefix,begins,nat,\n", "it begins", False),
        ("n,body,regexp,num[0-9]+,nat,\n", "num7", True),
        ("n,body,regexp,num[0-9]+,nat,\n", "num", False),
        ("n,body,contains,überall,nat,\n", "steht überall", True),
        ("n,header.server,contains,Filter,nat,\n", "any page", True),
        ("n,header.location,contains,Filter,nat,\n", "any page", False),
    ],
)
def test_each_kind_of_pattern_is_looked_for_where_it_belongs(
    row: str, page: str, *, matches: bool
) -> None:
    found = fetched(page, Server="Filter/1.0", Location="http://elsewhere.example/")
    assert (answer(found, row)[0] == "yes") is matches


def test_patterns_that_overlap_are_all_found() -> None:
    """A harmless one within a longer block page's pattern must not hide."""
    rows = ("a,body,contains,not available here,nat,\n", "b,body,contains,available,fp,\n")
    assert answer(fetched("it is not available here"), *rows)[0] == "unknown"


def test_rows_that_are_no_fingerprints_are_counted() -> None:
    bad = ("x,body,contains,,nat,\n", "x,nowhere,contains,a,nat,\n", "x,body,regexp,(,nat,\n",
           "x,body,fuzzy,a,nat,\n")  # fmt: skip
    found, n_bad = read_fingerprints(HEAD + LANDING + "".join(bad))
    assert ([each.name for each in found], n_bad) == (["xa.page"], len(bad))


def test_another_file_is_no_fingerprint_file() -> None:
    with pytest.raises(ValueError, match="location_found"):
        read_fingerprints("name,pattern\n")
