"""Runs one job of PgSpark on AWS Lambda, once, however often its event is delivered. Standard library and boto3 only.

The event (contract version 1) says where everything is; what happens is told by objects below its `state_uri`:

    claim.json      made once, exclusively: whoever makes it runs the job, nobody else ever does
    cancel          made by the portal: stop the job
    beat.json       written anew every few seconds while the job runs
    stdout, stderr  what the job has printed so far
    end.json        how it ended; the same is returned

Spark is a process of its own (`spark-submit`), stopped at the time limit while there is still time to tell of it.
As a program (see `main`) this does the same inside functions that know older contracts.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any, Dict  # noqa: UP035  (the Python of older images)

BEAT_SECONDS = float(os.environ.get("PGSPARK_BEAT_SECONDS", "5"))
POLL_SECONDS, TERM_SECONDS = 0.1, 3.0
# What is left of the function's time when Spark is stopped.
RESERVE_SECONDS = 15.0
# While the job runs a longer log is not sent any more; at its end this much is.
LIVE_LOG_BYTES, MOST_LOG_BYTES, TAIL_BYTES = 4 * 1024 * 1024, 64 * 1024 * 1024, 64 * 1024
_NEEDED = ("run_id", "code_uri", "output_uri", "manifest_uri", "state_uri")
_FRAME = re.compile(rb'File "[^"\n]*script\.py", line (\d+)')
# Put here, as text, where the event cannot come by the environment.
_EVENT = ""
Event = Dict[str, Any]
Answer = Dict[str, Any]

log = logging.getLogger("pgspark")


class Objects:
    """Objects of S3 by their s3:// addresses."""

    def __init__(self) -> None:
        import boto3
        from botocore.config import Config

        limits = Config(connect_timeout=3, read_timeout=15, retries={"mode": "standard", "max_attempts": 4})
        self._s3 = boto3.client("s3", config=limits)
        self._only_new = boto3.client("s3", config=limits)
        # Older SDKs, such as those of older images, do not know the parameter IfNoneMatch.
        hooks = self._only_new.meta.events
        hooks.register("before-call.s3.PutObject", lambda params, **_: params["headers"].update({"If-None-Match": "*"}))

    def get(self, uri: str) -> bytes | None:
        bucket, key = _place(uri)
        try:
            return bytes(self._s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        except self._s3.exceptions.NoSuchKey:
            return None

    def put(self, uri: str, data: bytes, s3: Any = None) -> None:
        bucket, key = _place(uri)
        (s3 or self._s3).put_object(Bucket=bucket, Key=key, Body=data, ServerSideEncryption="AES256")

    def put_new(self, uri: str, data: bytes) -> bool:
        """False where there is one, or another one is being written this moment."""
        try:
            self.put(uri, data, self._only_new)
        except self._only_new.exceptions.ClientError as error:
            if error.response["Error"]["Code"] not in ("PreconditionFailed", "ConditionalRequestConflict"):
                raise
            return False
        return True


def lambda_handler(event: Event, context: Any) -> Answer:
    remaining_s = context.get_remaining_time_in_millis() / 1000
    return handle(event, Objects(), remaining_s=remaining_s, memory_mb=int(context.memory_limit_in_mb))


def handle(event: Event, objects: Any, *, remaining_s: float | None = None, memory_mb: int = 0) -> Answer:
    """Runs the job unless somebody has, or had, it. Raises only where not even its end can be written down.

    `remaining_s` is what the function has left, None where it is not known; `objects` are as `Objects`.
    """
    began = time.time()
    problem = _problem(event)
    if problem:
        answer = _answer("rejected", "event", problem)
        if str(event.get("state_uri", "")).startswith("s3://"):
            objects.put(event["state_uri"] + "end.json", json.dumps(answer).encode())
        return answer
    limit = float(event["deadline_s"])
    ends_by = began + (limit + RESERVE_SECONDS if remaining_s is None else remaining_s)
    if not _claim(event, objects, {"at": began, "ends_by": ends_by, "memory_mb": memory_mb}):
        return _answer("rejected", "claimed", "Another delivery of the event has the job.")
    job = _Job(event, objects, until=min(began + limit, ends_by - RESERVE_SECONDS), memory_mb=memory_mb)
    try:
        answer = job.run()
    except Exception:
        # Only the function's own log tells more: it may name what a person must not see.
        log.exception("the job could not be run")
        answer = _answer("failed", "start", "The function could not run the job; its own log says why.")
    seconds = round(time.time() - began, 3)
    answer["metrics"] = {"seconds": seconds, "gb_seconds": round(seconds * memory_mb / 1024, 3)}
    objects.put(event["state_uri"] + "end.json", json.dumps(answer).encode())
    return answer


def main() -> int:
    """For functions with an older contract: they run this text by `spark-submit`, and want a file afterwards."""
    event = json.loads(_EVENT or os.environ["PGSPARK_EVENT"])
    answer = handle(event, Objects(), memory_mb=int(os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "0")))
    (Path(tempfile.gettempdir()) / "output.json").write_text(json.dumps({"text": json.dumps(answer)}))
    return 1 if answer["status"] == "failed" else 0


