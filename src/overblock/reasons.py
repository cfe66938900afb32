"""Why a record, or a single value of one, is a row in rejects: the whole list, and what each means.

The names are public and never renamed.  A test finds every reason that the code can give and asks
that it stands here; the reference page is made from this module.
"""

from collections.abc import Mapping
from types import MappingProxyType

REASONS: Mapping[str, str] = MappingProxyType({
    "bad_asn": "the origin is not an AS number, nor a set of them",
    "bad_country": "not a country code of two capital letters",
    "bad_decision_date": "the date of the decision is missing or is no day of the calendar",
    "bad_domain": "not a domain name, even after it is put into its ASCII form",
    "bad_encoding": "the record holds signs that its encoding does not have",
    "bad_id": "the publisher's number of the entry is missing or not a number",
    "bad_included_at": "the moment of entry is no moment of Moscow's clock",
    "bad_json": "the line is no JSON",
    "bad_order": "the moments of the record do not run forward, or give two states at one moment",
    "bad_prefix_length": "the number after the slash is missing, not a number, or longer than the "
    "address",
    "bad_range": "the last address comes before the first, or the two are not of one kind",
    "bad_record": "the record has not the form that its feed gives to records",
    "bad_timestamp": "a moment that is none",
    "bad_urgency": "the mark of urgency is neither 0 nor 1",
    "bad_url": "not a URL: no scheme, no host, or a host that cannot be one",
    "bad_xml": "the entry is not well-formed XML, or declares what no register needs",
    "duplicate_range": "the feed says the same of this range in a record before",
    "empty": "a line without anything on it",
    "empty_value": "a value that stands there and says nothing",
    "host_bits": "the prefix does not begin where its length says; either mending would be a guess",
    "ipv4_mapped": "an IPv4 address in the clothes of IPv6 (::ffff:0:0/96): it blocks neither",
    "malformed": "the record makes its reader refuse the whole file; it is set aside alone",
    "no_decision": "the entry names no decision",
    "no_operator": "the record does not say on whose network it was seen",
    "no_test_name": "the document does not say which test it is of",
    "not_a_name": "neither an address, a network, a URL nor a domain name",
    "not_an_address": "neither an address nor a network",
    "not_an_object": "JSON, but no measurement",
    "not_ipv4": "IPv6 where only IPv4 may stand",
    "nothing_named": "the entry names no address, no domain and no page",
    "nothing_to_resolve": "an address or a network where a name is asked for",
    "nul_byte": "a NUL in the text: a damaged file",
    "repeated_record": "the same address on the same operator as in a record before",
    "several_decisions": "the entry names more than one decision, so neither is surely its own",
    "several_values": "a line that holds more than one value",
    "stray_text": "text in the entry outside of any element that the format knows",
    "too_deep": "nested deeper than any measurement is",
    "too_few_fields": "fewer fields than the format has, or a line cut short",
    "too_long": "more bytes than any measurement has: the line is not held in memory",
    "too_many_fields": "more fields than the format has",
    "too_many_parts": "more values in one line than any measurement has",
    "undecodable": "signs that the encoding of the file does not have",
    "unknown_attribute": "an attribute that the format did not have when the reader was written",
    "unknown_block_type": "a kind of block that the format did not have",
    "unknown_element": "an element that the format did not have when the reader was written",
    "unknown_status": "a status of a delegation that the format did not have",
    "unknown_type": "neither asn, nor ipv4, nor ipv6",
})  # fmt: skip
