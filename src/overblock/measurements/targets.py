"""Inputs of tests in the form in which they are kept; imports no array library."""

from overblock.names.canonical import canonical_name, canonical_url


def target_of(written: str) -> str:
    """An input in canonical form, so that equal pages are equal texts.

    >>> target_of("http://Яндекс.РФ")
    'http://xn--d1acpjx3f.xn--p1ai'
    """
    text = " ".join(written.split())
    return canonical_url(text) or canonical_name(text) or text
