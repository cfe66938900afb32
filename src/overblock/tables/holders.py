"""Tables of holders: whose an address is."""

from overblock.tables.columns import Column, Table, address_columns

HOLDER_RANGES = Table(
    name="holder_ranges",
    meaning="Whose an address range is, by one dated source.",
    key=("ipv4_from", "ipv4_until", "ipv6_first", "ipv6_last", "asn", "service"),
    columns=(
        *address_columns(),
        Column(name="asn", kind="u32", meaning="origin AS", null="not said, or several"),
        Column(name="as_name", kind="str", meaning="name of the AS or firm", null="not said"),
        Column(name="country", kind="str", meaning="ISO 3166 code", null="not said"),
        Column(name="service", kind="str", meaning="cloud service", null="not said"),
        Column(name="region", kind="str", meaning="cloud region", null="not said"),
    ),
)
