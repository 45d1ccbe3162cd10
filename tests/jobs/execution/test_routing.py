from __future__ import annotations

import pytest

from connections.errors import PortalError
from jobs.execution.routing import route
from jobs.states import Target


@pytest.mark.parametrize(
    ("kinds", "sentence"),
    [
        (["POSTGRES"], "PostgreSQL picked: runs on Local Spark"),
        (["CSV", "CSV"], "Files picked: runs on Local Spark"),
        (["CSV", "POSTGRES"], "PostgreSQL and files picked: runs on Local Spark"),
        (["GLUE", "CSV", "POSTGRES", "GLUE"], "PostgreSQL, Glue and files picked: runs on Local Spark"),
        ([], "Nothing picked: runs on Local Spark"),
    ],
)
def test_the_sentence_names_every_kind_once(kinds: list[str], sentence: str) -> None:
    assert route(kinds=kinds, offered=[Target.LOCAL]).sentence == sentence


@pytest.mark.parametrize(("offered", "wish"), [([], ""), ([Target.LOCAL], "lambda")])
def test_where_nothing_can_run_it_the_reason_is_told(offered: list[Target], wish: str) -> None:
    with pytest.raises(PortalError, match="TARGET_UNAVAILABLE"):
        route(kinds=["CSV"], offered=offered, wish=wish)
