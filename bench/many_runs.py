"""Many runs at once: made, delivered, cancelled, and counted against the engine's own record."""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from bench.quick_engine import jobs_of, phase_of
from bench.quick_stack import APPLICATIONS, PASSWORD
from catalog.models import AnalysisSession
from connections.object_store import uri_of
from jobs.execution.base import Phase
from jobs.models import CodeVersion, JobRun
from jobs.run_files import output_prefix
from jobs.states import CodeState, RunState, Target

_SCRIPT = "print('a job of moments')\n"
_TRANSFORM = "def transform(spark, orders):\n    return orders\n"


def make(count: int, **fields: Any) -> list[int]:
    """So many queued runs of one version, unless `fields` make them others."""
    owner = User.objects.create_user("bench", password=PASSWORD)
    session = AnalysisSession.objects.create(owner=owner)
    version = CodeVersion.objects.create(
        session=session,
        number=1,
        state=CodeState.READY,
        finished_at=timezone.now(),
        transform=_TRANSFORM,
        sources=[{"alias": "orders", "kind": "POSTGRES"}],
        created_by=owner,
    )
    return [run.pk for run in JobRun.objects.bulk_create(_run(version, number, fields) for number in range(count))]


def _run(version: CodeVersion, number: int, fields: dict[str, Any]) -> JobRun:
    run_uuid = uuid.uuid4()
    return JobRun(
        uuid=run_uuid,
        session=version.session,
        code_version=version,
        owner=version.created_by,
        title=f"Run {number}",
        target=Target.EMR,
        application_id=APPLICATIONS[number % len(APPLICATIONS)],
        client_token=f"run-{run_uuid}-1",
        timeout_minutes=10,
        script=_SCRIPT,
        script_sha256=hashlib.sha256(_SCRIPT.encode()).hexdigest(),
        transform_line=1,
        output_uri=uri_of(output_prefix(str(run_uuid))),
        **fields,
    )


def deliver_twice(ids: list[int]) -> None:
    from bench.crash_workers import send

    for run_id in [*ids, *reversed(ids)]:
        send("advance_run", run_id)


def cancel(run_id: int) -> None:
    """As the page does it, without its message: the sweep has to find the wish."""
    JobRun.objects.get(pk=run_id).request_cancel()


def active() -> int:
    return JobRun.objects.active().count()


def outcome(ids: list[int], engine: Path) -> dict[str, Any]:
    """`untrue` are runs whose end is another than their job's, `orphans` jobs that no run knows."""
    runs = list(JobRun.objects.filter(pk__in=ids).prefetch_related("events"))
    jobs = list(jobs_of(engine))
    by_output = Counter(job["output"] for _, job in jobs)
    ends = {job["output"]: phase_of(path, job)[0] for path, job in jobs}
    known = {run.external_id for run in runs}
    for run in runs:
        if not _is_true(run, ends.get(run.output_uri)):
            _show(run, ends.get(run.output_uri))
    return {
        "states": Counter(run.state for run in runs),
        "duplicates": sum(number - 1 for number in by_output.values()),
        "lost": sum(run.state == RunState.SUCCEEDED and run.output_uri not in ends for run in runs),
        "untrue": sum(not _is_true(run, ends.get(run.output_uri)) for run in runs),
        "orphans": sum(path.name not in known for path, _ in jobs),
        "broken_histories": sum(not _is_whole(run) for run in runs),
    }


def _show(run: JobRun, end: Phase | None) -> None:
    """What became of a run that ended otherwise than its job."""
    print(f"run {run.pk} is {run.state} ({run.failure_code}), its job {end}")
    for event in run.events.all():
        print(f"    {event.at:%H:%M:%S} {event.from_state} -> {event.to_state}: {event.note}")


def _is_true(run: JobRun, end: Phase | None) -> bool:
    expected = {Phase.SUCCEEDED: RunState.SUCCEEDED, Phase.CANCELLED: RunState.CANCELLED, None: RunState.CANCELLED}
    return run.state == expected.get(end)


def _is_whole(run: JobRun) -> bool:
    """Every event begins where the one before it ended, and the last one is the run's state."""
    moves = [(event.from_state, event.to_state) for event in run.events.all()]
    return bool(moves) and all(a[1] == b[0] for a, b in pairwise(moves)) and moves[-1][1] == run.state
