"""A documented case: its answer, and that answer on a screen, in pictures and in a folder."""
