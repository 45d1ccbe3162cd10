"""Streams that are refused, cut or silent, and the rules of the wire itself."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from connections.aws import forget_clients
from jobs.codegen.base import GeneratedCode, GenerationRequest
from tests.converse import ConverseServer, called
from tests.jobs.codegen.asking import ask, refusal
from tests.jobs.codegen.shop import request
from tests.jobs.codegen.watching import Witness


@pytest.mark.parametrize("error", ["throttlingException", "serviceUnavailableException", "internalServerException"])
def test_a_stream_that_is_refused_before_it_began_is_waited_for(
    converse: ConverseServer, witness: Witness, error: str
) -> None:
    converse.script(called(cut_after=1, stream_error=error), called())
    assert isinstance(ask(witness), GeneratedCode)
    assert (len(converse.requests), converse.billed) == (2, 1)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("throttlingException", "MODEL_FAILED"),
        ("serviceUnavailableException", "MODEL_FAILED"),
        ("internalServerException", "MODEL_FAILED"),
        ("modelStreamErrorException", "MODEL_FAILED"),
        ("validationException", "MODEL_REQUEST_REFUSED"),
    ],
)
def test_an_error_after_the_model_began_to_write_is_not_paid_twice(
    converse: ConverseServer, witness: Witness, error: str, code: str
) -> None:
    converse.script(called(cut_after=6, stream_error=error))
    assert refusal(witness).code == code
    assert (len(converse.requests), converse.billed) == (1, 1)


@pytest.mark.parametrize("cut_after", [2, 6])
def test_a_stream_that_is_cut_in_the_middle_is_a_failure_and_not_an_answer(
    converse: ConverseServer, witness: Witness, cut_after: int
) -> None:
    converse.script(called(cut_after=cut_after))
    assert refusal(witness).code == "MODEL_STREAM_CUT"
    assert len(converse.requests) == 1


def test_a_stream_without_its_last_event_is_no_answer(converse: ConverseServer, witness: Witness) -> None:
    events = len(list(called().events()))
    converse.script(called(cut_after=events - 1))
    assert refusal(witness).code == "MODEL_STREAM_CUT"


def test_a_service_that_is_not_there_is_unreachable(
    converse: ConverseServer, witness: Witness, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.PGSPARK_MODEL_RETRY_SECONDS = 0
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://127.0.0.1:9")
    forget_clients()
    assert refusal(witness).code == "MODEL_UNREACHABLE"


def test_a_model_that_is_silent_for_too_long_is_asked_once(
    converse: ConverseServer, witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    from connections import aws

    monkeypatch.setattr(aws, "MODEL_CONFIG", aws.MODEL_CONFIG.merge(aws.Config(read_timeout=0.3)))
    forget_clients()
    converse.script(called(first_seconds=1.5))
    assert refusal(witness).code == "MODEL_TIMEOUT"
    assert len(converse.requests) == 1


def test_the_client_makes_each_paid_call_once_and_waits_for_slow_models(converse: ConverseServer) -> None:
    from connections.aws import model_client

    config = model_client().meta.config
    assert config.retries == {"mode": "standard", "total_max_attempts": 1}
    assert config.read_timeout == 120


def test_requests_hold_nothing_that_the_service_does_not_know(converse: ConverseServer, witness: Witness) -> None:
    """The stand-in holds every request against the service's model; one that breaks it is told."""
    converse.script(called())
    ask(witness)
    assert converse.complaints == []
    converse._judge("request", converse.operation("converse").input_shape, {"modelId": 5})
    assert converse.complaints
    converse.complaints.clear()


def test_a_request_is_the_same_bytes_for_the_same_question() -> None:
    asked: GenerationRequest = request("show orders", "orders")
    from jobs.codegen.bedrock.request import payload
    from jobs.codegen.calling import Ask
    from jobs.codegen.prompt import prompt_for

    assert payload(Ask("m", prompt_for(asked), asked, 1)) == payload(Ask("m", prompt_for(asked), asked, 1))
