"""The documented cases that ship with overblock: our own compilations, each row with its source."""
