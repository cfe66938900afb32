"""overblock: an observatory of internet blocking, and of what a block hits besides its target."""

__version__ = "0.1.0"
