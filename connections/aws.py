"""The one factory of AWS clients, and what their errors mean. boto3 is imported nowhere else.

Endpoints come from boto3's own `AWS_ENDPOINT_URL` variables, so that the local stack needs no code of its own.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
import botocore.session
from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
)
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError
from django.conf import settings

from connections.errors import PortalError
from connections.lines import line_in_use

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient
    from mypy_boto3_emr_serverless import EMRServerlessClient
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_rds import RDSClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sts import STSClient

CONFIG = Config(connect_timeout=3, read_timeout=15, retries={"mode": "standard", "total_max_attempts": 5})

# A function that botocore invokes again runs twice: whether to try again is the caller's to say.
ONCE_CONFIG = Config(connect_timeout=3, read_timeout=15, retries={"mode": "standard", "total_max_attempts": 1})

# A call of a model is paid, whether its answer arrives or not: botocore makes it once, and waits for slow models.
MODEL_CONFIG = Config(connect_timeout=3, read_timeout=120, retries={"mode": "standard", "total_max_attempts": 1})

# A page waits for the lines of a log, and asks again by itself.
LOGS_CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})

# Codes that say "later", not "no"; botocore has already tried them again.
_BUSY = frozenset(
    {"ThrottlingException", "Throttling", "InternalServiceError", "InternalFailure", "ServiceUnavailable"}
)

_SERVERS_FAULT = 500
_CONFIGS = {"lambda": ONCE_CONFIG, "logs": LOGS_CONFIG}

_lock = threading.Lock()
_clients: dict[tuple[int, str, str], Any] = {}


@overload
def client(service: Literal["secretsmanager"], *, region: str | None = None) -> SecretsManagerClient: ...
@overload
def client(service: Literal["s3"], *, region: str | None = None) -> S3Client: ...
@overload
def client(service: Literal["glue"], *, region: str | None = None) -> GlueClient: ...
@overload
def client(service: Literal["sts"], *, region: str | None = None) -> STSClient: ...
@overload
def client(service: Literal["rds"], *, region: str | None = None) -> RDSClient: ...
@overload
def client(service: Literal["bedrock"], *, region: str | None = None) -> BedrockClient: ...
@overload
def client(service: Literal["emr-serverless"], *, region: str | None = None) -> EMRServerlessClient: ...
@overload
def client(service: Literal["lambda"], *, region: str | None = None) -> LambdaClient: ...
@overload
def client(service: Literal["logs"], *, region: str | None = None) -> CloudWatchLogsClient: ...
def client(service: str, *, region: str | None = None) -> Any:
    """The client of this process for `service`, with short time limits and bounded tries; safe to share by threads."""
    region = region or settings.AWS_REGION
    key = (os.getpid(), service, region)
    with _lock:  # building a client is not thread-safe, using one is
        if key not in _clients:
            config = _CONFIGS.get(service, CONFIG)
            # The stubs have one overload per service; the service is the caller's to choose.
            _clients[key] = _session().client(service, region_name=region, config=config)  # type: ignore[call-overload]
        return _clients[key]


@cache
def _descriptions() -> object:
    """What botocore has read of its descriptions of services: most of what a new client costs."""
    return botocore.session.Session().get_component("data_loader")


def _session() -> boto3.session.Session:
    """A new one for each client, so that credentials and endpoint are read anew."""
    session = botocore.session.Session()
    session.register_component("data_loader", _descriptions())
    return boto3.session.Session(botocore_session=session)


def model_client() -> BedrockRuntimeClient:
    """The client of this process for calls of models; each can be cut by the `connections.lines.Line` it goes over."""
    key = (os.getpid(), "bedrock-runtime", settings.AWS_REGION)
    with _lock:
        if key not in _clients:
            made = _session().client("bedrock-runtime", region_name=key[2], config=MODEL_CONFIG)
            # botocore has no public way to its sockets; tests/connections/test_lines.py notices when this one is gone.
            made._endpoint.http_session._pool_classes_by_scheme.update(http=_HttpPool, https=_HttpsPool)  # type: ignore[attr-defined]
            _clients[key] = made
        found: BedrockRuntimeClient = _clients[key]
        return found


class _Held:
    """A connection that tells the line in use its socket, for each request that goes over it."""

    def request(self, *args: Any, **kwargs: Any) -> None:
        super().request(*args, **kwargs)  # type: ignore[misc]
        line = line_in_use()
        if line is not None:
            line.hold(self.sock)  # type: ignore[attr-defined]


class _HttpConnection(_Held, AWSHTTPConnection):  # type: ignore[misc]
    pass


class _HttpsConnection(_Held, AWSHTTPSConnection):  # type: ignore[misc]
    pass


class _HttpPool(AWSHTTPConnectionPool):
    ConnectionCls = _HttpConnection


class _HttpsPool(AWSHTTPSConnectionPool):
    ConnectionCls = _HttpsConnection


def forget_clients() -> None:
    """Drops the clients of this process, so that the next call reads endpoint and credentials anew."""
    with _lock:
        _clients.clear()


def region_of(arn: str) -> str:
    """The region inside an ARN."""
    return arn.split(":")[3]


def database_token(*, host: str, port: int, user: str, region: str) -> str:
    """A password for `user` that the server takes for 15 minutes; signed here, without a call. Raises PortalError."""
    with translated("RDS"):
        return client("rds", region=region).generate_db_auth_token(
            DBHostname=host, Port=port, DBUsername=user, Region=region
        )


def error_code(error: ClientError) -> str:
    """AWS's own code of a refused call, such as AccessDeniedException."""
    return str(error.response.get("Error", {}).get("Code", "Unknown"))


def http_status(error: ClientError) -> int:
    """The status of the answer, 0 when it is not told."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def from_botocore(error: BotoCoreError | ClientError, *, service: str) -> PortalError:
    """AWS_REFUSED when the service answered no, AWS_UNREACHABLE when it did not answer or was too busy."""
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return PortalError("AWS_NO_CREDENTIALS")
    if isinstance(error, ClientError) and error_code(error) not in _BUSY and http_status(error) < _SERVERS_FAULT:
        return PortalError("AWS_REFUSED", service=service, aws_code=error_code(error))
    return PortalError("AWS_UNREACHABLE", service=service)


@contextmanager
def translated(service: str) -> Iterator[None]:
    """Turns every botocore error of the block into a PortalError that names `service`."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise from_botocore(error, service=service) from error
