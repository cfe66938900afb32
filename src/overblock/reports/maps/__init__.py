"""The map of IPv4 space: what is drawn, what is written on it, and the squares it is cut into."""
