"""People who are signed in, and connections for them to browse; in a process of its own with the portal's environment.

`python -m bench.browsing_data FILE` reads {"people": number, "secrets": {connection name: content}} from FILE and
writes back a list of {"cookie", "session"}: one signed-in person each.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import django


def prepare(wanted: dict[str, Any]) -> list[dict[str, str]]:
    for name, content in wanted["secrets"].items():
        _ensure_connection(name, content)
    return [_signed_in(f"browser{number:02}") for number in range(wanted["people"])]


def _ensure_connection(name: str, content: dict[str, Any]) -> None:
    from django.contrib.auth.models import Group

    from connections.aws import client
    from connections.models import DatabaseConnection

    secret = client("secretsmanager").create_secret(Name=f"spark/postgres/{name}", SecretString=json.dumps(content))
    facts = {"secret_arn": secret["ARN"], "tls_mode": "disable", "enabled": True}
    connection, _ = DatabaseConnection.objects.update_or_create(name=name, defaults=facts)
    connection.groups.add(Group.objects.get(name="analytics"))


def _signed_in(name: str) -> dict[str, str]:
    from django.conf import settings
    from django.contrib.auth.models import Group, User
    from django.test import Client

    from catalog.models import AnalysisSession

    user, _ = User.objects.get_or_create(username=name)
    user.groups.add(Group.objects.get(name="analytics"))
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    session = AnalysisSession.objects.filter(owner=user).first() or AnalysisSession.objects.create(owner=user)
    return {"cookie": f"sessionid={client.cookies['sessionid'].value}", "session": str(session.uuid)}


if __name__ == "__main__":
    django.setup()
    file = Path(sys.argv[1])
    file.write_text(json.dumps(prepare(json.loads(file.read_text()))))
