"""Tables of registers: what a snapshot says, and the history that snapshots make."""

from overblock.tables.columns import Column, Table, address_columns

REGISTER_ENTRIES = Table(
    name="register_entries",
    meaning="What one snapshot of a register says, an entry a row, as published.",
    key=("record",),
    columns=(
        Column(name="record", kind="u32", meaning="1-based number of the record in the file"),
        Column(name="entry_id", kind="str", meaning="the publisher's own id", null="it gives none"),
        Column(name="addresses", kind="str[]", meaning="addresses and networks, as written"),
        Column(name="domains", kind="str[]", meaning="domain names, as written; *. is a mask"),
        Column(name="urls", kind="str[]", meaning="pages, as written"),
        Column(name="authority", kind="str", meaning="who decided", null="not published"),
        Column(
            name="decision_number", kind="str", meaning="number of the act", null="not published"
        ),
        Column(name="decision_date", kind="date", meaning="date of the act", null="not published"),
        Column(
            name="block_type",
            kind="str",
            meaning="what the publisher orders to block: default, domain, domain-mask, ip",
            null="not published",
        ),
        Column(name="entry_type", kind="str", meaning="ground in law", null="not published"),
        Column(name="is_urgent", kind="bool", meaning="marked urgent", null="not published"),
        Column(
            name="included_at", kind="instant", meaning="entered at, it says", null="not published"
        ),
        Column(name="entry_hash", kind="str", meaning="publisher's hash", null="not published"),
        Column(name="networks", kind="str[]", meaning="operators it is seen on; empty: everywhere"),
    ),
)

STATE_CHANGES = Table(
    name="state_changes",
    meaning="A tracker's whole history in one file: from when to when it saw a resource blocked.",
    key=("resource", "network", "listed_from"),
    columns=(
        Column(name="record", kind="u32", meaning="1-based number of the record in the file"),
        Column(name="resource", kind="str", meaning="address, as written"),
        Column(name="network", kind="str", meaning="operator it was seen on"),
        Column(name="note", kind="str", meaning="the tracker's description", null="none given"),
        Column(name="listed_from", kind="instant", meaning="first seen blocked"),
        Column(name="listed_until", kind="instant", meaning="seen free again", null="still so"),
    ),
)

REJECTS = Table(
    name="rejects",
    meaning="Records, and single values of records, that could not be read.",
    key=("record", "reason", "value"),
    columns=(
        Column(name="record", kind="u32", meaning="1-based number of the record in the file"),
        Column(name="reason", kind="str", meaning="why, from the list of reasons"),
        Column(
            name="value", kind="str", meaning="the value, or the start of the record (200 signs)"
        ),
    ),
)

SNAPSHOTS = Table(
    name="snapshots",
    meaning="Each state of a register that was read.",
    key=("register", "artefact", "member", "fetched_at"),
    columns=(
        Column(name="register", kind="str", meaning="name of the source"),
        Column(name="digest", kind="str", meaning="SHA-256 of its bytes, hex", null="unreadable"),
        Column(
            name="published_at",
            kind="instant",
            meaning="the publisher's own date; where it gives none, when it was fetched",
            null="unreadable",
        ),
        Column(name="ordered_at", kind="instant", meaning="place in time: its date, never back"),
        Column(
            name="fetched_at",
            kind="instant",
            meaning="when it was fetched or committed",
            null="unknown",
        ),
        Column(name="artefact", kind="str", meaning="digest of the raw file that holds it"),
        Column(name="member", kind="str", meaning="where in that file; empty: all of it"),
        Column(name="n_bytes", kind="u64", meaning="size"),
        Column(name="n_records", kind="u32", meaning="records that were read"),
        Column(name="n_rejects", kind="u32", meaning="records that were not, whole or in part"),
        Column(name="flags", kind="str[]", meaning="what is wrong with it; empty: whole"),
    ),
)

