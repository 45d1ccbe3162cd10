"""What a run may reach follows from its sources alone."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from connections.models import AuthMethod, DatabaseConnection
from jobs.execution.base import Access
from jobs.run_access import access_of

pytestmark = pytest.mark.django_db
_ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:spark/postgres/{}-AbCdEf"


def connection(name: str, **facts: Any) -> DatabaseConnection:
    return DatabaseConnection.objects.create(name=name, secret_arn=_ARN.format(name), **facts)


def table(on: DatabaseConnection) -> dict[str, Any]:
    return {"kind": "POSTGRES", "connection_id": on.pk}


GLUE = {
    "kind": "GLUE",
    "connection_id": None,
    "database": "analytics",
    "table": "web_events",
    "statistics": {"location": "s3://lake/web_events"},
}
FILE = {"kind": "CSV", "connection_id": None, "uri": "s3://landing/visits.csv"}


def test_two_tables_of_one_connection_need_one_secret() -> None:
    one = connection("one")
    connection("two")

    assert access_of([table(one), table(one)]) == Access(secret_arns=(one.secret_arn,), uses_database=True)


def test_a_glue_table_needs_its_definition_and_its_folder_and_a_file_itself() -> None:
    found = access_of([GLUE, FILE])

    assert found.glue_tables == ("analytics.web_events",)
    assert found.inputs == ("s3://lake/web_events/", "s3://landing/visits.csv")
    assert not found.uses_database


def test_a_login_by_token_is_noted() -> None:
    found = access_of([table(connection("one")), table(connection("two", auth_method=AuthMethod.IAM))])

    assert found.uses_iam_login
    assert len(found.secret_arns) == 2


def test_it_survives_being_stored() -> None:
    found = access_of([GLUE, FILE, table(connection("one", auth_method=AuthMethod.IAM))])

    assert Access.from_dict(asdict(found)) == found
