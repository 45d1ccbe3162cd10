"""`manage.py run_job` refuses in words before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from connections.models import DatabaseConnection
from jobs.models import JobRun
from pgspark_site.local_stack.shop import Shop
from tests.api.conftest import connection
from tests.connections.factories import make_connection, make_secret
from tests.jobs.conftest import People

__all__ = ["connection"]


def refusal(table: str, *arguments: str, user: str = "analyst", connection: str = "shop") -> str:
    """What it says when it ends without a run."""
    with pytest.raises(CommandError) as refused:
        call_command("run_job", "--user", user, "--connection", connection, "--table", table, *arguments)
    assert not JobRun.objects.exists()
    return str(refused.value)


def test_a_wrong_password(people: People, aws: str, sample_shop: Shop) -> None:
    secret = make_secret(username=sample_shop.user, password="not-the-password", database=sample_shop.database)
    make_connection("wrong", secret).groups.add(people.owner.groups.get())

    said = refusal(f"{sample_shop.database}.public.orders", "--prompt", "count orders", connection="wrong")

    assert "AUTHENTICATION_FAILED" in said
    assert "not-the-password" not in said


@pytest.mark.parametrize(
    ("table", "code"),
    [("{shop}.public.nowhere", "TABLE_NOT_FOUND"), ("nowhere.public.orders", "DATABASE_NOT_FOUND")],
)
def test_a_table_that_is_not_there(
    connection: DatabaseConnection,
    sample_shop: Shop,
    table: str,
    code: str,
) -> None:
    assert code in refusal(table.format(shop=sample_shop.database), "--prompt", "count orders")


def test_code_with_a_syntax_error(
    connection: DatabaseConnection,
    sample_shop: Shop,
    tmp_path: Path,
) -> None:
    file = tmp_path / "transform.py"
    file.write_text("def transform(spark, orders):\n    return orders.\n")

    assert "line 2" in refusal(f"{sample_shop.database}.public.orders", "--transform", str(file))


def test_a_connection_of_others(
    connection: DatabaseConnection,
    sample_shop: Shop,
) -> None:
    table = f"{sample_shop.database}.public.orders"

    assert "may use no connection" in refusal(table, "--prompt", "count orders", user="outsider")
