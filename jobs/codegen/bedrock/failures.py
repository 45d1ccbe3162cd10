"""What an error of Bedrock means: for the person, and for the next call.

Codes are compared without case: in a stream they begin with a small letter.
"""

from __future__ import annotations

import re

import urllib3.exceptions
from botocore.exceptions import (
    ClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ReadTimeoutError,
)
from botocore.exceptions import (
    ConnectionError as NotConnected,
)

from connections.aws import error_code
from connections.errors import PortalError
from jobs.codegen.bedrock.request import ANY_TOOL, CACHE, FORCED_TOOL, STREAM, TEMPERATURE, TOOLS
from jobs.codegen.calling import Ask, CallFailed, Trouble
from jobs.codegen.model_names import short_name
from jobs.codegen.untrusted import clean

# Nothing was generated: the same call may be made again. ModelTimeout and ModelError are not here: they may be charged.
_BUSY = frozenset({"throttlingexception", "modelnotreadyexception", "serviceunavailableexception"})
_BROKEN = frozenset({"internalserverexception", "internalfailure"})
_BY_CODE = {
    "modeltimeoutexception": "MODEL_TIMEOUT",
    "modelerrorexception": "MODEL_FAILED",
    "modelstreamerrorexception": "MODEL_FAILED",
    "servicequotaexceededexception": "MODEL_BUSY",
}
_ELSEWHERE = frozenset({"accessdeniedexception", "resourcenotfoundexception", "unrecognizedclientexception"})
# Words that the service uses.
_GONE = re.compile(
    r"end of (?:its )?life|legacy|retired|on-demand throughput|identifier is invalid|not supported in this region", re.I
)
_TOO_LONG = re.compile(r"too long|too many (?:input )?tokens|context (?:window|length)|exceeds? .*tokens", re.I)
# What a refusal may be about; of those that fit, the first that was not given up yet.
_CONCESSIONS = (
    (r"cach", CACHE),
    (r"InvokeModelWithResponseStream|streaming", STREAM),
    (r"temperature", TEMPERATURE),
    (r"tool[_ ]?choice", FORCED_TOOL),
    (r"tool[_ ]?choice", ANY_TOOL),
    (r"(?:support|unsupported).*\btools?\b|\btools?\b.*(?:support|unsupported)|\btool use\b", TOOLS),
)


def failed_call(error: Exception, ask: Ask, *, has_begun: bool) -> CallFailed:
    """The failure of a call of which `has_begun` says that a part of the answer had come."""
    if isinstance(error, ClientError):
        return _refused(error_code(error).casefold(), _message(error), ask, has_begun=has_begun)
    if isinstance(error, NotConnected):
        return _failed("MODEL_UNREACHABLE", ask, Trouble.WAIT)
    if isinstance(error, ReadTimeoutError | urllib3.exceptions.ReadTimeoutError):
        return _failed("MODEL_TIMEOUT", ask)
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return _failed("MODEL_ACCESS_DENIED", ask)
    # The line broke, or what came over it is no answer.
    return _failed("MODEL_STREAM_CUT", ask)


def cut_stream(ask: Ask) -> CallFailed:
    """The stream ended before the answer did."""
    return _failed("MODEL_STREAM_CUT", ask)


def _refused(code: str, message: str, ask: Ask, *, has_begun: bool) -> CallFailed:
    if code in _BUSY | _BROKEN:
        if has_begun:
            return _failed("MODEL_FAILED", ask)
        return _failed("MODEL_BUSY" if code in _BUSY else "MODEL_FAILED", ask, Trouble.WAIT)
    if code in _BY_CODE:
        return _failed(_BY_CODE[code], ask)
    if code == "validationexception":
        return _invalid(message, ask)
    if code not in _ELSEWHERE:
        return _failed("MODEL_REQUEST_REFUSED", ask, reason=clean(code, 60))
    # Of an access that was denied, only these two can be done without.
    if _concession(message, ask) in (STREAM, CACHE):
        return _failed("MODEL_ACCESS_DENIED", ask, Trouble.CONCEDE, concession=_concession(message, ask))
    gone = code == "resourcenotfoundexception"
    return _failed("MODEL_NOT_FOUND" if gone else "MODEL_ACCESS_DENIED", ask, Trouble.OTHER_MODEL)


def _invalid(message: str, ask: Ask) -> CallFailed:
    """A validation error says only in words what it is about."""
    if _GONE.search(message):
        return _failed("MODEL_NOT_FOUND", ask, Trouble.OTHER_MODEL)
    if _TOO_LONG.search(message):
        return _failed("MODEL_CONTEXT_TOO_LARGE", ask)
    concession = _concession(message, ask)
    trouble = Trouble.CONCEDE if concession else Trouble.NONE
    return _failed("MODEL_REQUEST_REFUSED", ask, trouble, concession=concession, reason="ValidationException")


def _concession(message: str, ask: Ask) -> str:
    fitting = (name for pattern, name in _CONCESSIONS if re.search(pattern, message, re.IGNORECASE))
    return next((name for name in fitting if name not in ask.concessions), "")


def _failed(
    code: str, ask: Ask, trouble: Trouble = Trouble.NONE, *, concession: str = "", reason: str = ""
) -> CallFailed:
    return CallFailed(PortalError(code, model=short_name(ask.model), reason=reason), trouble, concession)


def _message(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Message", ""))
