"""The chain of custody: what a report rests on, signed, stamped, and checked by strangers."""
