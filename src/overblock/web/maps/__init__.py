"""The pages and pictures of the map of IPv4 space."""
