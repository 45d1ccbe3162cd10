"""The command line that all stand-ins have."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from pgspark_site.local_stack.stand_in.http_server import StandInServer


class MakeServer(Protocol):
    def __call__(
        self, port: int, *, store: Callable[[], Path | None], on_spark: bool, names: list[str]
    ) -> StandInServer: ...


def serve(arguments: Sequence[str], make_server: MakeServer, *, program: str, has: str, metavar: str) -> int:
    """Serves until the process is ended; `--HAS NAME`, repeatable, is what the service has from its start."""
    parser = argparse.ArgumentParser(prog=program)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--store", type=Path, help="folder that stands for S3; default: PGSPARK_OBJECT_STORE_DIR")
    parser.add_argument(f"--{has}", dest="names", action="append", default=[], metavar=metavar, help="repeatable")
    parser.add_argument("--spark", action="store_true", help="run the scripts on Spark of this machine")
    options = parser.parse_args(arguments)
    kept = os.environ.get("PGSPARK_OBJECT_STORE_DIR")
    store = options.store or (Path(kept) if kept else None)
    if options.spark:
        import django

        django.setup()
    server = make_server(options.port, store=lambda: store, on_spark=options.spark, names=options.names)
    server.begin()
    print(f"listening on {server.url}", flush=True)
    try:
        server.wait()
    finally:
        server.end()
    return 0
