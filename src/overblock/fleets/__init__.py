"""Fleets: what people run, by their inventories, and what changes of registers mean to it."""
