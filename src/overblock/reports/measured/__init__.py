"""What measurements mean: one by one, as verdicts, as series, and as events."""
