"""Text from outside, made fit for a terminal."""


def plain(text: str) -> str:
    """``text`` with what could steer a terminal made visible."""
    return "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in text)


def counted(number: int, thing: str) -> str:
    """A number and what it counts: ``1 snapshot``, ``2,626 snapshots``."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"
