"""Algebra on sets of addresses; knows no register."""
