"""The pages of generation: who may ask, change, accept, reject, restore and fix, and what each of them sees."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from catalog.models import AnalysisSession
from jobs.models import CodeVersion, GenerationAttempt, JobRun
from jobs.states import CodeOrigin, CodeState, Proposal
from tests.jobs.browsing import signed_in
from tests.jobs.conftest import People
from tests.jobs.factories import CodeVersionFactory, example_connection, pick_orders

pytestmark = pytest.mark.django_db

CODE = "def transform(spark, orders):\n    return orders.limit(5)\n"
FEWER = "def transform(spark, orders):\n    return orders.limit(3)\n"


@pytest.fixture(autouse=True)
def model_is_offered(settings: Settings) -> None:
    settings.PGSPARK_GENERATORS = ["builtin", "bedrock"]
    settings.PGSPARK_BEDROCK_MODEL_IDS = ["us.example.alpha-1-v1:0"]


@pytest.fixture
def session(shared_session: AnalysisSession, people: People) -> AnalysisSession:
    connection = example_connection(people.owner.groups.get())
    pick_orders(shared_session, connection)
    return shared_session


@pytest.fixture
def base(session: AnalysisSession) -> CodeVersion:
    return CodeVersionFactory(session=session, number=1, transform=CODE, prompt="show orders")


@pytest.fixture
def change(base: CodeVersion) -> CodeVersion:
    """A change of `base` that waits for an answer."""
    fields: dict[str, Any] = {"origin": CodeOrigin.REFINED, "parent": base, "proposal": Proposal.OPEN}
    return CodeVersionFactory(session=base.session, number=2, transform=FEWER, prompt="only three", **fields)


def text_of(answer: HttpResponse) -> str:
    return answer.content.decode()


def url(name: str, version: CodeVersion, *rest: Any) -> str:
    return reverse(f"jobs:{name}", args=[version.session.uuid, version.number, *rest])


def of_session(name: str, version: CodeVersion) -> str:
    return reverse(f"jobs:{name}", args=[version.session.uuid])


WRITES = ("generate", "change", "accept", "reject", "restore", "cancel_generation", "model_sees")


def address(name: str, change: CodeVersion) -> str:
    return of_session(name, change) if name in ("generate", "change", "model_sees") else url(name, change)


@pytest.mark.parametrize("name", WRITES)
def test_only_the_owner_may_ask_and_answer(people: People, change: CodeVersion, name: str) -> None:
    """A teammate may look at the session, so is told why; to others it is not there."""
    before = list(CodeVersion.objects.values_list("number", "proposal", "state"))
    target = address(name, change)
    assert signed_in(people.teammate).post(target, {"prompt": "x", "change": "x"}).status_code == 403
    for user in (people.staff, people.outsider):
        assert signed_in(user).post(target, {"prompt": "x", "change": "x"}).status_code == 404
    assert Client().post(target).status_code == 302
    assert list(CodeVersion.objects.values_list("number", "proposal", "state")) == before


@pytest.mark.parametrize("name", ["generate", "change", "accept", "reject", "restore", "cancel_generation"])
def test_nothing_is_done_by_looking(people: People, change: CodeVersion, name: str) -> None:
    assert signed_in(people.owner).get(address(name, change)).status_code == 405


def test_only_the_owner_of_a_run_may_have_it_fixed(people: People, failed: JobRun) -> None:
    target = reverse("jobs:run_fix", args=[failed.uuid])
    assert signed_in(people.teammate).post(target).status_code == 403
    for user in (people.staff, people.outsider):
        assert signed_in(user).post(target).status_code == 404
    assert not CodeVersion.objects.filter(origin=CodeOrigin.REPAIRED).exists()


def test_the_chosen_writer_writes(people: People, base: CodeVersion) -> None:
    answer = signed_in(people.owner).post(
        of_session("generate", base), {"prompt": "count orders", "writer": "bedrock:us.example.alpha-1-v1:0"}
    )
    version = CodeVersion.objects.get(number=2)
    assert answer["Location"].endswith("?version=2")
    assert (version.generator, version.model) == ("bedrock", "us.example.alpha-1-v1:0")


def test_a_model_that_is_not_on_the_list_cannot_be_asked_for(people: People, base: CodeVersion) -> None:
    signed_in(people.owner).post(
        of_session("generate", base), {"prompt": "count orders", "writer": "bedrock:us.example.other-v1:0"}
    )
    assert CodeVersion.objects.get(number=2).model == "us.example.alpha-1-v1:0"


def test_a_change_keeps_its_parent_and_waits(people: People, base: CodeVersion) -> None:
    signed_in(people.owner).post(of_session("change", base), {"change": "only three", "version": "1"})
    made = CodeVersion.objects.get(number=2)
    assert (made.origin, made.parent, made.proposal, made.prompt) == (
        CodeOrigin.REFINED,
        base,
        Proposal.OPEN,
        "only three",
    )


def test_text_that_was_edited_first_becomes_a_version_and_is_what_changes(people: People, base: CodeVersion) -> None:
    signed_in(people.owner).post(
        of_session("change", base), {"change": "sort them", "version": "1", "transform": FEWER}
    )
    edited, made = CodeVersion.objects.order_by("number")[1:]
    assert (edited.origin, edited.transform, made.parent) == (CodeOrigin.EDITED, FEWER, edited)


def test_an_empty_change_is_refused_and_nothing_typed_is_lost(people: People, base: CodeVersion) -> None:
    answer = signed_in(people.owner).post(
        of_session("change", base),
        {"change": " ", "version": "1", "transform": CODE + "# mine\n"},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 400
    assert "# mine" in text_of(answer)


def test_an_open_change_is_shown_as_a_diff_with_an_answer_and_no_editor(people: People, change: CodeVersion) -> None:
    page = text_of(signed_in(people.owner).get(of_session("session", change)))
    assert "Change to version 1" in page
    assert "1 line added, 1 removed" in page
    assert url("accept", change) in page
    assert '<textarea id="transform"' not in page
    assert "Accept or reject the change first." in page
    teammate = text_of(signed_in(people.teammate).get(of_session("session", change)))
    assert "1 line added, 1 removed" in teammate
    assert url("accept", change) not in teammate


def test_an_accepted_change_is_the_code(people: People, change: CodeVersion) -> None:
    signed_in(people.owner).post(url("accept", change))
    change.refresh_from_db()
    assert (change.proposal, change.is_runnable) == (Proposal.ACCEPTED, True)
    page = text_of(signed_in(people.owner).get(of_session("session", change)))
    assert "limit(3)" in page
    assert "Changes since version 1" in page


def test_a_rejected_change_leaves_the_code_as_it_was(people: People, change: CodeVersion) -> None:
    owner = signed_in(people.owner)
    assert owner.post(url("reject", change))["Location"].endswith("?version=1")
    page = text_of(owner.get(of_session("session", change)))
    assert "limit(5)" in page
    assert owner.post(url("accept", change)).status_code == 409
    rejected = text_of(owner.get(f"{of_session('session', change)}?version=2"))
    assert "Restore v2" in rejected


def test_an_earlier_version_is_restored_as_a_copy_on_top(people: People, change: CodeVersion) -> None:
    signed_in(people.owner).post(url("restore", change))
    restored = CodeVersion.objects.get(number=3)
    assert (restored.origin, restored.parent, restored.transform) == (CodeOrigin.RESTORED, change, FEWER)
    assert restored.is_runnable


def test_a_change_that_nobody_accepted_does_not_run(people: People, change: CodeVersion) -> None:
    answer = signed_in(people.owner).post(of_session("run", change), {"transform": FEWER, "version": "2"})
    assert answer.status_code == 409
    assert "nobody has accepted" in text_of(answer)
    assert not JobRun.objects.exists()


def test_the_code_is_shown_as_it_grows_and_the_page_looks_again(people: People, base: CodeVersion) -> None:
    steps = [{"name": "Ask alpha-1", "seconds": 2.0, "is_live": True}]
    version = CodeVersionFactory(
        session=base.session, number=2, state=CodeState.GENERATING, finished_at=None, transform="def tran", steps=steps
    )
    owner, target = signed_in(people.owner), url("code", version)
    page = text_of(owner.get(target, headers={"HX-Request": "true"}))
    assert 'id="cancel-generation"' in page
    live = text_of(owner.get(f"{target}?live=1", headers={"HX-Request": "true"}))
    assert "def tran" in live
    assert "Ask alpha-1" in live
    assert 'hx-trigger="load delay:400ms"' in live
    assert 'id="cancel-generation"' not in live, "what is clicked is not taken away by the next look"
    CodeVersion.objects.filter(pk=version.pk).update(state=CodeState.READY, finished_at=version.created_at)
    ended = owner.get(f"{target}?live=1", headers={"HX-Request": "true"})
    assert ended["HX-Retarget"] == "#code-panel"
    assert 'id="notes"' in text_of(ended)


def test_cancelling_ends_the_version_wherever_it_stands(people: People, base: CodeVersion) -> None:
    version = CodeVersionFactory(
        session=base.session, number=2, state=CodeState.GENERATING, finished_at=None, transform="def tran"
    )
    signed_in(people.owner).post(url("cancel_generation", version))
    version.refresh_from_db()
    assert (version.state, version.transform) == (CodeState.CANCELLED, "")
    page = text_of(signed_in(people.owner).get(f"{of_session('session', version)}?version=2"))
    assert "Open version 1" in page


def test_what_the_model_sees_holds_the_question_as_it_is_typed(people: People, base: CodeVersion) -> None:
    target = of_session("model_sees", base)
    seen = text_of(signed_in(people.owner).post(target, {"prompt": "Wie viele <b>?"}, headers={"HX-Request": "true"}))
    assert "id bigint, primary key, not null" in seen
    assert "Wie viele" in seen
    assert "You write one PySpark function" in seen
    assert "aurora-example" not in seen
    assert "Back to" in text_of(signed_in(people.owner).get(target))


def test_what_was_sent_is_for_the_owner(people: People, base: CodeVersion) -> None:
    sent = {"system": [{"text": "rules"}], "messages": [{"role": "user", "content": [{"text": "the very words"}]}]}
    GenerationAttempt.objects.create(version=base, number=1, request=sent, request_digest="a" * 64)
    target = url("attempt", base, 1)
    assert "the very words" in text_of(signed_in(people.owner).get(target))
    assert signed_in(people.teammate).get(target).status_code == 403
    for user in (people.staff, people.outsider):
        assert signed_in(user).get(target).status_code == 404


def test_a_failed_run_can_be_given_to_a_model_and_its_change_waits(
    people: People, failed: JobRun, session: AnalysisSession, settings: Settings
) -> None:
    page = text_of(signed_in(people.owner).get(reverse("jobs:run_page", args=[failed.uuid])))
    assert "Fix with AI" in page
    signed_in(people.owner).post(reverse("jobs:run_fix", args=[failed.uuid]))
    made = CodeVersion.objects.get(origin=CodeOrigin.REPAIRED)
    assert (made.parent, made.proposal, made.generator) == (failed.code_version, Proposal.OPEN, "bedrock")
    assert "COLUMN_NOT_FOUND" in made.prompt
    settings.PGSPARK_GENERATORS = ["builtin"]
    assert "Fix with AI" not in text_of(signed_in(people.owner).get(reverse("jobs:run_page", args=[failed.uuid])))


def test_usage_is_a_persons_own_and_everybodys_for_staff_only(people: People, base: CodeVersion) -> None:
    GenerationAttempt.objects.create(
        version=base, number=1, model="us.example.alpha-1-v1:0", input_tokens=1_234, output_tokens=56, cost_usd=None
    )
    mine = text_of(signed_in(people.owner).get(reverse("jobs:usage")))
    assert "alpha-1" in mine
    assert '<td class="ps-num">–</td>' in mine
    for user, query in ((people.outsider, "?who=all"), (people.staff, "")):
        assert 'us.example.alpha-1-v1:0">' not in text_of(signed_in(user).get(reverse("jobs:usage") + query))
    assert "analyst" in text_of(signed_in(people.staff).get(reverse("jobs:usage") + "?who=all"))
    assert signed_in(people.owner).get(reverse("jobs:usage_models")).status_code == 404
