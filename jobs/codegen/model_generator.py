"""A generator that asks a language model, whatever the way to it: which model, how often, and what its answer holds.

One call of `generate` is one attempt. It makes a second call in two cases only, each of which is kept and shown: the
answer was cut off, which more room may cure, or it had no usable form.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from django.conf import settings

from connections.errors import PortalError
from jobs.codegen.base import UNWATCHED, Answer, Call, GenerationRequest, Outcome, Stopped, Usage, Watch
from jobs.codegen.budget import estimated_tokens
from jobs.codegen.calling import Ask, CallFailed, Counts, Reply, Stop, Transport, Trouble
from jobs.codegen.model_names import short_name
from jobs.codegen.patience import patient_reply
from jobs.codegen.prices import cost_usd
from jobs.codegen.prompt import prompt_for
from jobs.codegen.submission import Unusable, answer_from, answer_from_text, arguments_from
from jobs.codegen.untrusted import clean

LARGER = 4
_ENDS = {
    Stop.GUARDRAIL: "MODEL_GUARDRAIL",
    Stop.FILTERED: "MODEL_FILTERED",
    Stop.TOO_MUCH_CONTEXT: "MODEL_CONTEXT_TOO_LARGE",
}


class ModelGenerator:
    """`models` is the allow-list in order; a model that cannot be had is passed over for the next one."""

    is_model = True

    def __init__(self, *, name: str, label: str, models: Sequence[str], transport: Transport) -> None:
        self.name, self.label, self.models = name, label, tuple(models)
        self._transport = transport

    def generate(self, request: GenerationRequest, watch: Watch = UNWATCHED) -> Answer:
        chain = self._chain(request, watch)
        for model, following in pairwise([*chain, ""]):
            try:
                return self._answer(model, request, watch)
            except CallFailed as failed:
                if failed.trouble is not Trouble.OTHER_MODEL or not following:
                    raise failed.error from failed
                watch.step(f"{short_name(model)} cannot be used here, asking {short_name(following)}")
        raise PortalError("GENERATOR_UNAVAILABLE", generator=self.name, offered="none")

    def _chain(self, request: GenerationRequest, watch: Watch) -> list[str]:
        """The models in the order in which they are asked: the wanted one first, those that rest last."""
        wanted = [request.model] if request.model in self.models else []
        wanted += [model for model in self.models if model not in wanted]
        chain = sorted(wanted, key=lambda model: model in request.resting)
        if chain and chain[0] != wanted[0]:
            watch.step(f"{short_name(wanted[0])} failed too often just now, asking {short_name(chain[0])}")
        return chain

    def _answer(self, model: str, request: GenerationRequest, watch: Watch) -> Answer:
        room = settings.PGSPARK_MODEL_MAX_TOKENS
        reply = self._reply(model, request, room, watch)
        if reply.stop is Stop.CUT_SHORT:
            watch.step("The answer was cut off: asking again with more room")
            room *= LARGER
        else:
            try:
                return _read(model, reply)
            except Unusable:
                watch.step("The answer had no usable form: asking once more")
        try:
            return _read(model, self._reply(model, request, room, watch))
        except Unusable as error:
            raise PortalError("MODEL_ANSWER_UNUSABLE", model=short_name(model)) from error

    def _reply(self, model: str, request: GenerationRequest, max_tokens: int, watch: Watch) -> Reply:
        """One call, kept whatever comes of it."""
        ask = Ask(model, prompt_for(request), request, max_tokens)
        payload = self._transport.payload(ask)
        watch.begin(Call(model, short_name(model), _digest(payload), payload))
        began = time.monotonic()
        following = _Following(watch)
        try:
            reply = patient_reply(self._transport, ask, following)
        except CallFailed as failed:
            watch.end(Outcome(error_code=failed.error.code, latency_ms=_since(began)))
            raise
        except (Stopped, PortalError) as error:
            # The service counts what it wrote, but nobody is there any more to be told: an estimate stands in.
            guess = Counts(input=ask.prompt.tokens, output=estimated_tokens(following.written))
            code = error.code if isinstance(error, PortalError) else "CANCELLED"
            watch.end(Outcome(_usage(model, guess), "cut, tokens estimated", code, latency_ms=_since(began)))
            raise
        watch.end(
            Outcome(_usage(model, reply.counts), reply.stop_reason, answer=_kept(reply), latency_ms=_since(began))
        )
        return reply


class _Following:
    """The watch of one call, which remembers how far the answer came."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self.written = ""
        self.begin, self.end, self.step = watch.begin, watch.end, watch.step

    def tick(self, written: str | None = None) -> None:
        self.written = written or self.written
        self._watch.tick(written)


def _read(model: str, reply: Reply) -> Answer:
    """The answer in a reply. Raises Unusable, and PortalError for what the model would not or could not do."""
    if reply.stop is Stop.CUT_SHORT:
        raise PortalError("MODEL_ANSWER_CUT", model=short_name(model))
    if reply.stop in _ENDS:
        raise PortalError(_ENDS[reply.stop], model=short_name(model))
    if reply.stop is Stop.MALFORMED:
        raise Unusable
    if reply.call is not None:
        return answer_from(arguments_from(reply.call) if isinstance(reply.call, str) else reply.call)
    if (code := answer_from_text(reply.text)) is not None:
        return code
    if reply.text.strip():
        raise PortalError("MODEL_DECLINED", model=short_name(model), words=clean(reply.text, 300))
    raise Unusable


def _kept(reply: Reply) -> dict[str, Any]:
    """What came back, as it is kept: parsed where it is whole, else as text."""
    kept: dict[str, Any] = {"text": reply.text} if reply.text else {}
    if reply.call is None:
        return kept
    try:
        if reply.stop is not Stop.DONE:
            raise Unusable
        return kept | dict(arguments_from(reply.call) if isinstance(reply.call, str) else reply.call)
    except Unusable:
        return kept | {"unreadable": reply.call}


def _usage(model: str, counts: Counts) -> Usage:
    return Usage(counts.input, counts.output, counts.cached, cost_usd(model, counts))


def _digest(payload: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(payload, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
