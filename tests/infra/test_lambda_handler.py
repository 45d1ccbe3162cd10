"""`infra/lambda/handler.py` under plain Python: S3 by moto, and a `spark-submit` that is a line of shell."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from connections.aws import client
from jobs.execution.lambda_events import CONTRACTS, event, payload
from pgspark_site.local_stack.stand_in.store import Folder
from tests.jobs.execution.submissions import submission

HANDLER = Path(__file__).resolve().parents[2] / "infra" / "lambda" / "handler.py"
BUCKET = "pgspark-test"
Told = dict[str, Any]


def loaded() -> Any:
    spec = importlib.util.spec_from_file_location("lambda_handler", HANDLER)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


handler = loaded()


@pytest.fixture
def told(aws: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    """An event whose script and, as if Spark had written it, manifest are there."""
    client("s3").create_bucket(Bucket=BUCKET)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr(handler, "BEAT_SECONDS", 0.05)
    spark(monkeypatch, "echo reading; echo INFO >&2")
    job = submission(application_id="")
    put(job.script_uri, b"print('the script')\n")
    put(job.manifest_uri, b"{}")
    return event(job)


def spark(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.setenv("PGSPARK_SPARK_SUBMIT", f"/bin/sh -c '{line}' spark-submit")


def put(uri: str, data: bytes) -> None:
    client("s3").put_object(Bucket=BUCKET, Key=uri.removeprefix(f"s3://{BUCKET}/"), Body=data)


def found(told: Told, name: str) -> bytes:
    key = told["state_uri"].removeprefix(f"s3://{BUCKET}/") + name
    return client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()


def names(told: Told) -> set[str]:
    prefix = told["state_uri"].removeprefix(f"s3://{BUCKET}/")
    listed = client("s3").list_objects_v2(Bucket=BUCKET, Prefix=prefix)
    return {item["Key"].removeprefix(prefix) for item in listed.get("Contents", [])}


@cache
def objects() -> Any:
    return handler.Objects()


def run(told: Told, remaining_s: float = 300) -> Told:
    answer: Told = handler.handle(told, objects(), remaining_s=remaining_s, memory_mb=3008)
    return answer


def test_what_a_job_leaves(told: Told, tmp_path: Path) -> None:
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: 300_000, memory_limit_in_mb="3008")
    answer = handler.lambda_handler(told, context)

    assert (answer["v"], answer["status"], answer["error"]) == (1, "succeeded", None)
    assert answer["manifest_uri"] == told["manifest_uri"]
    assert answer["metrics"]["gb_seconds"] > 0
    assert json.loads(found(told, "end.json")) == answer
    assert (found(told, "stdout"), found(told, "stderr")) == (b"reading\n", b"INFO\n")
    assert json.loads(found(told, "claim.json"))["run_id"] == told["run_id"]
    assert list(tmp_path.iterdir()) == []


def test_a_second_delivery_does_nothing(told: Told) -> None:
    first, second = run(told), run(told)

    assert (first["status"], second["status"]) == ("succeeded", "rejected")
    assert second["error"]["kind"] == "claimed"
    assert json.loads(found(told, "end.json")) == first


def test_of_many_deliveries_at_once_one_runs(told: Told, tmp_path: Path) -> None:
    """With a folder in the place of S3: the stand-in for S3 does not keep its promise to many at once."""
    folder = Folder(lambda: tmp_path / "store")
    for uri in (told["code_uri"], told["manifest_uri"]):
        folder.put(uri, b"{}")

    with ThreadPoolExecutor(8) as many:
        statuses = list(many.map(lambda _: handler.handle(dict(told), folder)["status"], range(8)))

    assert sorted(statuses) == ["rejected"] * 7 + ["succeeded"]


def test_a_claim_whose_answer_was_lost_is_known_by_its_mark(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK tried again by itself, and was told that the object is there."""
    real = handler.Objects.put_new
    monkeypatch.setattr(handler.Objects, "put_new", lambda *given: real(*given) and False)

    assert run(told)["status"] == "succeeded"


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("exit 3", "script"),
        ("kill -9 $$", "memory"),
        ("echo java.lang.OutOfMemoryError: Java heap space >&2; exit 1", "memory"),
        ("sleep 600", "timeout"),
    ],
)
def test_how_jobs_fail(told: Told, monkeypatch: pytest.MonkeyPatch, line: str, kind: str) -> None:
    spark(monkeypatch, line)
    answer = run(told | {"deadline_s": 1 if kind == "timeout" else 300})

    assert (answer["status"], answer["error"]["kind"]) == ("failed", kind)
    assert json.loads(found(told, "end.json")) == answer


