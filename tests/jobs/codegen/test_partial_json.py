"""Code is shown as it arrives, whatever piece of it has come."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from jobs.codegen.partial_json import PartialField


@given(code=st.text(max_size=60), other=st.text(max_size=20), size=st.integers(1, 9), ascii_only=st.booleans())
def test_every_prefix_of_an_answer_gives_a_prefix_of_the_code(
    code: str, other: str, size: int, ascii_only: bool
) -> None:
    whole = json.dumps({"explanation": f'"transform": "{other}"', "transform": code}, ensure_ascii=ascii_only)
    field, seen = PartialField("transform"), ""
    for at in range(0, len(whole), size):
        field.feed(whole[at : at + size])
        assert code.startswith(field.value)
        assert len(field.value) >= len(seen)
        seen = field.value
    assert seen == code
