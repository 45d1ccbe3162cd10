"""Connections with a secret in the AWS stand-in, for the tests of this package and of the catalogue."""

from __future__ import annotations

import json
import os
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from connections import aws
from connections.models import DatabaseConnection

REGION = "us-east-1"


def server() -> dict[str, Any]:
    """The secret of the tests' own PostgreSQL server."""
    url = urlsplit(os.environ["DATABASE_URL"])
    return {
        "host": url.hostname,
        "port": url.port or 5432,
        "database": "postgres",
        "username": url.username or "pgspark",
        "password": url.password or "not-asked-for",
    }


@dataclass
class Secret:
    """A secret whose content a test may replace."""

    arn: str

    def put(self, content: str) -> None:
        aws.client("secretsmanager", region=REGION).put_secret_value(SecretId=self.arn, SecretString=content)

    def rotate(self, **fields: Any) -> None:
        self.put(json.dumps(server() | fields))

    def delete(self) -> None:
        aws.client("secretsmanager", region=REGION).delete_secret(SecretId=self.arn, ForceDeleteWithoutRecovery=True)


def make_secret(content: str | None = None, **fields: Any) -> Secret:
    text = json.dumps(server() | fields) if content is None else content
    name = f"spark/postgres/example-{uuid.uuid4().hex[:8]}"
    answer = aws.client("secretsmanager", region=REGION).create_secret(Name=name, SecretString=text)
    return Secret(answer["ARN"])


def make_connection(name: str = "shop", secret: Secret | None = None, **fields: Any) -> DatabaseConnection:
    """A stored connection to the tests' server, else to where `secret` leads."""
    secret = secret or make_secret()
    return DatabaseConnection.objects.create(name=name, secret_arn=secret.arn, **({"tls_mode": "prefer"} | fields))
