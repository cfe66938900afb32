"""Extent less named: which names that nobody named are hit."""
