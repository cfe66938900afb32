"""Tables of audiences: how many people a service or a channel reached, as somebody counted them."""

from overblock.tables.columns import Column, Table

AUDIENCES = Table(
    name="audiences",
    meaning="How many people a service or a channel reached, each figure with its definition.",
    key=("record", "metric"),
    columns=(
        Column(name="record", kind="u32", meaning="1-based number of the record in the file"),
        Column(name="service", kind="str", meaning="the service, as people call it"),
        Column(name="subject", kind="str", meaning="channel in it", null="the service as a whole"),
        Column(name="metric", kind="str", meaning="what was counted, in one word"),
        Column(
            name="definition",
            kind="str",
            meaning="who counted what, where; only figures of one definition are compared",
        ),
        Column(name="unit", kind="str", meaning="of the value"),
        Column(name="at_first", kind="instant", meaning="it is of here", null="nobody said when"),
        Column(name="at_last", kind="instant", meaning="to here", null="nobody said when"),
        Column(name="value", kind="f64", meaning="the figure as it was published"),
        Column(name="low", kind="f64", meaning="the least that it can mean, rounded as it is"),
        Column(name="high", kind="f64", meaning="the most", null="it may be any more"),
        Column(name="n", kind="u64", meaning="people or tries it rests on", null="not said"),
        Column(name="post", kind="str", meaning="channel and number of the post", null="no post"),
    ),
)
