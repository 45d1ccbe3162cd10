"""Brings a portal's tables, accounts, secret, bucket and connection to the sample's state; each run to the same.

A process of its own with the portal's environment: `python -m pgspark_site.local_stack.portal_data FILE`, where FILE
is the JSON form of `Sample`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TypedDict

import django
from django.core.management import call_command

from pgspark_site.local_stack.sample_files import ensure_sample_files

CONNECTION = "demo"
GROUP = "analytics"
_MEMBERS = ("analyst", "teammate")


class Sample(TypedDict):
    """`accounts` holds passwords by name, `secret` the content of the connection's secret."""

    accounts: dict[str, str]
    secret: dict[str, str | int]


def prepare(sample: Sample) -> None:
    call_command("migrate", interactive=False, verbosity=0)
    for name, password in sample["accounts"].items():
        _ensure_account(name, password)
    _ensure_bucket()
    ensure_sample_files()
    _ensure_connection(_ensure_secret(sample["secret"]))


def _ensure_account(name: str, password: str) -> None:
    from django.contrib.auth.models import Group, User

    is_admin = name == "admin"
    user, _ = User.objects.get_or_create(username=name)
    user.is_staff = user.is_superuser = is_admin
    if not user.check_password(password):
        user.set_password(password)
    user.save(update_fields=["is_staff", "is_superuser", "password"])
    if name in _MEMBERS:
        user.groups.add(Group.objects.get_or_create(name=GROUP)[0])


def _ensure_bucket() -> None:
    from django.conf import settings

    from connections.aws import client

    client("s3").create_bucket(Bucket=settings.PGSPARK_S3_BUCKET)


def _ensure_secret(content: dict[str, str | int]) -> str:
    """The ARN; the stand-in keeps nothing between runs, so the ARN is a new one each time."""
    from django.conf import settings

    from connections.aws import client

    secrets, name, text = client("secretsmanager"), settings.PGSPARK_SECRETS_PREFIX + CONNECTION, json.dumps(content)
    try:
        return str(secrets.create_secret(Name=name, SecretString=text)["ARN"])
    except secrets.exceptions.ResourceExistsException:
        return str(secrets.put_secret_value(SecretId=name, SecretString=text)["ARN"])


def _ensure_connection(arn: str) -> None:
    from django.contrib.auth.models import Group

    from connections.models import DatabaseConnection, TlsMode

    connection, _ = DatabaseConnection.objects.update_or_create(
        name=CONNECTION,
        defaults={"secret_arn": arn, "enabled": True, "tls_mode": TlsMode.DISABLE},
        create_defaults={
            "secret_arn": arn,
            "description": "The sample shop on this machine",
            "is_default": not DatabaseConnection.objects.filter(is_default=True).exists(),
            "tls_mode": TlsMode.DISABLE,
        },
    )
    connection.groups.add(Group.objects.get(name=GROUP))


if __name__ == "__main__":
    django.setup()
    prepare(json.loads(Path(sys.argv[1]).read_text()))
