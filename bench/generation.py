"""What the portal adds to a model's own latency, from the question to code that is ready.

    make bench-generation

A whole local stack is started, with a stand-in for Bedrock that speaks the wire protocol and takes a known time for
each answer. A version goes the way of every version: row, message, worker, call, stream, check, row. Time beyond what
the stand-in itself took is the portal's, over all attempts of the version; how much of it goes by until the model is
asked, and in the checks, is told beside it.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from bench.report import Report, median
from pgspark_site.local_stack import demo, portal
from pgspark_site.local_stack.processes import Supervisor
from pgspark_site.local_stack.state import kept_secrets, only_instance
from tests.converse import ConverseServer, Turn, called

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from catalog.models import AnalysisSession
    from jobs.models import CodeVersion

ROUNDS = 12
# The first call of a worker loads its client, and the first check starts the rehearsal's Spark.
WARM_UP_ROUNDS = 2
FIRST_SECONDS, PIECE_SECONDS = 0.2, 0.005
GIVE_UP_SECONDS = 60
MODEL = "us.example.bench-1-v1:0"
VAR = portal.ROOT / "var" / "bench"
CODE = (
    "def transform(spark, customers, orders):\n"
    '    totals = orders.groupBy("customer_id").agg(F.sum("total_amount").alias("total"))\n'
    '    return totals.orderBy(F.desc("total")).limit(10)\n'
)


@dataclass(frozen=True)
class Round:
    """Seconds of one version: `model`, `added` and `checks` for each attempt, `until_asked` before the first."""

    model: float
    added: float
    until_asked: float
    checks: float


def main() -> int:
    report = Report("generation")
    VAR.mkdir(parents=True, exist_ok=True)
    server = ConverseServer()
    with only_instance(VAR) as instance:
        supervisor = Supervisor(VAR / "log", changed=instance.runs)
        supervisor.obey_signals()
        try:
            _measure(supervisor, server, report)
        finally:
            supervisor.stop_all()
            server.close()
    return report.end()


def _measure(supervisor: Supervisor, server: ConverseServer, report: Report) -> None:
    env = demo.start_backends(supervisor, VAR, kept_secrets(VAR)) | {
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": server.url,
        "PGSPARK_GENERATORS": "bedrock",
        "PGSPARK_BEDROCK_MODEL_IDS": MODEL,
        "PGSPARK_TOKENS_PER_USER_DAY": "0",
    }
    demo.start_portal(supervisor, env)
    _use(env)
    good = called(CODE, first_seconds=FIRST_SECONDS, piece_seconds=PIECE_SECONDS)
    bad = called("import os\n" + CODE, first_seconds=FIRST_SECONDS, piece_seconds=PIECE_SECONDS)
    ask = partial(_asked, *_session())
    _rounds(server, ask, [good], WARM_UP_ROUNDS)
    print("Seconds that the portal adds to one attempt")
    _told(report, "one_attempt", _rounds(server, ask, [good], ROUNDS))
    _told(report, "with_a_repair", _rounds(server, ask, [bad, good], ROUNDS))


def _told(report: Report, name: str, rounds: list[Round]) -> None:
    report.note(f"{name}_model_median", median([one.model for one in rounds]))
    report.note(f"{name}_until_asked_median", median([one.until_asked for one in rounds]))
    report.note(f"{name}_checks_median", median([one.checks for one in rounds]))
    report.note(f"{name}_added_slowest", max(one.added for one in rounds))
    report.at_most(f"{name}_added_median", median([one.added for one in rounds]), 0.3)


def _use(env: dict[str, str]) -> None:
    """Makes this process one of the portal's."""
    os.environ |= env
    import django

    django.setup()


def _rounds(server: ConverseServer, ask: Callable[[], CodeVersion], turns: list[Turn], count: int) -> list[Round]:
    """Each is a version of its own."""
    rounds = []
    for _ in range(count):
        server.script(*turns)
        version = _written(ask())
        if version.state != "READY" or version.blocking_count or len(server.served) != len(turns):
            raise SystemExit(f"the version came to {version.state} {version.failure} after {len(server.served)} calls")
        rounds.append(_round(version, server.served))
    return rounds


def _round(version: CodeVersion, served: list[float]) -> Round:
    first = version.attempts.earliest("number")
    assert version.finished_at is not None
    whole = (version.finished_at - version.created_at).total_seconds()
    return Round(
        model=sum(served) / len(served),
        added=(whole - sum(served)) / len(served),
        until_asked=(first.created_at - version.created_at).total_seconds(),
        checks=sum(step["seconds"] for step in version.steps if step["name"] == "Check code") / len(served),
    )


def _written(version: CodeVersion) -> CodeVersion:
    """The version, when a worker of the stack has ended it."""
    give_up = time.monotonic() + GIVE_UP_SECONDS
    while version.is_active:
        if time.monotonic() > give_up:
            raise SystemExit(f"the version has not ended after {GIVE_UP_SECONDS} s")
        time.sleep(0.05)
        version.refresh_from_db()
    return version


def _asked(session: AnalysisSession, user: User) -> CodeVersion:
    from jobs import asking

    return asking.ask(session=session, prompt="Top 10 customers by total order amount", by=user)


def _session() -> tuple[AnalysisSession, User]:
    from django.contrib.auth.models import User

    import catalog.operations
    from catalog.types import TableRef
    from connections.models import DatabaseConnection

    user = User.objects.get(username="analyst")
    session = catalog.operations.create_session(owner=user)
    refs = [TableRef(*table.split(".")) for table in demo.TABLES]
    connection = DatabaseConnection.objects.get(name="demo")
    catalog.operations.add_sources(session=session, user=user, connection=connection, refs=refs)
    return session, user


if __name__ == "__main__":
    sys.exit(main())
