"""Series to events: when blocking began and ended."""
