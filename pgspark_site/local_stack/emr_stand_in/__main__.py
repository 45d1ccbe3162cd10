"""`python -m pgspark_site.local_stack.emr_stand_in --port 5001 --application 00fexamplestandard --spark`"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from pgspark_site.local_stack.emr_stand_in.applications import Application
from pgspark_site.local_stack.emr_stand_in.http_server import Server
from pgspark_site.local_stack.emr_stand_in.jobs import Job, Pace
from pgspark_site.local_stack.emr_stand_in.service import Service
from pgspark_site.local_stack.emr_stand_in.work import OnSpark, Pretence, Work
from pgspark_site.local_stack.stand_in.store import Folder


def make_server(port: int, *, store: Callable[[], Path | None], on_spark: bool, applications: list[str]) -> Server:
    """A server that is not started yet; with `on_spark` Django must be set up."""
    folder = Folder(store)

    def begin(job: Job, pace: Pace) -> Work:
        if on_spark:
            return OnSpark(job.task, folder)
        return Pretence(job.task, folder, pace.running, job.fault)

    service = Service(begin)
    for number, application_id in enumerate(applications, start=1):
        service.applications[application_id] = Application(application_id, f"application-{number}")
    return Server(service, port)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="emr_stand_in")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--store", type=Path, help="folder that stands for S3; default: PGSPARK_OBJECT_STORE_DIR")
    parser.add_argument("--application", action="append", default=[], metavar="ID", help="repeatable")
    parser.add_argument("--spark", action="store_true", help="run the scripts on Spark of this machine")
    options = parser.parse_args(arguments)
    kept = os.environ.get("PGSPARK_OBJECT_STORE_DIR")
    store = options.store or (Path(kept) if kept else None)
    if options.spark:
        import django

        django.setup()
    server = make_server(
        options.port,
        store=lambda: store,
        on_spark=options.spark,
        applications=options.application,
    )
    server.begin()
    print(f"listening on {server.url}", flush=True)
    server.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
