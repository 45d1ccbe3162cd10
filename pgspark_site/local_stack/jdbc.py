"""Finds the PostgreSQL JDBC driver: a setting, the machine, the machine's package, a verified download."""

from __future__ import annotations

import hashlib
import os
import re
import urllib.error
import urllib.request
from collections.abc import Iterable
from pathlib import Path

from pgspark_site.local_stack.provision import Missing, install_package, say

# The oldest release without a published hole; a distribution mends its own older one.
OLDEST = (42, 7, 11)
_RELEASE = "42.7.13"
_SHA256 = "6e0e4cc2d8cae902084f8a2b18728b073a6fd9d1f87c9d8bff8f298c18185b93"
_ADDRESS = f"https://repo1.maven.org/maven2/org/postgresql/postgresql/{_RELEASE}/postgresql-{_RELEASE}.jar"
_SYSTEM = Path("/usr/share/java")


def find_driver(cache: Path) -> Path:
    """The driver's jar; a download is kept in `cache`. Raises Missing."""
    chosen = os.environ.get("PGSPARK_JDBC_DRIVER_PATH")
    if chosen:
        if not Path(chosen).is_file():
            raise Missing("PGSPARK_JDBC_DRIVER_PATH names no file.", _remedy(cache))
        return Path(chosen)
    found = _present(cache)
    if found is None and install_package("libpostgresql-jdbc-java"):
        found = _present(cache)
    return found or _download(cache)


def _present(cache: Path) -> Path | None:
    maven = Path.home() / ".m2" / "repository" / "org" / "postgresql" / "postgresql"
    return newest([*maven.glob("*/postgresql-*.jar"), *cache.glob("postgresql-*.jar")]) or _of_the_system()


def newest(jars: Iterable[Path]) -> Path | None:
    """The newest jar by the version in its name, none older than `OLDEST`."""
    good = [jar for jar in jars if version_of(jar) >= OLDEST]
    return max(good, key=version_of, default=None)


def version_of(jar: Path) -> tuple[int, ...]:
    found = re.fullmatch(r"postgresql-(\d+)\.(\d+)\.(\d+)\.jar", jar.name)
    return tuple(int(part) for part in found.groups()) if found else ()


def _of_the_system() -> Path | None:
    jar = _SYSTEM / "postgresql.jar"
    return jar.resolve() if jar.is_file() else None


def _download(cache: Path) -> Path:
    say(f"Fetching the PostgreSQL JDBC driver {_RELEASE} ...")
    try:
        with urllib.request.urlopen(_ADDRESS, timeout=60) as answer:
            body: bytes = answer.read()
    except (urllib.error.URLError, TimeoutError) as error:
        raise Missing("The PostgreSQL JDBC driver was not found and could not be fetched.", _remedy(cache)) from error
    return keep(body, cache)


def keep(body: bytes, cache: Path) -> Path:
    """Stores a fetched driver, if it is the one we know. Raises Missing when its checksum differs."""
    if hashlib.sha256(body).hexdigest() != _SHA256:
        raise Missing("The fetched JDBC driver has a wrong checksum and was thrown away.", _remedy(cache))
    cache.mkdir(parents=True, exist_ok=True)
    jar = cache / f"postgresql-{_RELEASE}.jar"
    part = jar.with_suffix(".part")
    part.write_bytes(body)
    return part.replace(jar)


def _remedy(cache: Path) -> str:
    return (
        "Get it with: apt-get install libpostgresql-jdbc-java  "
        f"(or put postgresql-{_RELEASE}.jar into {cache}, or set PGSPARK_JDBC_DRIVER_PATH)"
    )
