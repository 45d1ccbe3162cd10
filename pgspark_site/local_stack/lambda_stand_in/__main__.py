"""`python -m pgspark_site.local_stack.lambda_stand_in --port 5002 --function pgspark --spark`"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from pgspark_site.local_stack.lambda_stand_in.http_server import Server
from pgspark_site.local_stack.lambda_stand_in.service import Function, Service


def make_server(port: int, *, store: Callable[[], Path | None], on_spark: bool, functions: list[str]) -> Server:
    """A server that is not started yet; with `on_spark` Django must be set up."""
    service = Service(store, (lambda: _spark(store())) if on_spark else None)
    for name in functions:
        service.functions[name] = Function(name)
    return Server(service, port)


def _spark(store: Path | None) -> Mapping[str, str]:
    """Spark of this machine, for which s3:// addresses are files of the folder."""
    from django.conf import settings

    from jobs.execution.local_spark import bucket_mounts

    return {
        "PGSPARK_SPARK_SUBMIT": str(Path(sys.executable).with_name("spark-submit")),
        "PGSPARK_SPARK_CONF": json.dumps(bucket_mounts(store) if store else {}),
        "JAVA_HOME": settings.PGSPARK_JAVA_HOME,
        "SPARK_SUBMIT_OPTS": settings.PGSPARK_LOCAL_JAVA_OPTIONS,
        "PYSPARK_PYTHON": sys.executable,
    }


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="lambda_stand_in")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--store", type=Path, help="folder that stands for S3; default: PGSPARK_OBJECT_STORE_DIR")
    parser.add_argument("--function", action="append", default=[], metavar="NAME", help="repeatable")
    parser.add_argument("--spark", action="store_true", help="run the scripts on Spark of this machine")
    options = parser.parse_args(arguments)
    kept = os.environ.get("PGSPARK_OBJECT_STORE_DIR")
    store = options.store or (Path(kept) if kept else None)
    if options.spark:
        import django

        django.setup()
    server = make_server(options.port, store=lambda: store, on_spark=options.spark, functions=options.function)
    server.begin()
    print(f"listening on {server.url}", flush=True)
    try:
        server.wait()
    finally:
        server.service.reset()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
