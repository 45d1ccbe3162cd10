"""Sizes of runs: what a new portal offers, what the admin refuses, and that a run keeps what it was approved with."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from connections.errors import PortalError
from jobs import operations, queries
from jobs.execution.base import Size
from jobs.execution.registry import submission_of
from jobs.models import CodeVersion, ResourceProfile
from jobs.states import Target
from tests.emr import STANDARD
from tests.jobs.browsing import signed_in
from tests.jobs.conftest import People

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(version: CodeVersion, settings: Any) -> CodeVersion:
    """Its one source is a Glue table; the portal has EMR Serverless."""
    settings.PGSPARK_TARGETS, settings.PGSPARK_GLUE_ENABLED = ["emr", "local"], True
    settings.PGSPARK_EMR_APPLICATION_ID = STANDARD
    settings.PGSPARK_EXECUTION_ROLE_ARN = "arn:aws:iam::123456789012:role/pgspark-job"
    source = {
        "alias": "web_events",
        "kind": "GLUE",
        "connection_id": None,
        "upload_id": None,
        "database": "analytics",
        "table": "web_events",
        "columns": [],
        "statistics": {"location": "s3://lake/web_events/"},
        "read_options": {},
    }
    version.sources = [source]
    version.transform = "def transform(spark, web_events):\n    return web_events\n"
    version.save(update_fields=["sources", "transform"])
    return version


def test_a_new_portal_offers_three_sizes_that_the_service_takes() -> None:
    for profile in queries.profiles():
        profile.full_clean()
    assert [profile.name for profile in queries.profiles()] == ["small", "medium", "large"]


def test_a_run_keeps_its_engine_application_rights_and_size(version: CodeVersion, people: People) -> None:
    run = operations.start_run(version=version, by=people.owner, profile="large")
    ResourceProfile.objects.filter(name="large").update(executors=40)
    run.refresh_from_db()

    job = submission_of(run)

    assert (run.target, run.application_id, run.profile) == (Target.EMR, STANDARD, "large")
    assert job.size is not None and job.size.executors == 4
    assert asdict(job.size) == run.size
    assert job.application_id == STANDARD
    assert job.access.inputs == ("s3://lake/web_events/",)
    assert job.script_uri.startswith(job.output_uri.removesuffix("output/"))
    assert run.events.get().note == "Glue picked: runs on EMR Serverless, standard application."


def test_the_default_size_is_taken_where_none_is_named(version: CodeVersion, people: People) -> None:
    assert operations.start_run(version=version, by=people.owner).profile == "medium"


def test_a_run_on_this_machine_has_no_size(version: CodeVersion, people: People) -> None:
    run = operations.start_run(version=version, by=people.owner, target="local", profile="large")

    assert (run.profile, run.size, run.application_id) == ("", {}, "")


@pytest.mark.parametrize("name", ["huge", "small"])
def test_a_size_that_is_not_there_or_switched_off_is_refused(version: CodeVersion, people: People, name: str) -> None:
    ResourceProfile.objects.filter(name="small").update(enabled=False)

    with pytest.raises(PortalError, match="PROFILE_UNKNOWN"):
        operations.start_run(version=version, by=people.owner, profile=name)


def test_run_again_asks_for_the_same_size(version: CodeVersion, people: People) -> None:
    first = operations.start_run(version=version, by=people.owner, profile="small")

    assert operations.run_again(run=first, by=people.owner).profile == "small"


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ({"driver_cores": 3}, "driver_cores"),
        ({"driver_cores": 1, "driver_memory_gb": 16}, "driver_memory_gb"),
        ({"executor_cores": 4, "executor_memory_gb": 31}, "executor_memory_gb"),
        ({"executor_cores": 8, "executor_memory_gb": 18}, "executor_memory_gb"),
        ({"executor_cores": 16, "executor_memory_gb": 36}, "executor_memory_gb"),
        ({"executors": 0}, "executors"),
        ({"disk_gb": 10}, "disk_gb"),
        ({"disk_gb": 500}, "disk_gb"),
        ({"is_default": True, "enabled": False}, "enabled"),
    ],
)
def test_what_the_service_would_refuse_is_refused_in_the_admin(field: dict[str, Any], wrong: str) -> None:
    profile = ResourceProfile(name="x", label="X", **field)

    with pytest.raises(ValidationError) as caught:
        profile.clean()

    assert set(caught.value.message_dict) == {wrong}


@pytest.mark.parametrize(
    ("cores", "memory"), [(1, 2), (2, 16), (4, 30), (8, 16), (8, 20), (8, 60), (16, 32), (16, 120)]
)
def test_sizes_of_the_service_are_taken(cores: int, memory: int) -> None:
    ResourceProfile(name="x", label="X", executor_cores=cores, executor_memory_gb=memory).clean()


def change(client: Client, profile: ResourceProfile, **values: Any) -> str:
    given = {field.name: getattr(profile, field.name) for field in ResourceProfile._meta.fields} | values
    data = {name: value for name, value in given.items() if value is not False}
    address = reverse("admin:jobs_resourceprofile_change", args=[profile.pk])
    return client.post(address, data, follow=True).content.decode()


def make_default(client: Client, *profiles: ResourceProfile) -> str:
    data = {"action": "make_default", "_selected_action": [profile.pk for profile in profiles]}
    return client.post(reverse("admin:jobs_resourceprofile_changelist"), data, follow=True).content.decode()


def test_an_administrator_changes_a_size_and_makes_another_one_the_default(people: People) -> None:
    people.staff.is_superuser = True
    people.staff.save()
    small = ResourceProfile.objects.get(name="small")

    change(signed_in(people.staff), small, executors=3)
    make_default(signed_in(people.staff), small)

    small.refresh_from_db()
    assert (small.executors, small.is_default) == (3, True)
    assert ResourceProfile.objects.filter(is_default=True).count() == 1


def test_the_default_is_one_that_can_be_chosen(people: People) -> None:
    people.staff.is_superuser = True
    people.staff.save()
    ResourceProfile.objects.filter(name="small").update(enabled=False)

    page = make_default(signed_in(people.staff), ResourceProfile.objects.get(name="small"))

    assert "Select one size that is enabled." in page
    assert ResourceProfile.objects.get(is_default=True).name == "medium"


def test_the_admin_names_the_field_that_is_wrong(people: People) -> None:
    people.staff.is_superuser = True
    people.staff.save()
    small = ResourceProfile.objects.get(name="small")

    page = change(signed_in(people.staff), small, executor_memory_gb=64)

    small.refresh_from_db()
    assert small.executor_memory_gb == 8
    assert "A worker of 2 vCPUs has 4 to 16 GB." in page


def test_others_may_not_change_sizes(people: People) -> None:
    small = ResourceProfile.objects.get(name="small")
    for user in (people.owner, people.teammate, people.outsider, people.staff):
        change(signed_in(user), small, executors=9)

    small.refresh_from_db()
    assert small.executors == 1


def test_a_stored_size_is_a_size(version: CodeVersion, people: People) -> None:
    run = operations.start_run(version=version, by=people.owner)
    run.refresh_from_db()

    assert Size(**run.size) == Size(2, 4, 2, 8, 2, 20)
