"""Text from outside, made fit for a terminal."""


def plain(text: str) -> str:
    """``text`` with what could steer a terminal made visible."""
    return "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in text)
