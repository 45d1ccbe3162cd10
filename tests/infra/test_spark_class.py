"""What the image of the Lambda function changes in Spark's own script that starts the JVM."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

pyspark = pytest.importorskip("pyspark")

CHANGE = Path(__file__).resolve().parents[2] / "infra" / "lambda" / "spark-class.sed"
BIN = Path(pyspark.__file__).parent / "bin"
# Java as the script sees it: asked for the command it tells one, called with that command it says its arguments.
JAVA = r"""#!/bin/sh
case "$*" in
  *org.apache.spark.launcher.Main*) printf '\000\n%s\000%s\000%s\000' "$0" 'two words' '-Xmx1g' ;;
  *) printf '%s|' "$@" ;;
esac
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A Spark without its jars, and a Java that only talks."""
    (tmp_path / "jars").mkdir()
    shutil.copytree(BIN, tmp_path / "bin")
    subprocess.run(["sed", "-i", "-f", CHANGE, tmp_path / "bin" / "spark-class"], check=True)
    (tmp_path / "java" / "bin").mkdir(parents=True)
    java = tmp_path / "java" / "bin" / "java"
    java.write_text(JAVA)
    java.chmod(0o755)
    return tmp_path


def test_the_command_of_the_jvm_comes_by_a_file(home: Path) -> None:
    environment = {
        "PATH": "/usr/bin:/bin",
        "SPARK_HOME": str(home),
        "JAVA_HOME": str(home / "java"),
        "TMPDIR": str(home / "jars"),
    }

    done = subprocess.run([home / "bin" / "spark-submit", "x.py"], env=environment, capture_output=True, timeout=60)

    assert done.stdout == b"two words|-Xmx1g|", done.stderr
    assert "< <(" not in (home / "bin" / "spark-class").read_text()
    assert list((home / "jars").iterdir()) == []
