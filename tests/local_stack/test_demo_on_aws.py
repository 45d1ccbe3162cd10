"""`make demo TARGET=aws`: the sample job by way of EMR Serverless, for real, its logs where the service puts them."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pgspark_site.local_stack.portal import ROOT

pytestmark = [pytest.mark.spark, pytest.mark.xdist_group("demo"), pytest.mark.timeout(600)]

_COMMAND = [sys.executable, "-m", "pgspark_site.local_stack", "demo", "--once", "--json", "--target", "aws"]


def test_the_sample_job_runs_on_emr_serverless(demo_folder: Path) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("PGSPARK_")}
    env["PGSPARK_VAR_DIR"] = str(demo_folder)

    done = subprocess.run(_COMMAND, cwd=ROOT, env=env, capture_output=True, text=True, timeout=500)

    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["state"], answer["target"], len(answer["rows"])) == ("SUCCEEDED", "emr", 10)
    logs = demo_folder / "store" / "pgspark-demo" / "runs" / answer["run"] / "logs" / "applications"
    (log,) = logs.glob("*/jobs/*/SPARK_DRIVER/stdout.gz")
    assert "pgspark: 10 rows written" in gzip.decompress(log.read_bytes()).decode()
