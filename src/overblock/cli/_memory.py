"""How the allocator under Polars is told what to do with memory that is freed.

It reads this once, when Polars is first imported: here nothing is imported before it is said.
"""

import os

# A command that goes through millions of rows asks again at once for what it has just freed: given
# back to the system, every page of it costs a fault anew.
GENEROUS = {"_RJEM_MALLOC_CONF": "background_thread:true,dirty_decay_ms:20000,muzzy_decay_ms:-1"}


def hold_freed_memory() -> None:
    """Keep what is freed for some seconds, unless the user said otherwise."""
    for name, value in GENEROUS.items():
        os.environ.setdefault(name, value)
