"""``check``: one answer for one address, network, name or page, and what it is looked up in."""
