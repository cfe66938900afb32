"""``watch``: how each server of a fleet stands, and what changed since the last look."""
