"""What a local run sees of this machine: Spark, its own folders, its inputs and its output.

Not the folders of other runs, no setting of the portal, no other process. The network is the machine's own: a run has
to reach databases and the endpoints of AWS. `docs/decisions/0012` has the reasons.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from django.conf import settings

from connections.errors import PortalError
from jobs.confinement.command import CONFINED, View, Way, best_way, wrapped
from jobs.confinement.view import files_as_etc, spark_view, write_files

WAYS: Sequence[Way] = CONFINED
# Folders of a run that it writes to; what the runner keeps beside them is not the run's to see.
OWN = ("work", "tmp", "warehouse")
_USER_NAME = "spark"
# How names are looked up, and whom TLS trusts.
_NETWORK = ("resolv.conf", "host.conf", "gai.conf", "services", "protocols")
_TRUST = ("ssl/certs", "ssl/cert.pem", "ssl/openssl.cnf", "pki/tls/certs", "pki/tls/cert.pem", "pki/ca-trust/extracted")
_FILES_OF_VARIABLES = (
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "AWS_CA_BUNDLE",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
)
# Where boto3 looks in a home, which a run does not see.
_AWS_HOME = {"AWS_CONFIG_FILE": ".aws/config", "AWS_SHARED_CREDENTIALS_FILE": ".aws/credentials"}


def way_here(java_home: Path) -> Way:
    """How runs are confined on this machine. Raises LOCAL_NOT_CONFINED where they cannot be and have to."""
    try:
        return _confined_way(java_home, tuple(WAYS))
    except PortalError:
        if settings.PGSPARK_LOCAL_UNCONFINED:
            return "unconfined"
        raise


@cache  # not of errors: whoever mends the machine need not restart the workers
def _confined_way(java_home: Path, ways: tuple[Way, ...]) -> Way:
    found = best_way(replace(spark_view(java_home), network=True), unconfined=False, ways=ways)
    if found is None:
        raise PortalError("LOCAL_NOT_CONFINED")
    return found


@dataclass(frozen=True, slots=True)
class Needs:
    """What a run needs of this machine besides the system and its own folders."""

    java_home: Path
    read: Sequence[Path]
    write: Sequence[Path]


def confined(
    way: Way, inner: Sequence[str], env: Mapping[str, str], folder: Path, needs: Needs
) -> tuple[list[str], dict[str, str]]:
    """The command that runs `inner` in this way, and the environment to start it with; `folder` is the run's."""
    if way == "unconfined":
        return list(inner), dict(env)
    env = _environment(env, folder)
    seen = _base(needs.java_home, folder).reading(*_files_of(env), *needs.read)
    return wrapped(way, seen.writing(*(folder / name for name in OWN), *needs.write), inner), env


def _environment(env: Mapping[str, str], folder: Path) -> dict[str, str]:
    """As it has to be inside: a home of the run's own, and AWS's files named where boto3 looked in the worker's."""
    home = Path(env.get("HOME", "/nonexistent"))
    has_keys = "AWS_ACCESS_KEY_ID" in env
    usual = {} if has_keys else {name: str(home / file) for name, file in _AWS_HOME.items() if (home / file).is_file()}
    return {**usual, **env, "HOME": str(folder / "tmp")}


def _base(java_home: Path, folder: Path) -> View:
    store = Path(settings.PGSPARK_OBJECT_STORE_DIR)
    seen = spark_view(java_home, settings.VAR_DIR, Path(settings.PGSPARK_LOCAL_RUNS_DIR), store)
    files = write_files(folder / "etc", _USER_NAME, _hosts(), "files dns")
    seen = replace(seen, mounts=(*seen.mounts, *files_as_etc(files)), network=True, folder=str(folder / "work"))
    return seen.reading(*(Path("/etc") / name for name in (*_NETWORK, *_TRUST)))


def _hosts() -> str:
    """The machine's own hosts, and the name that it has inside."""
    hosts = Path("/etc/hosts")
    return (hosts.read_text(errors="replace") if hosts.is_file() else "") + "\n127.0.0.1 localhost\n"


def _files_of(env: Mapping[str, str]) -> Iterator[Path]:
    named = [env.get(name, "") for name in _FILES_OF_VARIABLES] + [str(settings.PGSPARK_ENGINE_CA_BUNDLE)]
    return (Path(name) for name in named if name and Path(name).is_file())


def inputs(store: Path, addresses: Iterable[str]) -> list[Path]:
    """Where the objects and prefixes of these s3:// addresses are in the folder that stands for S3, if they are."""
    found = (_place(store, address) for address in addresses)
    return sorted({path for path in found if path is not None and path.exists()})


def output(store: Path, output_uri: str) -> list[Path]:
    """The folder of the run that writes there, made if need be: it holds the result and its manifest."""
    run_uri = output_uri.rstrip("/").rpartition("/")[0]
    place = _place(store, f"{run_uri}/")
    if place is None or run_uri.count("/") < 3:  # a bucket is nobody's own
        return []
    place.mkdir(parents=True, exist_ok=True)
    return [place]


def _place(store: Path, address: str) -> Path | None:
    """None for what is no address, or leads out of its bucket or through a symbolic link."""
    bucket, _, key = address.removeprefix("s3://").partition("/")
    if not address.startswith("s3://") or bucket in ("", ".", ".."):
        return None
    root = (store / bucket).resolve()
    path = Path(os.path.normpath(root / key))
    return path if path.is_relative_to(root) and path.resolve() == path else None
