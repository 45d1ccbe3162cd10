"""Every error of the service: what is waited for, what is passed over, what is left out, and what is not paid twice."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from jobs.codegen import patience
from jobs.codegen.base import GeneratedCode
from tests.converse import ConverseServer, called, failed, said
from tests.converse.turns import CODE
from tests.jobs.codegen.asking import FIRST, SECOND, ask, refusal
from tests.jobs.codegen.watching import Witness

WAITED_FOR = [
    ("ThrottlingException", 429),
    ("ModelNotReadyException", 429),
    ("ServiceUnavailableException", 503),
    ("InternalServerException", 500),
]


@pytest.mark.parametrize(("error", "status"), WAITED_FOR)
def test_a_busy_service_is_waited_for_and_nothing_is_billed_meanwhile(
    converse: ConverseServer, witness: Witness, error: str, status: int
) -> None:
    converse.script(failed(error, status), failed(error, status), called())
    assert isinstance(ask(witness), GeneratedCode)
    assert (len(converse.requests), converse.billed, len(witness.calls)) == (3, 1, 1)


@pytest.mark.parametrize(("error", "status"), WAITED_FOR)
def test_a_service_that_stays_busy_is_given_up_after_a_bounded_time(
    converse: ConverseServer, witness: Witness, error: str, status: int
) -> None:
    converse.script(failed(error, status, "Too many tokens, please wait before trying again."))
    assert refusal(witness).retryable
    assert (len(converse.requests), converse.billed) == (patience.MOST_TRIES, 0)


def test_the_time_to_wait_is_bounded_too(converse: ConverseServer, witness: Witness, settings: Settings) -> None:
    settings.PGSPARK_MODEL_RETRY_SECONDS = 0
    converse.script(failed("ThrottlingException", 429))
    assert refusal(witness).code == "MODEL_BUSY"
    assert len(converse.requests) == 1


@pytest.mark.parametrize(
    ("error", "status", "message", "code"),
    [
        ("ModelTimeoutException", 408, "", "MODEL_TIMEOUT"),
        ("ModelErrorException", 424, "", "MODEL_FAILED"),
        ("ServiceQuotaExceededException", 400, "", "MODEL_BUSY"),
        ("ValidationException", 400, "The provided request is not valid.", "MODEL_REQUEST_REFUSED"),
        ("ValidationException", 400, "Input is too long for requested model.", "MODEL_CONTEXT_TOO_LARGE"),
        ("ConflictException", 400, "", "MODEL_REQUEST_REFUSED"),
    ],
)
def test_what_may_have_been_charged_or_stays_wrong_is_not_tried_again(
    converse: ConverseServer, witness: Witness, error: str, status: int, message: str, code: str
) -> None:
    converse.script(failed(error, status, message or "no"))
    assert refusal(witness).code == code
    assert (len(converse.requests), converse.billed) == (1, 0)
    assert witness.outcomes[0].error_code == code


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        ("AccessDeniedException", 403, "You don't have access to the model with the specified model ID."),
        ("ResourceNotFoundException", 404, "This model version has reached the end of its life."),
        ("ValidationException", 400, "The provided model identifier is invalid."),
        ("ValidationException", 400, "Invocation of model ID with on-demand throughput isn't supported."),
    ],
)
def test_a_model_that_cannot_be_had_is_passed_over_and_that_is_said(
    converse: ConverseServer, witness: Witness, error: str, status: int, message: str
) -> None:
    converse.script(failed(error, status, message), called())
    assert isinstance(ask(witness), GeneratedCode)
    assert [sent["modelId"] for sent in converse.requests] == [FIRST, SECOND]
    assert witness.steps == ["alpha-1 cannot be used here, asking beta-2"]
    assert converse.billed == 1


def test_when_no_model_can_be_had_the_last_one_is_named(converse: ConverseServer, witness: Witness) -> None:
    converse.script(failed("AccessDeniedException", 403, "no access"))
    error = refusal(witness)
    assert (error.code, len(converse.requests)) == ("MODEL_ACCESS_DENIED", 2)
    assert "beta-2" in error.message


def test_the_chosen_model_is_asked_first_and_one_that_is_not_allowed_never(
    converse: ConverseServer, witness: Witness
) -> None:
    converse.script(called())
    ask(witness, model=SECOND)
    ask(witness, model="us.example.not-allowed-v1:0")
    assert [sent["modelId"] for sent in converse.requests] == [SECOND, FIRST]


@pytest.mark.parametrize(
    ("message", "status", "error", "left_out"),
    [
        ("This model doesn't support the toolConfig.toolChoice.tool field.", 400, "ValidationException", "any"),
        ("You invoked an unsupported model or your request did not allow prompt caching.", 403,
         "AccessDeniedException", "cache"),
        ("temperature is not supported by this model", 400, "ValidationException", "temperature"),
        ("This model does not support tool use.", 400, "ValidationException", "toolConfig"),
    ],
)  # fmt: skip
def test_what_a_model_does_not_take_is_left_out_and_remembered(
    converse: ConverseServer, witness: Witness, message: str, status: int, error: str, left_out: str
) -> None:
    converse.script(failed(error, status, message), said(f"```python\n{CODE}```"))
    ask(witness)
    ask(witness)
    assert len(converse.requests) == 3
    for sent in converse.requests[1:]:
        assert left_out not in str(sent) or sent["toolConfig"]["toolChoice"] == {"any": {}}
    assert converse.billed == 2


def test_a_choice_of_tools_that_is_refused_twice_is_left_to_the_model(
    converse: ConverseServer, witness: Witness
) -> None:
    refused = failed("ValidationException", 400, "toolChoice is not supported")
    converse.script(refused, refused, called())
    ask(witness)
    choices = [sent["toolConfig"]["toolChoice"] for sent in converse.requests]
    assert choices == [{"tool": {"name": "submit_code"}}, {"any": {}}, {"auto": {}}]


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        ("AccessDeniedException", 403, "is not authorized to perform: bedrock:InvokeModelWithResponseStream"),
        ("ValidationException", 400, "The model is unsupported for streaming."),
    ],
)
def test_without_streaming_the_answer_comes_as_a_whole(
    converse: ConverseServer, witness: Witness, error: str, status: int, message: str
) -> None:
    converse.script(failed(error, status, message), called())
    assert isinstance(ask(witness), GeneratedCode)
    assert (converse.ways, converse.billed) == (["converse-stream", "converse"], 1)
