"""Builds the complete, standalone PySpark script around a transform.

Header, credentials, one reader per source, the transform exactly as its author sees it, and the epilogue.
The same bytes run on every engine, inside the portal and outside it with `spark-submit --jars postgresql.jar`.

The platform's own names all begin with an underscore: the policy lets no transform use such a name, so neither can
overwrite the other. Every name from outside enters the script through `repr`, never as code.
"""

from __future__ import annotations

import keyword
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from string import Template
from typing import Protocol

_PARTS = resources.files("jobs.script") / "parts"


class Source(Protocol):
    """Something to read: `reader()` is the text of a function `_read_ALIAS(spark)`, `parts` what it calls.

    A kind of source is one module with such a class, and one line of `jobs/script_building.py`.
    """

    @property
    def alias(self) -> str: ...

    @property
    def parts(self) -> tuple[str, ...]: ...

    def reader(self) -> str: ...


@dataclass(frozen=True, slots=True)
class ScriptJob:
    """What a script is built from. `output_uri` ends with a slash; the manifest goes beside it."""

    run_id: str
    version: int
    sources: Sequence[Source]
    transform: str
    output_uri: str
    manifest_uri: str
    row_limit: int | None


@dataclass(frozen=True, slots=True)
class Script:
    """The script's text, and the line of it where line 1 of the transform stands."""

    text: str
    transform_line: int


def assemble(job: ScriptJob) -> Script:
    """Raises ValueError for an alias that is no plain name: aliases are the only text that becomes code as it is."""
    for source in job.sources:
        if not source.alias.isidentifier() or keyword.iskeyword(source.alias):
            raise ValueError("an alias must be a Python identifier")
    head = Template(_part("header.tmpl")).substitute(run_id=job.run_id, version=job.version)
    called = dict.fromkeys(name for source in job.sources for name in source.parts)
    pieces = [head, *(_part(name) for name in called), *(source.reader() for source in job.sources)]
    before = "\n\n".join(pieces) + f"\n\n# --- transform, version {job.version} ---\n\n"
    return Script(text=f"{before}{_ended(job.transform)}{_tail(job)}", transform_line=before.count("\n") + 1)


def _tail(job: ScriptJob) -> str:
    pairs = ", ".join(f"{source.alias!r}: _read_{source.alias}" for source in job.sources)
    constants = (
        f"_READERS = {{{pairs}}}\n"
        f"_OUTPUT = {job.output_uri!r}\n_MANIFEST = {job.manifest_uri!r}\n_ROW_LIMIT = {job.row_limit!r}\n"
    )
    return f"\n\n# --- end of the transform ---\n\n{constants}\n\n{_part('epilogue.tmpl')}"


def _part(name: str) -> str:
    return (_PARTS / name).read_text(encoding="utf-8")


def _ended(text: str) -> str:
    return text.replace("\r\n", "\n").rstrip() + "\n"
