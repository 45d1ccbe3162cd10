"""Importing a settings file, and testing a connection from the shell."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command

from connections.models import DatabaseConnection
from tests.connections.conftest import People
from tests.connections.factories import make_connection, make_secret

pytestmark = pytest.mark.django_db

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:spark/postgres/"
PROD = {"name": "aurora-prod", "secret_arn": f"{ARN}aurora-prod", "description": "Production", "enabled": True}
DEV = {"name": "aurora-dev", "secret_arn": f"{ARN}aurora-dev", "description": "Development", "enabled": False}


class Importer:
    """Writes a settings file, imports it, and gives the lines that the command said."""

    def __init__(self, path: Path) -> None:
        self.path, self.code = path, 0

    def __call__(self, *entries: Any, default: Any = None, arguments: tuple[str, ...] = ()) -> list[str]:
        part = {"connections": list(entries), "default_connection": default, "jdbc_driver_path": "s3://example/x.jar"}
        self.path.write_text(json.dumps({"postgres": part}))
        return self.run(*arguments)

    def run(self, *arguments: str) -> list[str]:
        out, self.code = StringIO(), 0
        try:
            call_command("import_connections", str(self.path), *arguments, stdout=out)
        except SystemExit as ended:
            self.code = int(ended.code or 0)
        return [" ".join(line.split()) for line in out.getvalue().splitlines()]


@pytest.fixture
def importer(tmp_path: Path) -> Importer:
    return Importer(tmp_path / "settings.json")


def test_the_file_of_the_specification(importer: Importer) -> None:
    said = importer(PROD, DEV, default="aurora-prod")

    assert said == [
        "created aurora-prod: open to staff only until it gets groups",
        "created aurora-dev: open to staff only until it gets groups",
        "changed default_connection: aurora-prod",
        "Done.",
    ]
    found = DatabaseConnection.objects.order_by("name").values_list("name", "enabled", "is_default", "tls_mode")
    assert list(found) == [("aurora-dev", False, False, "require"), ("aurora-prod", True, True, "require")]


def test_importing_again_changes_nothing(importer: Importer) -> None:
    importer(PROD, DEV, default="aurora-prod")
    before = list(DatabaseConnection.objects.values())

    said = importer(PROD, DEV, default="aurora-prod")

    assert [line.split()[0] for line in said] == ["unchanged", "unchanged", "unchanged", "Done."]
    assert list(DatabaseConnection.objects.values()) == before


def test_a_changed_entry_changes_its_connection_and_keeps_what_it_does_not_name(importer: Importer) -> None:
    importer(PROD)
    DatabaseConnection.objects.update(tls_mode="verify-full", max_parallel_reads=3)

    said = importer(PROD | {"description": "New words"})

    assert said[0] == "changed aurora-prod: description"
    assert DatabaseConnection.objects.values_list("description", "tls_mode", "max_parallel_reads").get() == (
        "New words",
        "verify-full",
        3,
    )


def test_a_dry_run_says_the_same_and_stores_nothing(importer: Importer) -> None:
    said = importer(PROD, default="aurora-prod", arguments=("--dry-run",))

    assert [line.split()[0] for line in said] == ["created", "changed", "Nothing"]
    assert not DatabaseConnection.objects.exists()


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (PROD | {"name": "with blank"}, "refused with blank: name: Enter a valid"),
        ({"secret_arn": f"{ARN}x"}, "refused entry 1: name: This field cannot be blank"),
        ({"name": "x"}, "refused x: secret_arn: This field cannot be blank"),
        (PROD | {"secret_arn": "arn:aws:s3:::x"}, "refused aurora-prod: secret_arn: Give the full ARN"),
        (PROD | {"secret_arn": ARN.replace("spark", "other") + "x"}, "PGSPARK_SECRETS_PREFIX"),
        (PROD | {"enabled": "yes"}, "enabled: must be true or false"),
        (PROD | {"description": 7}, "description: must be of type str"),
        (PROD | {"max_parallel_reads": True}, "max_parallel_reads: must be of type int"),
        (PROD | {"pasword": "canary"}, "pasword is no field of a connection; known are name"),
        (PROD | {"tls_mode": "perhaps"}, "tls_mode: Value"),
        (PROD | {"auth_method": "iam", "tls_mode": "prefer"}, "An IAM token travels only over TLS"),
        (PROD | {"groups": ["nobody"]}, "there is no group nobody"),
        (PROD | {"groups": "analytics"}, "groups: must be a list of names"),
        (PROD | {"groups": [["x"]]}, "groups: must be a list of names"),
        ("aurora-prod", "refused entry 1: it is not a JSON object"),
        (PROD | {"name": 7}, "refused entry 1: name: must be of type str"),
    ],
)
def test_a_bad_entry_is_refused_by_name_and_the_others_are_imported(importer: Importer, entry: Any, words: str) -> None:
    said = importer(entry, DEV)

    assert said[0].startswith("refused")
    assert words in said[0]
    assert "canary" not in said[0]
    assert importer.code == 1
    assert list(DatabaseConnection.objects.values_list("name", flat=True)) == ["aurora-dev"]


def test_two_entries_of_one_name(importer: Importer) -> None:
    said = importer(PROD, PROD | {"description": "Another"})

    assert "refused aurora-prod: an entry above has the same name" in said[1]
    assert DatabaseConnection.objects.get().description == "Production"


@pytest.mark.parametrize("default", ["nobody", 7, ["aurora-prod"]])
def test_a_default_that_is_not_there(importer: Importer, default: Any) -> None:
    said = importer(PROD, default=default)

    assert said[1].startswith("refused default_connection")
    assert importer.code == 1


def test_groups_may_be_named(importer: Importer, people: People) -> None:
    importer(PROD | {"groups": ["analytics"]})

    assert list(DatabaseConnection.objects.get().groups.all()) == [people.analytics]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "7",
        '{"postgres": {}}',
        r'{"connections": ["\u0000"]}',
        r'{"connections": ["\ud800"]}',
        '{"connections": {}}',
        '{"postgres": 1}',
    ],
)
def test_a_file_that_is_no_settings_file(importer: Importer, content: str) -> None:
    importer.path.write_text(content)

    with pytest.raises(CommandError, match="SETTINGS_FILE_INVALID"):
        importer.run()


def test_a_file_that_cannot_be_read(importer: Importer) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        importer.run()


def test_the_audit_gets_the_account_that_is_named(importer: Importer, people: People) -> None:
    importer(PROD, arguments=("--user", "staff"))

    assert LogEntry.objects.get().user == people.staff


@pytest.mark.parametrize("name", ["analyst", "nobody"])
def test_an_account_that_may_not_import(importer: Importer, people: People, name: str) -> None:
    with pytest.raises(CommandError, match=r"CONNECTION_MANAGERS_ONLY|There is no account"):
        importer(PROD, arguments=("--user", name))

    assert not DatabaseConnection.objects.exists()


def _test(name: str, *arguments: str) -> tuple[int, str]:
    out, code = StringIO(), 0
    try:
        call_command("test_connection", name, *arguments, stdout=out)
    except SystemExit as ended:
        code = int(ended.code or 0)
    return code, out.getvalue()


def test_a_connection_that_works(aws: str) -> None:
    make_connection()

    code, said = _test("shop")

    assert code == 0
    assert said.count("ok  ") == 8
    assert "WARN  User may only read" in said


def test_a_connection_that_fails_says_where_and_what_to_do(aws: str) -> None:
    make_connection(secret=make_secret(username="canary", password="canary"))

    code, said = _test("shop")

    assert code == 1
    assert "FAIL  Login works" in said
    assert "-     Databases are listed" in said
    assert "Verify the secret" in said
    assert "canary" not in said


def test_the_test_as_json(aws: str) -> None:
    make_connection(secret=make_secret(host="no.such.invalid"))

    code, said = _test("shop", "--json")

    told = json.loads(said)
    assert (code, told["connection"], told["passed"]) == (1, "shop", False)
    assert told["error"]["code"] == "HOST_NOT_FOUND"
    assert DatabaseConnection.objects.get().last_test_code == "HOST_NOT_FOUND"


def test_a_name_that_is_not_there_lists_those_that_are(aws: str) -> None:
    make_connection("other")

    with pytest.raises(CommandError, match="There are: other"):
        _test("shop")
