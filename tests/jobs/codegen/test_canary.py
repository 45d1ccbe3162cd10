"""No ARN, host, password, bucket, path or cell is in what any generator is told, looked at on the wire."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from jobs.codegen import registry
from jobs.codegen.base import Base, GenerationRequest, Generator, Watch
from jobs.codegen.context import request_for
from jobs.codegen.distil import distilled
from tests.chat import ChatServer
from tests.converse import ConverseServer, called
from tests.jobs.codegen.test_context import picked

CANARY = "canary7f3a"
ARN = f"arn:aws:secretsmanager:us-east-1:123456789012:secret:spark/postgres/{CANARY}"
HOST = f"{CANARY}.cluster-x.us-east-1.rds.amazonaws.com"
PLACES = {
    "connection": CANARY,
    "database": CANARY,
    "schema": CANARY,
    "uri": f"s3://{CANARY}/orders/",
    "read_options": {"row_filter": CANARY},
    "secret_arn": ARN,
    "host": HOST,
    "password": CANARY,
}
TALKATIVE = [
    f"Loaded from s3://{CANARY}/raw/ nightly",
    f"See {ARN}",
    f"Lives on {HOST}:5432",
    f"login with password={CANARY}",
    f"jdbc:postgresql://{HOST}/x?user={CANARY}",
]


def sources() -> list[dict[str, Any]]:
    """Two tables whose every place, comment and statistic holds the canary in some form."""
    found = []
    for table in ("customers", "orders"):
        source = picked(table, **PLACES, note=TALKATIVE[0])
        source["statistics"] |= {"location": f"s3://{CANARY}/x", "comment": TALKATIVE[1]}
        source["columns"] += [
            {"name": f"c{number}", "type": "text", "comment": comment} for number, comment in enumerate(TALKATIVE)
        ]
        spread = {"n_distinct": 9, "low": CANARY, "high": CANARY}
        source["statistics"]["key_facts"] = {
            "columns": {column["name"]: spread for column in source["columns"]},
            "keys": [{"column": "id", "bounds": [CANARY], "common": [CANARY], "least": CANARY}],
        }
        found.append(source)
    return found


def failure() -> str:
    told = {
        "message": f"The value '{CANARY}' cannot be cast.",
        "line": 2,
        "evidence": [
            f'org.postgresql.util.PSQLException: Connection to {HOST}:5432 refused for "{CANARY}"',
            f"py4j.protocol.Py4JJavaError: s3://{CANARY}/x (name={CANARY})",
            f"ValueError: '{CANARY}'",
        ],
    }
    return distilled(
        "SPARK_FAILED", told, transform="def transform(spark, orders):\n    return orders\n", names=["orders"]
    )


def requests() -> Iterator[GenerationRequest]:
    base = Base("def transform(spark, customers, orders):\n    return orders\n", ("count orders",))
    yield request_for("count orders", sources())
    yield request_for("only 2024", sources(), base=base)
    yield request_for("fix", sources(), base=base, failure=failure())


@pytest.fixture
def chat() -> Iterator[ChatServer]:
    server = ChatServer()
    server.script(called())
    yield server
    server.close()


@pytest.fixture
def generators(settings: Settings, converse: ConverseServer, chat: ChatServer) -> list[Generator]:
    """All there are: a new one is told of by this test before it is told of anything else."""
    settings.PGSPARK_GENERATORS = list(registry.GENERATORS)
    settings.PGSPARK_OPENAI_URL, settings.PGSPARK_OPENAI_MODEL = chat.url, ["example-coder"]
    settings.PGSPARK_S3_BUCKET = CANARY
    converse.script(called())
    return list(registry.offered().values())


def test_the_canary_reaches_no_generator(
    generators: list[Generator], converse: ConverseServer, chat: ChatServer, witness: Watch
) -> None:
    for generator in generators:
        for request in requests():
            generator.generate(request, witness)
    wire = [json.dumps(server.requests, ensure_ascii=False) for server in (converse, chat)]
    assert [len(server.requests) for server in (converse, chat)] == [3, 3]
    assert all("c4 text" in text for text in wire), "the tables were told"
    assert [text.count(CANARY) for text in wire] == [0, 0]


def test_what_is_handed_to_rules_has_no_place_either() -> None:
    """The built-in rules read comments as they are, but no place, option or statistic is handed to them at all."""
    for request in requests():
        bare = repr([(source.alias, source.table, source.kind) for source in request.sources]) + repr(request.joins)
        assert CANARY not in bare + request.failure
        assert all(column.low == "" for source in request.sources for column in source.columns)
