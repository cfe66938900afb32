"""Registers: what they list now, then and over time, under which decisions, and how sound."""
