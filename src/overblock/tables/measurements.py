"""Tables of measurements: what was run, what was seen at each layer, what it means, since when."""

from overblock.tables.columns import GROUP_ROWS, Column, Table

UNDATED = "undated"  # the partition of what says no day

_PROBE = (
    Column(name="probe_cc", kind="str", meaning="country of the probe", null="unknown or ZZ"),
    Column(name="probe_asn", kind="u32", meaning="network of the probe", null="unknown or AS0"),
)

MEASUREMENTS = Table(
    name="measurements",
    meaning="Each measurement that was read: the envelope, and where its bytes are.",
    key=("measurement_uid",),
    group_rows=GROUP_ROWS,
    columns=(
        Column(
            name="measurement_uid",
            kind="str",
            meaning="the collector's key; where it gives none, digest: and the line's digest",
        ),
        Column(name="artefact", kind="str", meaning="digest of the raw file that holds it"),
        Column(name="file", kind="str", meaning="name of that file, as it was given"),
        Column(name="record", kind="u32", meaning="1-based number of the line in the file"),
        Column(name="digest", kind="str", meaning="digest of the line: BLAKE2b, 16 bytes, hex"),
        Column(name="test", kind="str", meaning="name of the test, as published"),
        Column(name="test_version", kind="str", meaning="its version", null="not said"),
        Column(
            name="started_at", kind="instant", meaning="start, by the probe's clock", null="unknown"
        ),
        Column(
            name="received_at", kind="instant", meaning="by the collector's clock", null="unknown"
        ),
        *_PROBE,
        Column(name="resolver_asn", kind="u32", meaning="network of the resolver", null="unknown"),
        Column(name="target", kind="str", meaning="input in canonical form", null="it has none"),
        Column(name="report_id", kind="str", meaning="one run of one test", null="not said"),
        Column(name="software", kind="str", meaning="program and version", null="not said"),
        Column(name="flags", kind="str[]", meaning="what is odd about it, from the list of flags"),
    ),
)

MEASUREMENT_FILES = Table(
    name="measurement_files",
    meaning="Each file of measurements that was read.",
    key=("artefact",),
    columns=(
        Column(name="artefact", kind="str", meaning="digest of the file as it came"),
        Column(name="file", kind="str", meaning="its name, as it was given"),
        Column(name="n_measurements", kind="u32", meaning="measurements that it holds"),
        Column(name="n_new", kind="u32", meaning="those that no file before held"),
        Column(name="n_rejects", kind="u32", meaning="lines that hold none"),
        Column(name="n_bytes", kind="u64", meaning="of its lines, unpacked"),
        Column(name="flags", kind="str[]", meaning="cut: its end is missing; damaged: from there"),
    ),
)

OBSERVATIONS = Table(
    name="observations",
    meaning="One fact at one layer, as a probe or its control saw it; no judgement.",
    key=("measurement_uid", "number"),
    group_rows=GROUP_ROWS,
    columns=(
        Column(name="measurement_uid", kind="str", meaning="the measurement it is from"),
        Column(name="number", kind="u32", meaning="0-based place among its observations"),
        Column(name="vantage", kind="str", meaning="probe or control"),
        Column(name="layer", kind="str", meaning="dns, tcp, tls, quic, http or throughput"),
        Column(name="observed_at", kind="instant", meaning="when", null="unknown"),
        *_PROBE,
        Column(name="host", kind="str", meaning="name asked or contacted", null="not said"),
        Column(name="address", kind="str", meaning="answered or contacted", null="none"),
        Column(name="port", kind="u16", meaning="port contacted", null="none"),
        Column(name="failure", kind="str", meaning="as published", null="it worked"),
        Column(name="failure_class", kind="str", meaning="the class of it", null="it worked"),
        Column(
            name="detail", kind="str", meaning="what else was seen, as layer-own words", null="-"
        ),
        Column(name="n_bytes", kind="u64", meaning="bytes received", null="not counted"),
        Column(name="seconds", kind="f64", meaning="how long it took", null="not measured"),
        Column(name="transaction_id", kind="i64", meaning="attempt it belongs to", null="not said"),
    ),
)

