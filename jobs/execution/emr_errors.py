"""What EMR Serverless's refusals mean."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from connections.aws import error_code, from_botocore, http_status
from connections.errors import PortalError

log = structlog.get_logger(__name__)

_THROTTLED = frozenset({"ThrottlingException", "Throttling", "ThrottledException", "TooManyRequestsException"})
_TOO_MANY = 429
_DENIED = frozenset({"AccessDeniedException", "AccessDenied", "UnauthorizedOperation"})


@contextmanager
def emr_errors(action: str, *, application: str) -> Iterator[None]:
    """Turns what botocore raises in the block into a PortalError; `action` is as IAM writes it."""
    try:
        yield
    except ClientError as error:
        # The service's own words stay in the log: they may name roles and networks.
        log.warning("emr_refused", action=action, aws_code=error_code(error), words=str(error)[:500])
        raise _translated(error, action, application) from error
    except BotoCoreError as error:
        raise from_botocore(error, service="EMR Serverless") from error


def _translated(error: ClientError, action: str, application: str) -> PortalError:
    code = error_code(error)
    if code in _THROTTLED or http_status(error) == _TOO_MANY:
        return PortalError("EMR_BUSY")
    if code in _DENIED:
        return PortalError("EMR_ACCESS_DENIED", action=action)
    if code == "ResourceNotFoundException":
        return PortalError("EMR_NOT_FOUND", application=application)
    if code == "ConflictException":
        return PortalError("EMR_TOKEN_TAKEN")
    if code == "ServiceQuotaExceededException":
        return PortalError("EMR_QUOTA")
    if code == "ValidationException":
        return PortalError("EMR_REFUSED")
    return from_botocore(error, service="EMR Serverless")
