"""`python -m pgspark_site.local_stack.lambda_stand_in --port 5002 --function pgspark --spark`"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from pgspark_site.local_stack.lambda_stand_in.http_server import Server
from pgspark_site.local_stack.lambda_stand_in.service import Function, Service
from pgspark_site.local_stack.stand_in.command import serve


def make_server(port: int, *, store: Callable[[], Path | None], on_spark: bool, names: list[str]) -> Server:
    """A server that is not started yet; with `on_spark` Django must be set up."""
    service = Service(store, (lambda: _spark(store())) if on_spark else None)
    for name in names:
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


if __name__ == "__main__":
    sys.exit(serve(sys.argv[1:], make_server, program="lambda_stand_in", has="function", metavar="NAME"))