VERDICTS = Table(
    name="verdicts",
    meaning="What a measurement means, by feature and layer, by which rule, on what evidence.",
    key=("measurement_uid", "feature", "layer"),
    group_rows=GROUP_ROWS,
    columns=(
        Column(name="measurement_uid", kind="str", meaning="the measurement"),
        Column(name="file", kind="str", meaning="name of the file that holds it"),
        Column(name="record", kind="u32", meaning="1-based number of the line in the file"),
        Column(name="test", kind="str", meaning="name of the test"),
        Column(name="started_at", kind="instant", meaning="when", null="unknown"),
        *_PROBE,
        Column(name="target", kind="str", meaning="page, or service", null="it has none"),
        Column(name="feature", kind="str", meaning="part of a service; all: the target as a whole"),
        Column(
            name="layer",
            kind="str",
            meaning="dns, tcp, tls, quic, http, throughput; all: the verdict on the feature",
        ),
        Column(
            name="state",
            kind="str",
            meaning="ok, down, blocked, partly, throttled, refused, challenged or insufficient",
        ),
        Column(
            name="blocked",
            kind="str",
            meaning="the answer to whether it is blocked: yes, no, down or unknown",
        ),
        Column(
            name="mechanism",
            kind="str",
            meaning="at which layer: dns, tcp, tls, http or throttle, + between several",
            null="nothing fails",
        ),
        Column(
            name="detail",
            kind="str",
            meaning="how, within it: nxdomain, bogon, reset, forged_certificate, block_page ...",
            null="the rule says no more",
        ),
        Column(name="rule_id", kind="str", meaning="the rule that decided"),
        Column(name="confidence", kind="f64", meaning="0 to 1, of the rule"),
        Column(name="evidence", kind="str[]", meaning="the facts that the rule rests on"),
    ),
)

SERIES = Table(
    name="series",
    meaning="Verdicts counted by hour or day, country, network, target and feature.",
    key=("grain", "bucket_at", "test", "probe_cc", "probe_asn", "target", "feature"),
    columns=(
        Column(name="grain", kind="str", meaning="hour or day"),
        Column(name="bucket_at", kind="instant", meaning="start of the hour or day, UTC"),
        Column(name="test", kind="str", meaning="name of the test"),
        Column(name="probe_cc", kind="str", meaning="country", null="unknown"),
        Column(name="probe_asn", kind="u32", meaning="network", null="unknown"),
        Column(name="target", kind="str", meaning="page, or service", null="it has none"),
        Column(name="feature", kind="str", meaning="part of a service; all: the whole"),
        *(
            Column(name=f"n_{state}", kind="u32", meaning=f"verdicts: {state}")
            for state in (
                "ok",
                "down",
                "blocked",
                "partly",
                "throttled",
                "refused",
                "challenged",
                "insufficient",
            )
        ),
        Column(
            name="n_reports",
            kind="u32",
            meaning="distinct reports: probes, as far as known",
            null="reports not known",
        ),
    ),
)

EVENTS = Table(
    name="events",
    meaning="When blocking began or ended in a series, and how sure that is.",
    key=("event_id",),
    columns=(
        Column(name="event_id", kind="str", meaning="digest of what it is about and its start"),
        Column(name="group_id", kind="str", meaning="events of several networks that are one"),
        Column(name="change", kind="str", meaning="onset or end"),
        Column(name="test", kind="str", meaning="name of the test"),
        Column(name="probe_cc", kind="str", meaning="country", null="unknown"),
        Column(name="probe_asn", kind="u32", meaning="network", null="all of the country"),
        Column(name="target", kind="str", meaning="page, or service", null="it has none"),
        Column(name="feature", kind="str", meaning="part of a service; all: the whole"),
        Column(
            name="state", kind="str", meaning="what began or ended: blocked, partly or throttled"
        ),
        Column(name="at", kind="instant", meaning="best estimate"),
        Column(name="earliest_at", kind="instant", meaning="start of the interval it lies in"),
        Column(name="latest_at", kind="instant", meaning="end of the interval it lies in"),
        Column(name="known_at", kind="instant", meaning="when enough had arrived to say so"),
        Column(name="share_before", kind="f64", meaning="failing share before", null="no data"),
        Column(name="share_after", kind="f64", meaning="failing share after"),
        Column(name="n_before", kind="u32", meaning="measurements it rests on, before"),
        Column(name="n_after", kind="u32", meaning="measurements it rests on, after"),
        Column(name="n_networks", kind="u32", meaning="distinct networks"),
        Column(name="score", kind="f64", meaning="log-likelihood ratio of a change to none"),
    ),
)
