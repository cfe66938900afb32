"""Measurements to verdicts: what fails, how, and by which rule."""
