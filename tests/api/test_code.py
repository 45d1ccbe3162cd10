"""Questions and the code written for them."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.models import AnalysisSession
from jobs.generation import advance_code
from jobs.models import CodeVersion
from pgspark_site.local_stack.shop import Shop
from tests.api.client import ApiClient
from tests.jobs.factories import TRANSFORM

pytestmark = pytest.mark.django_db

QUESTION = "Join customers and orders and show the top 10 customers by total order amount"


def generate(owner: ApiClient, session: AnalysisSession, status: int = 202, **more: Any) -> dict[str, Any]:
    return owner.post("/api/spark/generate", {"prompt": QUESTION, "session_id": str(session.uuid), **more}, status)


def test_a_question_is_accepted_and_its_version_is_where_the_answer_says(
    owner: ApiClient, session: AnalysisSession
) -> None:
    version = generate(owner, session)["version"]
    assert (version["state"], version["is_active"], version["prompt"]) == ("PENDING", True, QUESTION)
    advance_code(CodeVersion.objects.get().pk)
    written = owner.get(version["url"])["version"]
    assert (written["state"], written["is_runnable"], written["findings"]) == ("READY", True, [])
    assert written["transform"].startswith("def transform(spark, customers, orders):")


def test_a_payload_may_bring_its_selection_as_the_specification_does(
    owner: ApiClient, session: AnalysisSession, sample_shop: Shop
) -> None:
    place = {"connection_name": "shop", "database": sample_shop.database, "schema": "public", "table": "products"}
    more = {"framework": "spark", "execution_platform": "auto", "selected_postgres_tables": [place | {"alias": "x"}]}
    version = generate(owner, session, **more)["version"]
    assert [source["alias"] for source in version["sources"]] == ["products"]


def test_an_engine_that_cannot_run_it_is_refused_at_once(owner: ApiClient, session: AnalysisSession) -> None:
    assert generate(owner, session, 409, execution_platform="quantum")["error"]["code"] == "TARGET_UNAVAILABLE"
    assert generate(owner, session, 400, generator="oracle")["error"]["code"] == "GENERATOR_UNAVAILABLE"
    assert not CodeVersion.objects.exists()


@pytest.mark.parametrize(("prompt", "code"), [("  ", "PROMPT_EMPTY"), ("x" * 20_000, "PROMPT_TOO_LONG")])
def test_a_bad_question_is_refused(owner: ApiClient, session: AnalysisSession, prompt: str, code: str) -> None:
    assert generate(owner, session, 400, prompt=prompt)["error"]["code"] == code


def test_a_question_that_cannot_be_told_is_asked_back(owner: ApiClient, session: AnalysisSession) -> None:
    version = generate(owner, session, prompt="total sadness per mood")["version"]
    advance_code(CodeVersion.objects.get().pk)
    failure = owner.get(version["url"])["version"]["failure"]
    assert failure["code"] == "CLARIFICATION_NEEDED"
    assert failure["message"].startswith("Which column")


def test_hand_written_code_is_kept_as_a_version_of_its_own(owner: ApiClient, version: CodeVersion) -> None:
    path = f"/api/sessions/{version.session.uuid}/code"
    answer = owner.post(path, {"transform": TRANSFORM + "# mine\n", "parent": 1}, 201)["version"]
    assert (answer["number"], answer["origin"], answer["parent"]) == (2, "EDITED", 1)
    assert answer["finished_at"]
    assert [one["number"] for one in owner.get(path)["versions"]] == [2, 1]
    for wrong in (True, "1", 1.0):
        answer = owner.post(path, {"transform": TRANSFORM, "parent": wrong}, 400)
        assert answer["error"]["fields"][0]["field"] == "parent"


def test_code_is_checked_without_being_kept(owner: ApiClient, session: AnalysisSession) -> None:
    path = f"/api/sessions/{session.uuid}/check"
    (finding,) = owner.post(path, {"transform": "def transform(spark, customers, orders):\n    return orders.\n"})[
        "findings"
    ]
    assert (finding["severity"], finding["line"]) == ("blocking", 2)
    assert not session.code_versions.exists()
    assert owner.post(path, {"transform": "#" * 70_000}, 400)["error"]["code"] == "CODE_TOO_LONG"


def test_a_version_that_is_being_written_can_be_stopped(owner: ApiClient, session: AnalysisSession) -> None:
    url = generate(owner, session)["version"]["url"]
    assert owner.post(f"{url}/cancel")["version"]["state"] == "CANCELLED"


def test_a_number_that_is_not_there_is_said(owner: ApiClient, version: CodeVersion) -> None:
    path = f"/api/sessions/{version.session.uuid}/code"
    assert owner.get(f"{path}/99", 404)["error"]["code"] == "NOT_FOUND"
    assert owner.get(f"{path}/{9**40}", 400)["error"]["code"] == "INVALID_REQUEST"
    assert owner.post(path, {"transform": TRANSFORM, "parent": 99}, 404)["error"]["code"] == "NOT_FOUND"
