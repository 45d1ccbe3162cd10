"""Rows for tests: people, sessions, code versions and runs with a believable history."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

import factory
from django.contrib.auth.models import Group, User
from django.utils import timezone

from catalog.models import AnalysisSession, SelectedSource
from connections.models import DatabaseConnection
from jobs.models import CodeVersion, JobRun, JobRunEvent
from jobs.states import CodeOrigin, CodeState, RunState, Target

EXAMPLE_ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:spark/postgres/example-AbCdEf"
# Statistics of a table with which one connection reads it at once.
FEW_ROWS = {"estimated_rows": 5, "average_row_bytes": 20}
TRANSFORM = '''def transform(spark, customers, orders):
    """Top customers by total order amount."""
    placed = orders.where(F.col("status") != "cancelled")
    totals = placed.groupBy("customer_id").agg(F.sum("total_amount").alias("total"))
    joined = totals.join(customers, totals.customer_id == customers.id)
    return joined.orderBy(F.desc("total")).limit(10)
'''


class UserFactory(factory.django.DjangoModelFactory[User]):
    class Meta:
        model = User

    username = factory.Sequence(lambda number: f"person{number}")
    # Nobody logs in by password here; hashing one for each person would take most of the time.
    password = "!"


class GroupFactory(factory.django.DjangoModelFactory[Group]):
    class Meta:
        model = Group

    name = factory.Sequence(lambda number: f"group{number}")


def example_connection(group: Group) -> DatabaseConnection:
    """A connection that the group may use, and that leads nowhere."""
    made = DatabaseConnection.objects.create(name="aurora-example", secret_arn=EXAMPLE_ARN)
    made.groups.add(group)
    return made


def pick_orders(session: AnalysisSession, connection: DatabaseConnection, **fields: Any) -> SelectedSource:
    """The table `shop.public.orders` of the connection in the session, as if its owner had picked it."""
    columns = [{"name": "id", "type": "bigint", "nullable": False, "is_primary_key": True}]
    place = {"database": "shop", "schema": "public", "table": "orders"}
    known = {"alias": "orders", **place, "columns": columns} | fields
    return SelectedSource.objects.create(session=session, connection=connection, **known)


class SessionFactory(factory.django.DjangoModelFactory[AnalysisSession]):
    class Meta:
        model = AnalysisSession

    owner = factory.SubFactory(UserFactory)
    title = "Top customers"


class CodeVersionFactory(factory.django.DjangoModelFactory[CodeVersion]):
    """A version that is ready to run."""

    class Meta:
        model = CodeVersion

    session = factory.SubFactory(SessionFactory)
    number = factory.Sequence(lambda number: number + 1)
    origin = CodeOrigin.GENERATED
    state = CodeState.READY
    finished_at = factory.LazyFunction(timezone.now)
    prompt = "Join customers and orders and show the top 10 customers by total order amount"
    sources = factory.LazyFunction(
        lambda: [{"alias": "customers", "kind": "POSTGRES"}, {"alias": "orders", "kind": "POSTGRES"}]
    )
    transform = TRANSFORM
    created_by = factory.SelfAttribute("session.owner")


class RunFactory(factory.django.DjangoModelFactory[JobRun]):
    """A queued run of a new version; `state` alone gives a row that the constraints accept, without events."""

    class Meta:
        model = JobRun

    uuid = factory.LazyFunction(uuid.uuid4)
    code_version = factory.SubFactory(CodeVersionFactory)
    session = factory.SelfAttribute("code_version.session")
    owner = factory.SelfAttribute("session.owner")
    title = "Top 10 customers by total order amount"
    state = RunState.PENDING
    target = Target.LOCAL
    client_token = factory.LazyAttribute(lambda run: f"r-{run.uuid}")
    timeout_minutes = 10
    script = factory.LazyAttribute(lambda run: f"# the whole script\n{run.code_version.transform}")
    script_sha256 = "0" * 64
    transform_line = 2
    output_uri = factory.LazyAttribute(lambda run: f"s3://pgspark-demo/runs/{run.uuid}/output/")
    finished_at = factory.LazyAttribute(lambda run: timezone.now() if run.state in JobRun.FINAL else None)
    failure_code = factory.LazyAttribute(lambda run: "SPARK_FAILED" if run.state == RunState.FAILED else "")
    manifest = factory.LazyAttribute(lambda run: manifest_of([], []) if run.state == RunState.SUCCEEDED else None)


def manifest_of(columns: list[tuple[str, str]], files: list[dict[str, Any]], rows: int = 0) -> dict[str, Any]:
    return {
        "version": 1,
        "rows": rows,
        "limit_reached": False,
        "columns": [{"name": name, "type": type_, "nullable": True} for name, type_ in columns],
        "format": "parquet",
        "files": files,
        "written_at": "2026-11-23T14:08:00+00:00",
    }


def passed_through(run: JobRun, *moves: tuple[str, float], begun: datetime | None = None) -> JobRun:
    """Writes the run's history: each move is the state entered and the seconds after creation."""
    begun = begun or timezone.now() - timedelta(seconds=moves[-1][1] if moves else 0)
    JobRun.objects.filter(pk=run.pk).update(created_at=begun)
    before = RunState.PENDING.value
    for state, seconds in moves:
        event = run.events.create(from_state=before, to_state=state, actor="supervisor")
        JobRunEvent.objects.filter(pk=event.pk).update(at=begun + timedelta(seconds=seconds))
        before = state
    run.refresh_from_db()
    return run
