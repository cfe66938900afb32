"""The pages of who else is hit: at a moment, over time, by dead orders and by changes."""