def test_spark_is_stopped_before_the_function_is(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    spark(monkeypatch, "sleep 600")

    assert run(told, remaining_s=handler.RESERVE_SECONDS + 1)["error"]["kind"] == "timeout"


def test_the_line_of_the_script_is_told(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    quoted = r'echo "  File \"/tmp/x/script.py\", line 12, in transform" >&2; exit 1'
    spark(monkeypatch, quoted)

    assert run(told)["error"]["line"] == 12


def test_a_job_without_a_manifest_has_failed(told: Told) -> None:
    client("s3").delete_object(Bucket=BUCKET, Key=told["manifest_uri"].removeprefix(f"s3://{BUCKET}/"))

    assert run(told)["error"]["kind"] == "no_manifest"


def test_a_script_that_is_not_there_is_told(told: Told) -> None:
    assert run(told | {"code_uri": f"s3://{BUCKET}/nowhere.py"})["error"]["kind"] == "start"


def test_a_command_that_is_not_there_is_told(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGSPARK_SPARK_SUBMIT", "/nowhere/spark-submit")

    answer = run(told)

    assert answer["error"]["kind"] == "start"
    assert "/nowhere" not in json.dumps(answer)


def test_a_job_is_stopped_when_the_portal_wishes(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    spark(monkeypatch, "sleep 600")
    put(told["state_uri"] + "cancel", b"")

    assert run(told)["error"]["kind"] == "cancelled"


def test_s3_that_fails_for_a_while_stops_no_job(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    spark(monkeypatch, "sleep 1")
    real: Callable[..., Any] = handler.Objects.put

    def put_most(self: Any, uri: str, *given: Any) -> Any:
        if uri.endswith("beat.json"):
            raise ConnectionError
        return real(self, uri, *given)

    monkeypatch.setattr(handler.Objects, "put", put_most)

    assert run(told)["status"] == "succeeded"


@pytest.mark.parametrize(
    "change",
    [{"v": 2}, {"run_id": ""}, {"code_uri": "/etc/passwd"}, {"deadline_s": 0}, {"deadline_s": "x"}, {"output_uri": 1}],
)
def test_an_event_that_is_not_understood_is_rejected_and_starts_nothing(told: Told, change: Told) -> None:
    answer = run(told | change)

    assert (answer["status"], answer["error"]["kind"]) == ("rejected", "event")
    assert names(told) == {"end.json"}


def test_what_spark_is_told(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGSPARK_SPARK_CONF", json.dumps({"spark.example": "from the function"}))
    monkeypatch.setenv("PYSPARK_GATEWAY_PORT", "1")
    spark(monkeypatch, 'echo "$@"; env')

    run(told)

    said = found(told, "stdout").decode()
    assert "--conf spark.sql.session.timeZone=UTC" in said
    assert "--conf spark.example=from the function" in said
    assert "--driver-memory 1804m" in said
    assert "spark.hadoop.fs.s3.impl=org.apache.hadoop.fs.s3a.S3AFileSystem" in said
    assert "\nTZ=UTC\n" in said
    assert "PYSPARK_GATEWAY_PORT" not in said


def _as_flat(sent: Told, folder: Path) -> tuple[str, dict[str, str]]:
    """The handler lies where SCRIPT_BUCKET and SPARK_SCRIPT say; each key of the event is a variable."""
    assert all(isinstance(value, str) for value in sent.values())
    return HANDLER.read_text(), sent


def _as_body(sent: Told, folder: Path) -> tuple[str, dict[str, str]]:
    assert sent["body"].keys() == {
        "code", "dataset_name", "python_packages", "iterate", "bucket", "file_path", "config",
    }  # fmt: skip
    return sent["body"]["code"], {}


def _as_spark_code(sent: Told, folder: Path) -> tuple[str, dict[str, str]]:
    assert sent.keys() == {"spark_code", "s3_output_path"}
    return sent["spark_code"], {}


OLDER = {"spark-on-lambda": _as_flat, "code-interpreter": _as_body, "supervisor": _as_spark_code}


def test_every_contract_has_a_test() -> None:
    assert {"v1", *OLDER} == set(CONTRACTS)


@pytest.mark.parametrize("contract", OLDER)
def test_an_older_function_runs_the_same_job_once(told: Told, settings: Any, tmp_path: Path, contract: str) -> None:
    """As such a function does: the code to a file, the file to `spark-submit`, the answer from a file of its own."""
    settings.PGSPARK_LAMBDA_CONTRACT = contract
    job = submission(application_id="", run=told["run_id"].removeprefix("run-").removesuffix("-1"))
    code, variables = OLDER[contract](json.loads(payload(job)), tmp_path)
    program = tmp_path / "spark_script.py"
    program.write_text(code)
    environment = {**os.environ, **variables, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024"}

    done = [subprocess.run([sys.executable, program], env=environment, timeout=120).returncode for _ in range(2)]

    assert done == [0, 0]
    end = json.loads(found(told, "end.json"))
    assert (end["status"], end["manifest_uri"]) == ("succeeded", job.manifest_uri)
    assert found(told, "stdout") == b"reading\n"
    assert json.loads(json.loads((tmp_path / "output.json").read_text())["text"])["error"]["kind"] == "claimed"
    assert len(payload(job)) < 256 * 1024
    assert json.loads(found(told, "claim.json"))["at"] < time.time()
