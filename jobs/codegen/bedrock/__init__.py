"""Models on Amazon Bedrock through its Converse API: `request` builds what is sent, `reply` reads whole answers and
`stream` those that arrive in pieces, `failures` says what an error means, `transport` makes the call."""

from __future__ import annotations

from django.conf import settings

from jobs.codegen.bedrock.transport import Converse
from jobs.codegen.model_generator import ModelGenerator


def bedrock_generator() -> ModelGenerator:
    """Its models are PGSPARK_BEDROCK_MODEL_IDS: ids of inference profiles or of models, the preferred one first."""
    return ModelGenerator(
        name="bedrock", label="Amazon Bedrock", models=settings.PGSPARK_BEDROCK_MODEL_IDS, transport=Converse()
    )
