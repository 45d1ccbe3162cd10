"""What can be asked of generators, and answered to their changes, apart from pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from pytest_django.fixtures import Settings

from catalog import drift
from catalog.models import AnalysisSession, SelectedSource, TableNote
from connections.errors import PortalError
from jobs import asking
from jobs.models import CodeVersion, GenerationAttempt, JobRun
from jobs.states import CodeOrigin, CodeState, Proposal
from tests.jobs.conftest import People
from tests.jobs.factories import CodeVersionFactory, RunFactory, example_connection, pick_orders


@pytest.fixture
def source(shared_session: AnalysisSession, people: People) -> SelectedSource:
    connection = example_connection(people.owner.groups.get())
    return pick_orders(
        shared_session,
        connection,
        columns=[{"name": "total", "type": "numeric", "nullable": True}],
    )


@pytest.fixture
def offered(settings: Settings) -> Settings:
    settings.PGSPARK_GENERATORS = ["bedrock", "builtin"]
    settings.PGSPARK_BEDROCK_MODEL_IDS = ["us.example.alpha-1-v1:0", "us.example.beta-2-v1:0"]
    return settings


def failed_run(version: CodeVersion, code: str = "COLUMN_NOT_FOUND") -> JobRun:
    failure = {"message": "The code names a column that does not exist: totl.", "line": 2, "evidence": []}
    return RunFactory(code_version=version, state="FAILED", failure_code=code, failure=failure)


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(PortalError) as caught:
        act()
    return caught.value.code


@dataclass
class Looked:
    """What a look at the catalogue would tell, without a database to look at."""

    drifts: tuple[drift.Drift, ...] = ()
    refreshed: list[int] = field(default_factory=list)


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> Looked:
    look = Looked()
    monkeypatch.setattr(drift, "report", lambda user, sources: drift.Report(look.drifts, ()))
    monkeypatch.setattr(
        "catalog.operations.refresh_source", lambda *, session, user, source_id: look.refreshed.append(source_id)
    )
    return look


def test_notes_of_the_picked_tables_are_asked_with(source: SelectedSource, people: People, offered: Settings) -> None:
    place = {"kind": "POSTGRES", "connection": source.connection, "database": "shop", "schema": "public"}
    TableNote.objects.create(**place, table="orders", text="Test orders have total 0.")
    TableNote.objects.create(**(place | {"schema": "other"}), table="orders", text="Of another table.")
    version = asking.ask(session=source.session, prompt="count orders", by=people.owner)
    assert [one["note"] for one in version.sources] == ["Test orders have total 0."]


def test_who_used_up_the_day_is_told_when_asking_and_rules_still_write(
    source: SelectedSource, people: People, offered: Settings
) -> None:
    offered.PGSPARK_TOKENS_PER_USER_DAY = 100
    used = CodeVersionFactory(session=source.session, number=1)
    GenerationAttempt.objects.create(version=used, number=1, input_tokens=90, output_tokens=20)

    assert refused(lambda: asking.ask(session=source.session, prompt="x", by=people.owner)) == "TOKEN_QUOTA_USED"
    by_rules = asking.ask(session=source.session, prompt="x", by=people.owner, generator="builtin")
    assert by_rules.generator == "builtin"


def test_a_change_is_asked_of_whoever_wrote_the_code(source: SelectedSource, people: People, offered: Settings) -> None:
    first = CodeVersionFactory(session=source.session, number=1, generator="bedrock", model="us.example.beta-2-v1:0")
    change = asking.ask_change(version=first, prompt="only 2024", by=people.owner)
    assert (change.generator, change.model, change.number) == ("bedrock", "us.example.beta-2-v1:0", 2)


@pytest.mark.parametrize("state", [CodeState.FAILED, CodeState.GENERATING])
def test_what_is_no_code_cannot_be_changed_or_restored(
    source: SelectedSource, people: People, offered: Settings, state: CodeState
) -> None:
    ended = state == CodeState.FAILED
    version = CodeVersionFactory(
        session=source.session,
        number=1,
        state=state,
        transform="",
        failure_code="MODEL_BUSY" if ended else "",
        **({} if ended else {"finished_at": None}),
    )
    assert refused(lambda: asking.ask_change(version=version, prompt="x", by=people.owner)) == "NOTHING_TO_CHANGE"
    assert refused(lambda: asking.restore(version=version, by=people.owner)) == "NOTHING_TO_CHANGE"


def test_a_restored_version_is_checked_against_the_tables_of_now(source: SelectedSource, people: People) -> None:
    """The session has no customers any more: the old code is back, and its finding with it."""
    old = CodeVersionFactory(session=source.session, number=1)
    restored = asking.restore(version=old, by=people.owner)
    assert restored.transform == old.transform
    assert restored.blocking_count


def test_changes_that_came_to_nothing_are_not_the_session_s_code(source: SelectedSource) -> None:
    session = source.session
    CodeVersionFactory(session=session, number=1)
    CodeVersionFactory(session=session, number=2, proposal=Proposal.REJECTED)
    CodeVersionFactory(session=session, number=3, proposal=Proposal.OPEN, state=CodeState.CANCELLED)
    assert session.code_versions.current().first().number == 1
    CodeVersionFactory(session=session, number=4, proposal=Proposal.OPEN)
    assert session.code_versions.current().first().number == 4


def test_a_failed_run_becomes_a_change_that_carries_the_error(
    source: SelectedSource, people: People, offered: Settings, looked: Looked
) -> None:
    version = CodeVersionFactory(session=source.session, number=1, transform="def transform(spark):\n    totl\n")
    made = asking.repair(run=failed_run(version), by=people.owner)
    assert (made.origin, made.parent, made.proposal) == (CodeOrigin.REPAIRED, version, Proposal.OPEN)
    assert "COLUMN_NOT_FOUND" in made.prompt
    assert "Line 2 of the code: totl" in made.prompt
    assert not JobRun.objects.filter(code_version=made).exists()


def test_a_repair_takes_changed_tables_anew_and_tells_what_changed(
    source: SelectedSource, people: People, offered: Settings, looked: Looked
) -> None:
    looked.drifts = (
        drift.Drift(source, added=(("sum", "numeric"),), removed=(("total", "numeric"),)),
        drift.Drift(SelectedSource(alias="gone"), is_gone=True),
    )
    version = CodeVersionFactory(session=source.session, number=1)
    made = asking.repair(run=failed_run(version), by=people.owner)
    assert looked.refreshed == [source.pk]
    assert "orders has no column total any more." in made.prompt
    assert "orders has a new column sum of type numeric." in made.prompt
    assert "The table of gone is gone." in made.prompt


@pytest.mark.parametrize("code", ["RUN_AUTHENTICATION_FAILED", "ENGINE_LOST", "STORE_NOT_WRITABLE"])
def test_a_failure_that_no_code_could_prevent_is_not_given_to_a_model(
    source: SelectedSource, people: People, offered: Settings, looked: Looked, code: str
) -> None:
    run = failed_run(CodeVersionFactory(session=source.session, number=1), code)
    assert refused(lambda: asking.repair(run=run, by=people.owner)) == "RUN_NOT_REPAIRABLE"


def test_without_a_model_nothing_is_repaired(
    source: SelectedSource, people: People, settings: Settings, looked: Looked
) -> None:
    settings.PGSPARK_GENERATORS = ["builtin"]
    run = failed_run(CodeVersionFactory(session=source.session, number=1))
    assert refused(lambda: asking.repair(run=run, by=people.owner)) == "NO_MODEL_OFFERED"


def test_a_cancelled_version_is_cancelled_also_when_its_worker_was_faster(
    source: SelectedSource, people: People
) -> None:
    version = CodeVersionFactory(session=source.session, number=1, state=CodeState.PENDING, finished_at=None)
    CodeVersion.objects.filter(pk=version.pk).update(state=CodeState.CHECKING)
    asking.cancel_generation(version=version, by=people.owner)
    assert version.state == CodeState.CANCELLED
