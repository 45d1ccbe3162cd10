"""A DuckDB connection that sees the named files and nothing else of the machine, with caps on memory and time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

TIME_LIMIT_SECONDS = 10.0
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": "256MB",
    # One thread reads a file in its own order and no further than it has to.
    "threads": 1,
    "temp_directory": "",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


@contextmanager
def closed_duckdb(*paths: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Raises duckdb.Error, also after TIME_LIMIT_SECONDS."""
    with duckdb.connect(":memory:", config=_CONFIG) as connection:
        allowed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"SET allowed_paths = [{allowed}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        timer = threading.Timer(TIME_LIMIT_SECONDS, connection.interrupt)
        timer.start()
        try:
            yield connection
        finally:
            timer.cancel()
            timer.join()
