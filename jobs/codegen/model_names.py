"""Short names of models for people."""

from __future__ import annotations

import re

_REGIONS = r"(?:us|eu|apac|jp|au|ca|us-gov|global)\."


def short_name(model: str) -> str:
    """`us.anthropic.claude-sonnet-4-5-20250929-v1:0` is claude-sonnet-4-5."""
    last = model.rsplit("/", 1)[-1]
    without_maker = re.sub(rf"^(?:{_REGIONS})?[a-z0-9]+\.(?=[a-z])", "", last)
    return re.sub(r"(?:-\d{8})?(?:-v\d+)?(?::\d+)*$", "", without_maker) or model
