"""What Lambda's refusals of an invocation mean."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from connections.aws import error_code, from_botocore, http_status
from connections.errors import PortalError

log = structlog.get_logger(__name__)

# The account's limit, the function's own, or a function that is just being changed: later it is taken.
_LATER = frozenset(
    {"TooManyRequestsException", "ThrottlingException", "EC2ThrottledException", "ENINotReadyException"}
    | {"ResourceConflictException", "ResourceNotReadyException", "SnapStartNotReadyException"}
)
_TOO_MANY = 429
_DENIED = frozenset({"AccessDeniedException", "AccessDenied"})
_SERVERS_FAULT = 500


@contextmanager
def lambda_errors(*, function: str) -> Iterator[None]:
    """Turns what botocore raises in the block, an invocation, into a PortalError."""
    try:
        yield
    except ClientError as error:
        # The service's own words stay in the log: they may name roles and networks.
        log.warning("lambda_refused", aws_code=error_code(error), words=str(error)[:500])
        raise _translated(error, function) from error
    except BotoCoreError as error:
        raise from_botocore(error, service="Lambda") from error


def _translated(error: ClientError, function: str) -> PortalError:
    code = error_code(error)
    if code in _LATER or http_status(error) == _TOO_MANY:
        return PortalError("LAMBDA_BUSY")
    if code in _DENIED:
        return PortalError("LAMBDA_ACCESS_DENIED", function=function)
    if code == "ResourceNotFoundException":
        return PortalError("LAMBDA_NOT_FOUND", function=function)
    if http_status(error) < _SERVERS_FAULT:
        return PortalError("LAMBDA_REFUSED")
    return from_botocore(error, service="Lambda")
