"""What Converse answers becomes code, a question or a clear failure, for every reason to stop; each call is counted."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from jobs.codegen.base import Clarification, GeneratedCode, Turn
from tests.converse import ConverseServer, called, said
from tests.converse import Turn as Answer
from tests.converse.turns import CODE
from tests.jobs.codegen.asking import ask, refusal
from tests.jobs.codegen.watching import Witness


def test_a_forced_call_of_the_tool_is_the_code(converse: ConverseServer, witness: Witness) -> None:
    converse.script(called(arguments={"assumptions": ["All statuses count."]}))
    answer = ask(witness)
    assert isinstance(answer, GeneratedCode)
    assert (answer.transform, answer.assumptions, answer.tables_used) == (CODE, ("All statuses count.",), ("orders",))
    (sent,) = converse.requests
    assert sent["toolConfig"]["toolChoice"] == {"tool": {"name": "submit_code"}}
    assert sent["inferenceConfig"]["maxTokens"] == 4096
    assert sent["system"][-1] == {"cachePoint": {"type": "default"}}
    assert (converse.ways, converse.billed) == (["converse-stream"], 1)


def test_the_code_is_shown_while_it_is_written(converse: ConverseServer, witness: Witness) -> None:
    code = 'def transform(spark, orders):\n    return orders  # \u00e9 "quoted"\n'
    converse.script(called(code, piece_seconds=0.05))
    ask(witness)
    assert len(witness.written) > 2
    assert all(code.startswith(text) for text in witness.written)


def test_tokens_and_their_cost_are_kept(converse: ConverseServer, witness: Witness) -> None:
    converse.script(called(input_tokens=1_000, output_tokens=100, cache_read=2_000, cache_write=400))
    ask(witness)
    (outcome,) = witness.outcomes
    assert (outcome.usage.input, outcome.usage.output, outcome.usage.cached) == (3_400, 100, 2_000)
    assert outcome.usage.cost_usd is not None
    assert float(outcome.usage.cost_usd) == pytest.approx((1_000 * 3 + 2_000 * 0.3 + 400 * 3.75 + 100 * 15) / 1e6)


def test_a_model_without_a_price_costs_nobody_knows_what(
    converse: ConverseServer, witness: Witness, settings: Settings
) -> None:
    settings.PGSPARK_MODEL_PRICES = {}
    converse.script(called())
    ask(witness)
    assert witness.outcomes[0].usage.cost_usd is None


def test_text_and_the_call_may_stand_in_any_order(converse: ConverseServer, witness: Witness) -> None:
    converse.script(called(before=({"text": "Here it is."},)))
    assert isinstance(ask(witness), GeneratedCode)


def test_a_fenced_block_is_taken_where_no_tool_was_called(converse: ConverseServer, witness: Witness) -> None:
    converse.script(said(f"This shows orders.\n```python\n{CODE}```\nThat is all."))
    answer = ask(witness)
    assert isinstance(answer, GeneratedCode)
    assert answer.transform == CODE
    assert "This shows orders." in answer.explanation
    assert converse.billed == 1


def test_a_question_comes_back_instead_of_a_guess(converse: ConverseServer, witness: Witness) -> None:
    asked = {"transform": "", "question": "Which date counts?", "options": ["orders by order date"]}
    converse.script(called(arguments=asked))
    assert ask(witness) == Clarification("Which date counts?", ("orders by order date",))


def test_a_repair_shows_the_model_its_code_and_the_findings(converse: ConverseServer, witness: Witness) -> None:
    converse.script(called())
    ask(witness, turns=(Turn(GeneratedCode("import os\n", "x"), "line 1: import os is not allowed."),))
    _, answered, refused = converse.requests[0]["messages"]
    assert answered["content"][0]["toolUse"]["input"]["transform"] == "import os\n"
    result = refused["content"][0]["toolResult"]
    assert (result["status"], result["toolUseId"]) == ("error", answered["content"][0]["toolUse"]["toolUseId"])
    assert result["content"] == [{"text": "line 1: import os is not allowed."}]


def test_an_answer_that_was_cut_off_is_asked_for_once_more_with_more_room(
    converse: ConverseServer, witness: Witness
) -> None:
    converse.script(called("def transform(", stop_reason="max_tokens", raw_call='{"transform": "def tra'), called())
    assert isinstance(ask(witness), GeneratedCode)
    rooms = [sent["inferenceConfig"]["maxTokens"] for sent in converse.requests]
    assert (rooms, converse.billed) == ([4096, 16384], 2)
    assert [outcome.stop_reason for outcome in witness.outcomes] == ["max_tokens", "tool_use"]
    assert any("more room" in step for step in witness.steps)


def test_an_answer_that_was_cut_off_is_never_read_even_where_it_could_be(
    converse: ConverseServer, witness: Witness
) -> None:
    converse.script(called(stop_reason="max_tokens"))
    assert refusal(witness).code == "MODEL_ANSWER_CUT"
    assert converse.billed == 2
    assert "transform" not in witness.outcomes[0].answer


@pytest.mark.parametrize(
    "turn",
    [
        said("", stop_reason="malformed_tool_use"),
        said("", stop_reason="malformed_model_output"),
        called(raw_call='{"transform": "def tr'),
        called(raw_call='["no", "object"]'),
        called(arguments={"transform": ["a", "list"]}),
        called(arguments={"transform": "  "}),
    ],
)
def test_an_answer_without_a_usable_form_is_asked_for_once_more(
    converse: ConverseServer, witness: Witness, turn: Answer
) -> None:
    converse.script(turn)
    assert refusal(witness).code == "MODEL_ANSWER_UNUSABLE"
    assert converse.billed == 2
    converse.script(turn, called())
    assert isinstance(ask(witness), GeneratedCode)


@pytest.mark.parametrize(
    ("turn", "code"),
    [
        (said("I cannot help with that."), "MODEL_DECLINED"),
        (said("", stop_reason="guardrail_intervened"), "MODEL_GUARDRAIL"),
        (said("", stop_reason="content_filtered"), "MODEL_FILTERED"),
        (said("", stop_reason="model_context_window_exceeded"), "MODEL_CONTEXT_TOO_LARGE"),
    ],
)
def test_what_a_model_will_not_or_cannot_do_is_said_and_not_asked_again(
    converse: ConverseServer, witness: Witness, turn: Answer, code: str
) -> None:
    converse.script(turn)
    assert refusal(witness).code == code
    assert len(converse.requests) == 1


def test_the_words_of_a_refusal_are_shown(converse: ConverseServer, witness: Witness) -> None:
    converse.script(said("I cannot help with that."))
    assert "I cannot help with that." in refusal(witness).message
