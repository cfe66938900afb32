"""Tables that people open in a spreadsheet, which runs some texts as formulas."""

import polars as pl

from overblock.reports.flat import STEERS


def tame(frame: pl.DataFrame) -> pl.DataFrame:
    """Texts that a spreadsheet would run as formulas, made texts again by an apostrophe."""
    text = pl.col(pl.String)
    steers = text.str.slice(0, 1).is_in(STEERS)
    return frame.with_columns(pl.when(steers).then("'" + text).otherwise(text).name.keep())
