"""What a person can do with questions, code and runs, and what is refused."""

from __future__ import annotations

import hashlib

import pytest

from catalog.models import AnalysisSession
from connections.errors import PortalError
from connections.models import DatabaseConnection
from jobs import operations
from jobs.models import CodeVersion, JobRun
from jobs.states import CodeState, RunState
from tests.jobs.conftest import People
from tests.jobs.factories import EXAMPLE_ARN, FEW_ROWS, example_connection, pick_orders

GOOD = "def transform(spark, orders):\n    return orders.limit(5)\n"


@pytest.fixture
def connection(people: People) -> DatabaseConnection:
    return example_connection(people.owner.groups.get())


@pytest.fixture
def session(shared_session: AnalysisSession, connection: DatabaseConnection) -> AnalysisSession:
    """The owner's session with one picked table."""
    pick_orders(shared_session, connection, statistics=FEW_ROWS)
    return shared_session


def ready(session: AnalysisSession, people: People, transform: str = GOOD) -> CodeVersion:
    return operations.save_edit(session=session, transform=transform, by=people.owner)


@pytest.mark.parametrize(("prompt", "code"), [("  ", "PROMPT_EMPTY"), ("x" * 100_000, "PROMPT_TOO_LONG")])
def test_a_bad_question_makes_no_version(session: AnalysisSession, people: People, prompt: str, code: str) -> None:
    with pytest.raises(PortalError, match=code):
        operations.ask(session=session, prompt=prompt, by=people.owner)
    assert not session.code_versions.exists()


def test_a_question_without_tables_is_refused(shared_session: AnalysisSession, people: People) -> None:
    with pytest.raises(PortalError, match="NO_SOURCES"):
        operations.ask(session=shared_session, prompt="count orders", by=people.owner)


def test_a_question_becomes_a_pending_version_and_names_the_session(session: AnalysisSession, people: People) -> None:
    AnalysisSession.objects.filter(pk=session.pk).update(title="New question")
    session.refresh_from_db()
    version = operations.ask(session=session, prompt=" count orders ", by=people.owner)
    session.refresh_from_db()
    assert (version.number, version.state, version.prompt) == (1, CodeState.PENDING, "count orders")
    assert (session.title, session.draft_prompt) == ("count orders", "count orders")


def test_every_edit_is_a_version_of_its_own(session: AnalysisSession, people: People) -> None:
    first = ready(session, people)
    second = operations.version_of(session=session, transform=GOOD + "# more\n", by=people.owner, parent=first)
    again = operations.version_of(session=session, transform=second.transform, by=people.owner, parent=second)
    assert (first.number, second.number, second.parent, again) == (1, 2, first, second)


def test_another_way_of_reading_makes_a_version_of_the_same_text(session: AnalysisSession, people: People) -> None:
    first = ready(session, people)
    session.sources.update(read_options={"row_filter": "id > 5"})
    second = operations.version_of(session=session, transform=first.transform, by=people.owner, parent=first)
    again = operations.version_of(session=session, transform=first.transform, by=people.owner, parent=second)
    assert (second.number, second.transform, again) == (2, first.transform, second)
    assert 'WHERE "id" > 5' in operations.preview_script(version=second, by=people.owner)
    assert "WHERE" not in operations.preview_script(version=first, by=people.owner)


def test_text_of_a_form_with_windows_line_ends_is_no_edit(session: AnalysisSession, people: People) -> None:
    first = ready(session, people)
    posted = first.transform.replace("\n", "\r\n")
    assert operations.version_of(session=session, transform=posted, by=people.owner, parent=first) == first


def test_code_that_is_too_long_is_refused(session: AnalysisSession, people: People) -> None:
    with pytest.raises(PortalError, match="CODE_TOO_LONG"):
        ready(session, people, "#" * 70_000)


def test_a_run_holds_the_very_bytes_that_run(session: AnalysisSession, people: People) -> None:
    run = operations.start_run(version=ready(session, people), by=people.owner)
    assert run.state == RunState.PENDING
    assert run.script_sha256 == hashlib.sha256(run.script.encode()).hexdigest()
    assert run.script.splitlines()[run.transform_line - 1] == "def transform(spark, orders):"
    assert [event.to_state for event in run.events.all()] == ["PENDING"]


def test_blocked_code_does_not_run(session: AnalysisSession, people: People) -> None:
    version = ready(session, people, "import os\n" + GOOD)
    with pytest.raises(PortalError, match="CODE_BLOCKED"):
        operations.start_run(version=version, by=people.owner)
    assert not JobRun.objects.exists()


def test_a_connection_that_was_taken_away_runs_nothing(
    session: AnalysisSession, people: People, connection: DatabaseConnection
) -> None:
    version = ready(session, people)
    connection.groups.clear()
    with pytest.raises(PortalError, match="CONNECTION_NOT_ALLOWED"):
        operations.start_run(version=version, by=people.owner)
    connection.groups.add(people.owner.groups.get())
    DatabaseConnection.objects.update(enabled=False)
    with pytest.raises(PortalError, match="CONNECTION_DISABLED"):
        operations.start_run(version=version, by=people.owner)


def test_an_engine_that_is_not_offered_is_refused(session: AnalysisSession, people: People) -> None:
    with pytest.raises(PortalError, match="TARGET_UNAVAILABLE"):
        operations.start_run(version=ready(session, people), by=people.owner, target="lambda")


def test_run_again_is_a_new_run_with_a_token_of_its_own(session: AnalysisSession, people: People) -> None:
    first = operations.start_run(version=ready(session, people), by=people.owner, row_limit=10)
    second = operations.run_again(run=first, by=people.owner)
    assert second.client_token != first.client_token
    assert second.output_uri != first.output_uri
    assert (second.code_version, second.row_limit) == (first.code_version, 10)


def test_no_host_and_no_password_is_in_a_script(session: AnalysisSession, people: People) -> None:
    script = operations.preview_script(version=ready(session, people), by=people.owner)
    assert EXAMPLE_ARN in script
    assert "db.example" not in script
