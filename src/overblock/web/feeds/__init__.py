"""What happens, for readers of feeds."""
