"""What goes wrong on the real pipeline: each ends in words that a person can act on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.portal import Portal

pytestmark = pytest.mark.spark

WRONG_PASSWORD = """
import json
from django.contrib.auth.models import Group
from connections.aws import client
from connections.models import DatabaseConnection
secrets = client("secretsmanager")
known = json.loads(secrets.get_secret_value(SecretId="spark/postgres/demo")["SecretString"])
text = json.dumps(known | {"password": "not-the-password"})
arn = secrets.create_secret(Name="spark/postgres/wrong", SecretString=text)["ARN"]
made = DatabaseConnection.objects.create(name="wrong", secret_arn=arn, tls_mode="disable")
made.groups.add(Group.objects.get(name="analytics"))
"""


def run(portal: Portal, tmp_path: Path, table: str, transform: str) -> dict[str, Any]:
    """One job of the analyst with this transform over one table of the shop."""
    file = tmp_path / "transform.py"
    file.write_text(transform)
    place = f"{portal.shop.database}.{table}"
    answer: dict[str, Any] = portal.run_job(
        "--user", "analyst", "--connection", "demo", "--table", place, "--transform", str(file)
    )
    return answer


def refused(portal: Portal, *arguments: str) -> str:
    """What `run_job` says when it ends without a run."""
    ended = portal.manage("run_job", "--user", "analyst", *arguments)
    assert ended.code == 1
    return portal.log_of("run_job").read_text()


def test_a_transform_that_returns_nothing_is_told_so(portal: Portal, tmp_path: Path) -> None:
    transform = "def transform(spark, orders):\n    if 1 > 2:\n        return orders\n"
    answer = run(portal, tmp_path, "public.orders", transform)
    assert answer["failure"]["code"] == "TRANSFORM_RETURNED_NOTHING"


def test_zero_rows_are_a_result(portal: Portal, tmp_path: Path) -> None:
    transform = 'def transform(spark, orders):\n    return orders.where(F.col("id") < 0)\n'
    answer = run(portal, tmp_path, "public.orders", transform)
    assert (answer["state"], answer["row_count"], answer["rows"]) == ("SUCCEEDED", 0, [])
    assert "id" in answer["columns"]


def test_a_column_that_does_not_exist_is_named_with_its_line(portal: Portal, tmp_path: Path) -> None:
    transform = 'def transform(spark, orders):\n    return orders.select("nope")\n'
    failure = run(portal, tmp_path, "public.orders", transform)["failure"]
    assert (failure["code"], failure["line"]) == ("COLUMN_NOT_FOUND", 2)


def test_awkward_names_of_tables_and_columns_arrive_unharmed(portal: Portal, tmp_path: Path) -> None:
    transform = "def transform(spark, mixed_case_table):\n    return mixed_case_table\n"
    answer = run(portal, tmp_path, "analytics.Mixed Case Table", transform)
    assert answer["state"] == "SUCCEEDED"
    assert {"Order", "class", "a.b", "50% off", 'with "quotes"'} <= set(answer["columns"])


def test_a_wrong_password_is_said_while_picking(portal: Portal) -> None:
    portal.manage("shell", "-c", WRONG_PASSWORD)
    table = f"{portal.shop.database}.public.orders"
    said = refused(portal, "--connection", "wrong", "--table", table, "--prompt", "count orders")
    assert "AUTHENTICATION_FAILED" in said
    assert "not-the-password" not in said


@pytest.mark.parametrize(
    ("table", "code"),
    [("{shop}.public.nowhere", "TABLE_NOT_FOUND"), ("nowhere.public.orders", "DATABASE_NOT_FOUND")],
)
def test_a_table_that_is_not_there_is_said_while_picking(portal: Portal, table: str, code: str) -> None:
    place = table.format(shop=portal.shop.database)
    said = refused(portal, "--connection", "demo", "--table", place, "--prompt", "count orders")
    assert code in said


def test_code_with_a_syntax_error_never_runs(portal: Portal, tmp_path: Path) -> None:
    file = tmp_path / "transform.py"
    file.write_text("def transform(spark, orders):\n    return orders.\n")
    table = f"{portal.shop.database}.public.orders"
    said = refused(portal, "--connection", "demo", "--table", table, "--transform", str(file))
    assert "line 2" in said


def test_an_outsider_may_not_use_the_connection(portal: Portal) -> None:
    table = f"{portal.shop.database}.public.orders"
    ended = portal.manage(
        "run_job", "--user", "outsider", "--connection", "demo", "--table", table, "--prompt", "count orders"
    )
    assert ended.code == 1