SIGNATURES = Table(
    name="signatures",
    meaning="Publishers' own signatures of states, as they were checked when they came in.",
    key=("register", "digest", "signature"),
    columns=(
        Column(name="register", kind="str", meaning="name of the source"),
        Column(name="digest", kind="str", meaning="SHA-256 of the state that is signed, hex"),
        Column(name="signature", kind="str", meaning="SHA-256 of the signature's bytes, hex"),
        Column(name="state", kind="str", meaning="verified, altered or not_checkable"),
        Column(name="reason", kind="str", meaning="why not verified; empty where it is"),
        Column(name="signer", kind="str", meaning="name in the certificate", null="not said"),
        Column(name="organisation", kind="str", meaning="whose it is, it says", null="not said"),
        Column(name="issuer", kind="str", meaning="who made the certificate", null="not said"),
        Column(name="certificate", kind="str", meaning="its SHA-256, hex", null="not in it"),
        Column(name="valid_from", kind="instant", meaning="certificate's", null="not in it"),
        Column(name="valid_until", kind="instant", meaning="certificate's", null="not in it"),
        Column(name="signed_at", kind="instant", meaning="by the signer's clock", null="not said"),
        Column(
            name="in_its_time",
            kind="bool",
            meaning="signed while the certificate was valid",
            null="not known",
        ),
        Column(name="chain", kind="str", meaning="trusted, untrusted or unchecked"),
    ),
)

RECORDS = Table(
    name="records",
    meaning="Each distinct record that a register ever held, read once.",
    key=("register", "record_key"),
    columns=(
        Column(name="register", kind="str", meaning="name of the source"),
        Column(name="record_key", kind="str", meaning="digest of the record's bytes, hex"),
        Column(name="entry_key", kind="str", meaning="the entry it states: its addresses apart"),
        *(column for column in REGISTER_ENTRIES.columns if column.name != "record"),
    ),
)

RECORD_REJECTS = Table(
    name="record_rejects",
    meaning="What could not be read, with the first snapshot that held it and where.",
    key=("register", "record_key", "reason", "value"),
    columns=(
        Column(name="register", kind="str", meaning="name of the source"),
        Column(name="record_key", kind="str", meaning="digest of the record's bytes, hex"),
        Column(name="digest", kind="str", meaning="first snapshot that held it"),
        *REJECTS.columns,
    ),
)

RUNS = Table(
    name="runs",
    meaning="From when to when a record stood in a register: what listings are made of.",
    key=("register", "record_key", "listed_from"),
    columns=(
        Column(name="register", kind="str", meaning="name of the source"),
        Column(name="record_key", kind="str", meaning="digest of the record's bytes, hex"),
        Column(name="listed_from", kind="instant", meaning="first snapshot that has it"),
        Column(name="last_seen_at", kind="instant", meaning="last snapshot that has it"),
        Column(
            name="listed_until",
            kind="instant",
            meaning="first whole snapshot after it that has not",
            null="none yet",
        ),
    ),
)

LISTINGS = Table(
    name="listings",
    meaning="From when to when an entry listed a resource.",
    key=("register", "entry_key", "resource_kind", "resource", "listed_from"),
    columns=(
        Column(name="register", kind="str", meaning="name of the source"),
        Column(name="entry_key", kind="str", meaning="the entry"),
        Column(
            name="resource_kind",
            kind="str",
            meaning="url, domain, domain_mask, address or prefix",
        ),
        Column(name="resource", kind="str", meaning="in canonical form"),
        *address_columns(),
        Column(
            name="kind",
            kind="str",
            meaning="ordered: the entry names only addresses; attached: it names a page or name",
        ),
        Column(name="authority", kind="str", meaning="who decided", null="not published"),
        Column(
            name="decision_number", kind="str", meaning="number of the act", null="not published"
        ),
        Column(name="decision_date", kind="date", meaning="date of the act", null="not published"),
        Column(name="listed_from", kind="instant", meaning="first snapshot that lists it"),
        Column(name="last_seen_at", kind="instant", meaning="last snapshot that lists it"),
        Column(
            name="listed_until",
            kind="instant",
            meaning="first whole snapshot after it that does not",
            null="none yet",
        ),
        Column(name="networks", kind="str[]", meaning="operators; empty: everywhere"),
    ),
)

GAPS = Table(
    name="gaps",
    meaning="When a register said nothing: no snapshot for longer than it may be silent.",
    key=("register", "silent_from"),
    columns=(
        Column(name="register", kind="str", meaning="name of the source"),
        Column(name="silent_from", kind="instant", meaning="last snapshot before"),
        Column(name="silent_until", kind="instant", meaning="first snapshot after"),
    ),
)
