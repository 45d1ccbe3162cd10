"""What every generator keeps to; what only those with a model behind them do is asked of both ways to a model."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from pytest_django.fixtures import Settings

from connections.errors import PortalError
from jobs.codegen import registry
from jobs.codegen.base import Base, Clarification, GeneratedCode, Generator, Stopped, Turn
from tests.chat import ChatServer
from tests.converse import ConverseServer, called, failed, said
from tests.converse import Turn as Answer
from tests.converse.turns import CODE
from tests.jobs.codegen.shop import request
from tests.jobs.codegen.watching import Witness

StandIn = ConverseServer | ChatServer
MODELS = ["bedrock", "openai"]


@pytest.fixture(scope="module")
def chat_server() -> Iterator[ChatServer]:
    server = ChatServer()
    yield server
    server.close()


@pytest.fixture
def chat(chat_server: ChatServer, settings: Settings, converse: ConverseServer) -> ChatServer:
    settings.PGSPARK_OPENAI_URL = chat_server.url
    settings.PGSPARK_OPENAI_MODEL = ["example-coder", "example-small"]
    settings.PGSPARK_OPENAI_KEY = "only-for-this-test-run"
    settings.PGSPARK_GENERATORS = ["bedrock", "openai", "builtin"]
    chat_server.streams = True
    return chat_server


@pytest.fixture
def stand_in(request: pytest.FixtureRequest, chat: ChatServer, converse: ConverseServer) -> StandIn:
    return converse if request.getfixturevalue("name") == "bedrock" else chat


@pytest.fixture
def generator(name: str, chat: ChatServer) -> Generator:
    return registry.get(name)


def wait_until(condition: Callable[[], bool], seconds: float = 1.0) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "it did not happen in time"
        time.sleep(0.02)


@pytest.mark.parametrize("name", [*MODELS, "builtin"])
def test_a_question_over_picked_tables_becomes_code(
    name: str, generator: Generator, chat: ChatServer, converse: ConverseServer
) -> None:
    converse.script(called())
    chat.script(called())
    answer = generator.generate(request("show the first 5 orders", "orders"))
    assert isinstance(answer, GeneratedCode)
    assert "def transform(spark, orders)" in answer.transform
    assert answer.explanation
    assert generator.name == name


@pytest.mark.parametrize("name", [*MODELS, "builtin"])
def test_a_change_knows_what_was_asked_before(
    name: str, generator: Generator, chat: ChatServer, converse: ConverseServer
) -> None:
    converse.script(called())
    chat.script(called())
    base = Base(CODE, ("show orders",))
    answer = generator.generate(request("only where status is shipped", "orders", base=base))
    assert isinstance(answer, GeneratedCode)
    if name == "builtin":
        assert "shipped" in answer.transform
    else:
        sent = str((converse if name == "bedrock" else chat).requests)
        assert "show orders" in sent
        assert "orders.limit(5)" in sent


def test_rules_ask_back_where_they_would_have_to_read_code(chat: ChatServer) -> None:
    answer = registry.get("builtin").generate(request("now only 2024", "orders", base=Base(CODE)))
    assert isinstance(answer, Clarification)


@pytest.mark.parametrize("name", MODELS)
def test_each_call_is_announced_before_and_told_of_after(
    name: str, generator: Generator, stand_in: StandIn, witness: Witness
) -> None:
    stand_in.script(called(input_tokens=11, output_tokens=7))
    generator.generate(request("show orders", "orders"), witness)
    (call,), (outcome,) = witness.calls, witness.outcomes
    assert len(call.digest) == 64
    assert call.model == generator.models[0]
    assert (outcome.usage.input, outcome.usage.output) == (11, 7)
    assert outcome.answer["transform"] == CODE
    assert stand_in.billed == 1


@pytest.mark.parametrize("name", MODELS)
def test_cancelling_an_endless_answer_closes_the_line_within_a_second(
    name: str, generator: Generator, stand_in: StandIn
) -> None:
    stand_in.script(called(endless=True, piece_seconds=0.02))
    witness = Witness(stop_after_ticks=3)
    began = time.monotonic()
    with pytest.raises(Stopped):
        generator.generate(request("show orders", "orders"), witness)
    wait_until(lambda: stand_in.hung_up == 1)
    assert time.monotonic() - began < 1 + 3 * 0.25
    (outcome,) = witness.outcomes
    assert (outcome.error_code, len(stand_in.requests)) == ("CANCELLED", 1)
    assert outcome.usage.input > 0, "what was cut is counted, as well as it can be estimated"


@pytest.mark.parametrize("name", MODELS)
def test_cancelling_a_model_that_has_not_begun_to_answer_closes_the_line(
    name: str, generator: Generator, stand_in: StandIn
) -> None:
    stand_in.script(called(first_seconds=1.2))
    began = time.monotonic()
    with pytest.raises(Stopped):
        generator.generate(request("show orders", "orders"), Witness(stop_after_ticks=2))
    assert time.monotonic() - began < 1
    wait_until(lambda: stand_in.hung_up == 1, seconds=3)
    assert len(stand_in.requests) == 1


@pytest.mark.parametrize("name", MODELS)
def test_cancelling_while_it_waits_for_a_busy_service_asks_no_more(
    name: str, generator: Generator, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However slow the answer is, the first look comes while it waits.
    monkeypatch.setattr("jobs.codegen.following.LOOK_SECONDS", 60.0)
    monkeypatch.setattr("jobs.codegen.patience._pause", lambda tries: 0.1)
    stand_in.script(failed("ThrottlingException", 429))
    with pytest.raises(Stopped):
        generator.generate(request("show orders", "orders"), Witness(stop_after_ticks=1))
    assert (len(stand_in.requests), stand_in.billed) == (1, 0)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(
    ("turn", "code", "calls"),
    [
        (called(stop_reason="max_tokens"), "MODEL_ANSWER_CUT", 2),
        (said("", stop_reason="content_filtered"), "MODEL_FILTERED", 1),
        (said("I cannot help with that."), "MODEL_DECLINED", 1),
        (called(raw_call='{"transform": "def'), "MODEL_ANSWER_UNUSABLE", 2),
        (called(cut_after=5), "MODEL_STREAM_CUT", 1),
        (failed("AccessDeniedException", 403), "MODEL_ACCESS_DENIED", 2),
        (failed("ResourceNotFoundException", 404), "MODEL_NOT_FOUND", 2),
        (failed("ValidationException", 400, "this is too long"), "MODEL_CONTEXT_TOO_LARGE", 1),
        (failed("ValidationException", 400, "something else"), "MODEL_REQUEST_REFUSED", 1),
    ],
)
def test_failures_have_one_name_whatever_the_way_to_the_model(
    name: str, generator: Generator, stand_in: StandIn, turn: Answer, code: str, calls: int
) -> None:
    stand_in.script(turn)
    with pytest.raises(PortalError) as caught:
        generator.generate(request("show orders", "orders"))
    assert (caught.value.code, len(stand_in.requests)) == (code, calls)


@pytest.mark.parametrize("name", MODELS)
def test_a_repair_carries_the_refused_code_and_its_findings(name: str, generator: Generator, stand_in: StandIn) -> None:
    stand_in.script(called())
    turn = Turn(GeneratedCode("import os\n", "x"), "line 1: import os is not allowed.")
    generator.generate(request("show orders", "orders", turns=(turn,)))
    sent = str(stand_in.requests)
    assert "import os" in sent
    assert "line 1: import os is not allowed." in sent


@pytest.mark.parametrize("name", ["openai"])
def test_an_endpoint_that_does_not_stream_answers_in_one_piece(
    name: str, generator: Generator, chat: ChatServer
) -> None:
    chat.streams = False
    chat.script(called())
    assert isinstance(generator.generate(request("show orders", "orders")), GeneratedCode)


@pytest.mark.parametrize("name", ["openai"])
def test_an_endpoint_without_tools_is_asked_for_a_fenced_block(
    name: str, generator: Generator, chat: ChatServer
) -> None:
    refused = failed("invalid_request_error", 400, "this model does not support tools")
    chat.script(refused, said(f"```python\n{CODE}```"))
    answer = generator.generate(request("show orders", "orders"))
    assert isinstance(answer, GeneratedCode)
    assert "tools" not in chat.requests[1]


@pytest.mark.parametrize("name", ["openai"])
def test_the_key_goes_to_the_endpoint_and_into_nothing_that_is_kept(
    name: str, generator: Generator, chat: ChatServer, witness: Witness
) -> None:
    chat.script(called())
    generator.generate(request("show orders", "orders"), witness)
    assert chat.headers[0]["Authorization"] == "Bearer only-for-this-test-run"
    assert "only-for-this-test-run" not in repr(witness.calls)
