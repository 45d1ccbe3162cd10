"""`python -m pgspark_site.local_stack.emr_stand_in --port 5001 --application 00fexamplestandard --spark`"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from pgspark_site.local_stack.emr_stand_in.applications import Application
from pgspark_site.local_stack.emr_stand_in.http_server import Server
from pgspark_site.local_stack.emr_stand_in.jobs import Job, Pace
from pgspark_site.local_stack.emr_stand_in.service import Service
from pgspark_site.local_stack.emr_stand_in.work import OnSpark, Pretence, Work
from pgspark_site.local_stack.stand_in.command import serve
from pgspark_site.local_stack.stand_in.store import Folder


def make_server(port: int, *, store: Callable[[], Path | None], on_spark: bool, names: list[str]) -> Server:
    """A server that is not started yet; with `on_spark` Django must be set up."""
    folder = Folder(store)

    def begin(job: Job, pace: Pace) -> Work:
        if on_spark:
            return OnSpark(job.task, folder)
        return Pretence(job.task, folder, pace.running, job.fault)

    service = Service(begin)
    for number, application_id in enumerate(names, start=1):
        service.applications[application_id] = Application(application_id, f"application-{number}")
    return Server(service, port)


if __name__ == "__main__":
    sys.exit(serve(sys.argv[1:], make_server, program="emr_stand_in", has="application", metavar="ID"))
