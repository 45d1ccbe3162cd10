"""Models behind an endpoint that speaks OpenAI's chat completions, such as Ollama or vLLM: `request` builds what is
sent, `stream` reads the answer, `transport` makes the call. The address is a setting of the operator."""

from __future__ import annotations

from django.conf import settings

from jobs.codegen.chat.transport import ChatCompletions
from jobs.codegen.model_generator import ModelGenerator


def chat_generator() -> ModelGenerator:
    """Its models are PGSPARK_OPENAI_MODEL, the preferred one first."""
    return ModelGenerator(
        name="openai",
        label="Own model",
        models=settings.PGSPARK_OPENAI_MODEL,
        transport=ChatCompletions(settings.PGSPARK_OPENAI_URL, settings.PGSPARK_OPENAI_KEY),
    )
