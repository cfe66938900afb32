"""A connection to DuckDB at hand: to make one takes longer than most questions asked of it.

One is kept between questions, and who asks meanwhile makes another.  A connection is a database of
its own, so that what one question lays out under the name of a table is never seen by another that
is asked at the same time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import duckdb

MOST_IDLE = 1  # each takes some six megabytes
SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "allocator_flush_threshold": "1MB",
    "enable_external_file_cache": False,  # the system's own serves all processes, and is let go
}
_IDLE: list[duckdb.DuckDBPyConnection] = []
_LOCK = Lock()


@contextmanager
def connected() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection for one question, which lays out under a name all that it asks of that name.

    Views and temporary tables may be left behind; tables may not, as they would take memory.  After
    a question that failed a connection is not used again.
    """
    with _LOCK:
        connection = _IDLE.pop() if _IDLE else None
    connection = connection or duckdb.connect(config=SETTINGS)
    try:
        yield connection
    except BaseException:
        connection.close()
        raise
    with _LOCK:
        kept = len(_IDLE) < MOST_IDLE
        if kept:
            _IDLE.append(connection)
    if not kept:
        connection.close()
