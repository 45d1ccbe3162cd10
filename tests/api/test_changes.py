"""Changes to code, asked for and answered by the API."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from catalog import drift
from catalog.models import AnalysisSession
from connections.errors import PortalError
from jobs.models import CodeVersion, JobRun
from jobs.supervisor.endings import fail
from tests.api.client import ApiClient
from tests.jobs.factories import CodeVersionFactory, RunFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(session: AnalysisSession, settings: Settings) -> str:
    """The path of the session's code, whose first version a change can start from."""
    settings.PGSPARK_GENERATORS = ["builtin", "bedrock"]
    settings.PGSPARK_BEDROCK_MODEL_IDS = ["us.example.alpha-1-v1:0"]
    CodeVersionFactory(session=session, number=1)
    return f"/api/sessions/{session.uuid}/code"


def test_a_change_waits_until_it_is_accepted(owner: ApiClient, session: AnalysisSession, path: str) -> None:
    asked = owner.post(f"{path}/1/change", {"prompt": "only 2024", "generator": "bedrock"}, 202)["version"]
    assert (asked["origin"], asked["parent"], asked["proposal"]) == ("REFINED", 1, "OPEN")
    assert (asked["model"], asked["cost_usd"], asked["is_runnable"]) == ("us.example.alpha-1-v1:0", None, False)
    assert owner.post(f"{path}/2/accept", {}, 409)["error"]["code"] == "CHANGE_NOT_OPEN"
    CodeVersionFactory(session=session, number=3, proposal="OPEN")
    run = {"session_id": str(session.uuid), "version": 3}
    assert owner.post("/api/runs", run, 409)["error"]["code"] == "CHANGE_NOT_ACCEPTED"
    assert owner.post(f"{path}/3/accept", {})["version"]["is_runnable"] is True
    assert owner.post(f"{path}/3/reject", {}, 409)["error"]["code"] == "CHANGE_NOT_OPEN"


def test_a_rejected_change_can_be_restored(owner: ApiClient, session: AnalysisSession, path: str) -> None:
    CodeVersionFactory(session=session, number=2, proposal="OPEN")
    assert owner.post(f"{path}/2/reject", {})["version"]["proposal"] == "REJECTED"
    restored = owner.post(f"{path}/2/restore", {}, 201)["version"]
    assert (restored["number"], restored["origin"], restored["parent"]) == (3, "RESTORED", 2)


def test_a_failed_run_is_given_to_a_model(
    owner: ApiClient, session: AnalysisSession, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drift, "report", lambda user, sources: drift.Report((), ()))
    failure = {"message": "The code names a column that does not exist: totl.", "line": None, "evidence": []}
    version = session.code_versions.get(number=1)
    run: JobRun = RunFactory(code_version=version, state="FAILED", failure_code="COLUMN_NOT_FOUND", failure=failure)
    fixed = owner.post(f"/api/runs/{run.uuid}/fix", {}, 202)["version"]
    assert (fixed["origin"], fixed["proposal"], fixed["generator"]) == ("REPAIRED", "OPEN", "bedrock")
    assert session.runs.count() == 1


def test_an_automatic_repair_is_asked_for_told_and_stopped(
    owner: ApiClient, session: AnalysisSession, version: CodeVersion, settings: Settings
) -> None:
    settings.PGSPARK_GENERATORS = ["bedrock"]
    body = {"session_id": str(session.uuid), "version": version.number, "repair": True}
    run = owner.post("/api/runs", body, 202)["run"]
    assert (run["repairs_left"], run["repair"], run["repair_of"]) == (3, None, None)
    fail(JobRun.objects.get(uuid=run["id"]), PortalError("COLUMN_NOT_FOUND", column="totl"))
    told = owner.get(run["url"])["run"]["repair"]
    assert (told["state"], told["number"], told["version"], told["run_id"]) == ("PENDING", 1, None, None)
    assert owner.get("/api/runs")["runs"][0]["repair"]["state"] == "PENDING"
    stopped = owner.post(f"{run['url']}/repair/stop", {})["run"]["repair"]
    assert stopped["state"] == "CANCELLED"
    assert owner.post(f"{run['url']}/repair/stop", {}, 409)["error"]["code"] == "REPAIR_OVER"