class _Job:
    """One run of the script in a folder of its own: warm functions share what is below /tmp."""

    def __init__(self, event: Event, objects: Any, *, until: float, memory_mb: int) -> None:
        self.event, self.objects, self.until, self.memory_mb = event, objects, until, memory_mb
        self.state: str = event["state_uri"]
        self._sent = {"stdout": 0, "stderr": 0}

    def run(self) -> Answer:
        script = self.objects.get(self.event["code_uri"])
        if script is None:
            return _answer("failed", "start", "The script is not where the event says.")
        self.folder = Path(tempfile.mkdtemp(prefix="pgspark-"))
        try:
            (self.folder / "tmp").mkdir()
            (self.folder / "script.py").write_bytes(script)
            why, code = self._spark()
            self._send_logs(MOST_LOG_BYTES)
            return self._ended(why, code)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _spark(self) -> tuple[str, int]:
        """Why it ended ("", "timeout", "cancelled") and the exit code."""
        with (self.folder / "stdout").open("wb") as out, (self.folder / "stderr").open("wb") as err:
            child = subprocess.Popen(
                _command(self.event, self.folder, self.memory_mb),
                cwd=self.folder,
                env=_environment(self.folder),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
            try:
                why = self._watch(child)
            finally:
                _stop(child)
        return why, child.returncode

    def _watch(self, child: subprocess.Popen[bytes]) -> str:
        next_beat = 0.0
        while child.poll() is None:
            if time.time() >= self.until:
                return "timeout"
            if time.monotonic() >= next_beat:
                if self._beat(child.pid):
                    return "cancelled"
                next_beat = time.monotonic() + BEAT_SECONDS
            time.sleep(POLL_SECONDS)
        return ""

    def _beat(self, session: int) -> bool:
        """Tells that the job lives, and whether it is to stop. A service that fails now is asked again next time."""
        beat = {"at": time.time(), "used_mb": _used_mb(session), "memory_mb": self.memory_mb}
        try:
            self.objects.put(self.state + "beat.json", json.dumps(beat).encode())
            self._send_logs(LIVE_LOG_BYTES)
            return self.objects.get(self.state + "cancel") is not None
        except Exception:
            log.exception("the job goes on, but could not tell so")
            return False

    def _send_logs(self, most: int) -> None:
        for name, sent in self._sent.items():
            if (self.folder / name).stat().st_size > sent and sent < most:
                with (self.folder / name).open("rb") as file:
                    data = file.read(most)
                self.objects.put(self.state + name, data)
                self._sent[name] = len(data)

    def _ended(self, why: str, code: int) -> Answer:
        text = _tail(self.folder / "stderr") + _tail(self.folder / "stdout")
        line = next((int(number) for number in reversed(_FRAME.findall(text))), None)
        if why == "timeout":
            return _answer("failed", "timeout", "Spark was stopped at the time limit.", line)
        if why == "cancelled":
            return _answer("failed", "cancelled", "Spark was stopped at the portal's wish.")
        if code in (-signal.SIGKILL, 128 + signal.SIGKILL) or b"java.lang.OutOfMemoryError" in text:
            return _answer("failed", "memory", "Spark ran out of memory.", line)
        if code:
            return _answer("failed", "script", f"Spark ended with exit code {code}.", line)
        if self.objects.get(self.event["manifest_uri"]) is None:
            return _answer("failed", "no_manifest", "Spark ended well but wrote no manifest.")
        return {**_answer("succeeded"), "manifest_uri": self.event["manifest_uri"]}


def _problem(event: Event) -> str:
    """What is wrong with the event, without quoting it; empty when nothing is."""
    if event.get("v") != 1:
        return "This function knows version 1 of the contract only."
    wrong = [name for name in _NEEDED if not isinstance(event.get(name), str) or not event[name]]
    wrong += [name for name in _NEEDED[1:] if name not in wrong and not event[name].startswith("s3://")]
    deadline = event.get("deadline_s")
    wrong += [] if isinstance(deadline, (int, float)) and deadline > 0 else ["deadline_s"]
    return f"The event is not whole: {', '.join(wrong)}." if wrong else ""


def _answer(status: str, kind: str = "", message: str = "", line: int | None = None) -> Answer:
    error = {"kind": kind, "message": message, "line": line} if kind else None
    return {"v": 1, "status": status, "manifest_uri": "", "error": error, "metrics": {}}


def _claim(event: Event, objects: Any, facts: dict[str, Any]) -> bool:
    """Whether the job is ours. An answer that was lost is told by our own mark in what is there."""
    uri, mark = event["state_uri"] + "claim.json", uuid.uuid4().hex
    content = {"by": "function", "mark": mark, "run_id": event["run_id"], **facts}
    if objects.put_new(uri, json.dumps(content).encode()):
        return True
    return bool(json.loads(objects.get(uri) or b"{}").get("mark") == mark)


def _command(event: Event, folder: Path, memory_mb: int) -> list[str]:
    options = {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.local.dir": str(folder / "tmp"),
        "spark.sql.warehouse.dir": (folder / "warehouse").as_uri(),
        "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
        "spark.hadoop.fs.s3a.aws.credentials.provider": "com.amazonaws.auth.EnvironmentVariableCredentialsProvider",
        **event.get("spark_conf", {}),
        # What the function's own environment says has the last word.
        **json.loads(os.environ.get("PGSPARK_SPARK_CONF", "{}")),
    }
    # The rest is for Python, for what the JVM needs beside its heap, and for this process.
    memory = ["--driver-memory", f"{max(memory_mb * 6 // 10, 512)}m"] if memory_mb else []
    return [
        *shlex.split(os.environ.get("PGSPARK_SPARK_SUBMIT", "spark-submit")),
        *("--master", f"local[{os.cpu_count() or 2}]", *memory),
        *("--driver-java-options", f"-Djava.io.tmpdir={folder / 'tmp'} -Duser.timezone=UTC"),
        *(part for name, value in options.items() for part in ("--conf", f"{name}={value}")),
        str(folder / "script.py"),
    ]


def _environment(folder: Path) -> dict[str, str]:
    """Without what an outer `spark-submit` leaves for its own script."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYSPARK_GATEWAY")}
    return {**kept, "HOME": str(folder), "TMPDIR": str(folder / "tmp"), "TZ": "UTC", "SPARK_LOCAL_IP": "127.0.0.1"}


def _stop(child: subprocess.Popen[bytes]) -> None:
    """Ends what there is left of the child's process group: politely, then for good."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(child.pid, number)
            child.wait(TERM_SECONDS)


def _used_mb(session: int) -> int:
    """Memory of Spark's processes and of this one."""
    pages = 0
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # one that has just ended
            if int(place.name) == os.getpid() or os.getsid(int(place.name)) == session:
                pages += int((place / "statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // (1024 * 1024)


def _tail(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - TAIL_BYTES, 0))
        return file.read()


def _place(uri: str) -> tuple[str, str]:
    bucket, _, key = uri[len("s3://") :].partition("/")
    return bucket, key


if __name__ == "__main__":
    sys.exit(main())
