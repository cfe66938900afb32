"""Fleets: what people run, read from their inventories, and what a register's change means to it."""
