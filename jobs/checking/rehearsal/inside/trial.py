"""Calls one transform with the frames of its sources and tells what came of it, as plain values."""

from __future__ import annotations

import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from pyspark.sql import DataFrame, GroupedData, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from jobs.checking.rehearsal.inside import plan, scans
from jobs.checking.rehearsal.inside.engine import Engine
from jobs.checking.rehearsal.inside.facts import Facts
from jobs.checking.rehearsal.inside.failures import FILE, Failure, OutOfTime, failure_of, trace_of
from jobs.checking.rehearsal.inside.patterns import bad_patterns

VERSION = 2
"""Of the facts: from 2 on steps know their join and their scan, and lineage has expressions."""
PYTHON_MEMORY = 512 * 1024 * 1024
_NO_FACTS: dict[str, Any] = {
    **{name: [] for name in ("joins", "ordering", "lineage", "steps", "scans", "patterns")},
    "limit": None,
}
_RUN_QUERIES = ("count", "isEmpty", "approxQuantile", "crosstab", "freqItems", "corr", "cov")


def rehearse(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    """The answer to one request; call in a process of its own."""
    began = time.perf_counter()
    answer = _answer(engine, request)
    return {**answer, "seconds": round(time.perf_counter() - began, 3)}


def _answer(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    session = engine.enter()
    rows = _Rows()
    try:
        frames = _frames(engine, session, request["sources"])
    except Exception as error:
        return {"state": "failed", "error": failure_of(error, "").as_dict() | {"kind": "source"}}
    try:
        with _limits(request["seconds"]):
            result = _call(session, request["transform"], frames)
            if not isinstance(result, DataFrame):
                raise Failure("not-a-dataframe", type(result).__name__)
            return {"state": "done", "needs_rows": rows.needed, **_told(engine, result, request)}
    except BaseException as error:
        return {
            "state": "failed",
            "needs_rows": rows.needed,
            "error": failure_of(error, request["transform"]).as_dict(),
        }


def _frames(engine: Engine, session: SparkSession, sources: list[dict[str, Any]]) -> dict[str, DataFrame]:
    frames = {source["alias"]: engine.frame(session, source) for source in sources}
    for alias, frame in frames.items():
        frame.createOrReplaceTempView(alias)
    return frames


def _call(session: SparkSession, transform: str, frames: dict[str, DataFrame]) -> Any:
    names: dict[str, Any] = {"F": F, "T": T, "Window": Window, "__name__": "transform"}
    exec(compile(transform, FILE, "exec", dont_inherit=True), names)  # noqa: S102  (what all this is for)
    return names["transform"](session, **frames)


def _told(engine: Engine, result: DataFrame, request: dict[str, Any]) -> dict[str, Any]:
    """Schema and facts. What Spark finds wrong when it optimises is the code's fault; what fails after that is ours."""
    fields = result.schema.fields
    schema = [{"name": one.name, "type": one.dataType.simpleString(), "nullable": one.nullable} for one in fields]
    execution = result._jdf.queryExecution()
    logical, physical = execution.optimizedPlan(), execution.sparkPlan()
    facts = {**_NO_FACTS, "schema": schema, "read": [source["alias"] for source in request["sources"]]}
    try:
        return facts | _facts(engine, logical, physical, schema, request)
    except Exception as error:
        sys.stderr.write(trace_of(error))
        return facts


def _facts(
    engine: Engine, logical: Any, physical: Any, schema: list[dict[str, Any]], request: dict[str, Any]
) -> dict[str, Any]:
    tree = plan.read(logical.toJSON())
    untold = [node for node in tree.walk() if node.kind in ("Generate", "Expand")]
    for node, fields in zip(untold, engine.untold(logical) if untold else (), strict=False):
        node.fields |= fields
    keys = {source["alias"]: source.get("keys") for source in request["sources"]}
    facts = Facts(tree, engine.marks(logical), keys)
    steps = facts.steps()
    return {
        "facts": VERSION,
        "read": facts.read(),
        "joins": facts.joins(),
        "ordering": facts.ordering(),
        "limit": facts.limit(),
        "lineage": facts.lineage([column["name"] for column in schema]),
        "steps": steps.listed,
        "steps_left_out": steps.left_out,
        "scans": scans.scans(engine, physical),
        "patterns": bad_patterns(engine, tree),
    }


@contextmanager
def _limits(seconds: float) -> Iterator[None]:
    """Time and memory of the code itself; who started this process has limits of its own for all of it."""
    memory = PYTHON_MEMORY + _address_space()
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    signal.signal(signal.SIGALRM, _time_is_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _time_is_up(number: int, frame: object) -> NoReturn:
    raise OutOfTime


def _address_space() -> int:
    pages = int(open("/proc/self/statm").read().split()[0])  # noqa: PTH123, SIM115
    return pages * resource.getpagesize()


class _Rows:
    """Notices when the code asks for rows, of which there are none here: what follows from them proves nothing.

    Caches nothing either, for a cached frame hides its plan.
    """

    def __init__(self) -> None:
        self.needed = False
        for name in _RUN_QUERIES:
            self._watch(DataFrame, name)
        pivot = GroupedData.pivot
        GroupedData.pivot = self._pivot(pivot)
        DataFrame.cache = DataFrame.persist = lambda frame, *level: frame

    def _watch(self, owner: type, name: str) -> None:
        original = getattr(owner, name)

        def asked(*arguments: Any, **named: Any) -> Any:
            self.needed = True
            return original(*arguments, **named)

        setattr(owner, name, asked)

    def _pivot(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def pivot(grouped: Any, pivot_col: str, values: Any = None) -> Any:
            self.needed = self.needed or values is None  # Spark takes the values, and so the columns, from the rows
            return original(grouped, pivot_col, values)

        return pivot
