"""The web: a skin over `overblock.reports`, one file a page, each with its twin in JSON."""
