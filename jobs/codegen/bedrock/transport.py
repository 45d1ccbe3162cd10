"""Makes the call: as a stream where the model and the role's rights allow it, else as a whole."""

from __future__ import annotations

from typing import Any

import urllib3.exceptions
from botocore.eventstream import ParserError
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from connections.aws import model_client
from connections.lines import Line
from jobs.codegen.bedrock.failures import cut_stream, failed_call
from jobs.codegen.bedrock.reply import whole_reply
from jobs.codegen.bedrock.request import STREAM, payload
from jobs.codegen.bedrock.stream import Pieces
from jobs.codegen.calling import Ask, Reply, Wrote

# EventStreamError is a ClientError. While a stream is read, urllib3's own errors come through, and OSError from the
# socket when the line was cut.
_ERRORS = (BotoCoreError, ClientError, ParserError, urllib3.exceptions.HTTPError, OSError)


class Converse:
    """Bedrock's Converse API."""

    def payload(self, ask: Ask) -> dict[str, Any]:
        return payload(ask)

    def send(self, ask: Ask, line: Line, wrote: Wrote) -> Reply:
        pieces = Pieces(wrote)
        try:
            if STREAM in ask.concessions:
                return whole_reply(model_client().converse(**payload(ask)))
            stream = model_client().converse_stream(**payload(ask))["stream"]
            try:
                for event in stream:
                    pieces.take(event)
            finally:
                stream.close()
        except ParamValidationError:
            raise  # our own mistake, for which no person can do anything
        except _ERRORS as error:
            raise failed_call(error, ask, has_begun=pieces.has_begun) from error
        if pieces.reply is None:
            raise cut_stream(ask)
        return pieces.reply
