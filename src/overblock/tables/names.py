"""Tables of names: where they lived, how many people use them, what they are for."""

from overblock.tables.columns import GROUP_ROWS, Column, Table
from overblock.tables.registers import REJECTS

# How a question for the addresses of a name may end; the first four come with an answer, as a rule.
OUTCOMES = (
    *("address", "bogon", "rewritten", "disputed"),
    *("nxdomain", "no_answer", "servfail", "refused", "timeout", "error"),
    *("alias", "unasked"),
)

RESOLUTIONS = Table(
    name="resolutions",
    meaning="A name was asked for its addresses: one answer a row, and a row where none came.",
    key=("record", "name", "ipv4", "ipv6", "outcome", "answer", "seen_at", "vantage"),
    group_rows=GROUP_ROWS,
    columns=(
        Column(name="record", kind="u32", meaning="1-based number of the record in the file"),
        Column(
            name="name",
            kind="str",
            meaning="host name, lower case, punycode, no last dot; with `*.` in front: the answer "
            "for every name below that has none of its own, which counts as one name; an address "
            "that a plain list gives alone stands for itself",
        ),
        Column(name="ipv4", kind="u32", meaning="IPv4 address", null="not IPv4, or no answer"),
        Column(name="ipv6", kind="bytes", meaning="IPv6 address", null="not IPv6, or no answer"),
        Column(
            name="outcome",
            kind="str",
            meaning="address; bogon: the answer is no public address, which is kept as `answer`; "
            "rewritten: it is what the resolver gives for names that cannot exist, kept likewise; "
            "disputed: a second answer has nothing in common with it, or the resolver itself says "
            "that it is not the name's own, kept likewise; "
            "or why there is none: nxdomain, no_answer, servfail, refused, timeout, error; "
            "alias: the answer is another name, in `chain`, and where that lives is not said; "
            "unasked: the file names it and says nothing of its addresses",
        ),
        Column(
            name="answer",
            kind="str",
            meaning="a bogon, rewritten or disputed answer, as text",
            null="none of them",
        ),
        Column(name="seen_at", kind="instant", meaning="when it was asked", null="not said"),
        Column(name="vantage", kind="str", meaning="where it was asked from", null="not said"),
        Column(name="chain", kind="str[]", meaning="aliases (CNAME) followed, in order"),
    ),
)

NAME_SIGNS = Table(
    name="name_signs",
    meaning="What is known of a name besides its addresses, by which parked pages are told.",
    key=("record", "name", "sign", "value"),
    group_rows=GROUP_ROWS,
    columns=(
        Column(name="record", kind="u32", meaning="1-based number of the record in the file"),
        Column(name="name", kind="str", meaning="host name, lower case, punycode, no last dot"),
        Column(name="sign", kind="str", meaning="name_server, title, status or redirect"),
        Column(name="value", kind="str", meaning="what was seen"),
        Column(name="seen_at", kind="instant", meaning="when it was seen", null="not said"),
    ),
)

NAME_REJECTS = Table(
    name="name_rejects",
    meaning="Records of files of names that could not be read, with the file that holds them.",
    key=("source", "digest", "record", "reason", "value"),
    columns=(
        Column(name="source", kind="str", meaning="name of the source"),
        Column(name="digest", kind="str", meaning="SHA-256 of the file as fetched"),
        *REJECTS.columns,
    ),
)

NAME_RANKS = Table(
    name="name_ranks",
    meaning="How popular a name is, by one dated list.",
    key=("name",),
    columns=(
        Column(name="record", kind="u32", meaning="1-based number of the record in the file"),
        Column(name="name", kind="str", meaning="host name, lower case, punycode, no last dot"),
        Column(name="rank", kind="u32", meaning="place in the list", null="only a bucket is given"),
        Column(
            name="bucket", kind="u32", meaning="the least power of ten, from 1000 on, that holds it"
        ),
    ),
)

NAME_CATEGORIES = Table(
    name="name_categories",
    meaning="What a name is for, by one dated list, and the plain sector that it stands for.",
    key=("name", "category"),
    columns=(
        Column(name="record", kind="u32", meaning="1-based number of the record in the file"),
        Column(name="name", kind="str", meaning="host name, lower case, punycode, no last dot"),
        Column(name="category", kind="str", meaning="the list's own code"),
        Column(name="sector", kind="str", meaning="plain sector", null="no sector of ours"),
    ),
)
