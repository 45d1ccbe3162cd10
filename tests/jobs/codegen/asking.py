"""Asks the Bedrock generator one question over the shop; two models are behind the stand-in."""

from __future__ import annotations

import pytest

from connections.errors import PortalError
from jobs.codegen.base import Clarification, GeneratedCode
from jobs.codegen.bedrock import bedrock_generator
from tests.converse.fixtures import FIRST, SECOND
from tests.jobs.codegen.shop import request
from tests.jobs.codegen.watching import Witness

__all__ = ["FIRST", "SECOND", "ask", "refusal"]


def ask(witness: Witness, **changes: object) -> GeneratedCode | Clarification:
    return bedrock_generator().generate(request("show orders", "orders", **changes), witness)


def refusal(witness: Witness) -> PortalError:
    with pytest.raises(PortalError) as caught:
        ask(witness)
    return caught.value
