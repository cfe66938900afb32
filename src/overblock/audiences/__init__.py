"""Series of audiences before and after an event, never of two definitions at once."""
