"""Formats and regular expressions that Spark reads only when there are rows: its own readers are asked before."""

from __future__ import annotations

from typing import Any

from jobs.checking.rehearsal.inside.failures import failure_of
from jobs.checking.rehearsal.inside.plan import Expression, Plan

_PARSING = frozenset({"GetTimestamp", "UnixTimestamp", "ToUnixTimestamp", "ParseToDate", "ParseToTimestamp"})
_FORMATTING = frozenset({"DateFormatClass", "FromUnixTime"})
_REGULAR = frozenset({"RLike", "RegExpReplace", "RegExpExtract", "RegExpExtractAll", "RegExpInStr", "StringSplit"})
_MOST = 40


def bad_patterns(engine: Any, plan: Plan) -> list[dict[str, str]]:
    """Each constant pattern that Spark would refuse at the first row: what it is for, the pattern, the reason."""
    asked = {(use, text) for node in plan.walk() for root in _roots(node) for use, text in _patterns(root)}
    found = []
    for use, text in sorted(asked)[:_MOST]:
        reason = _reason(engine, use, text)
        if reason:
            found.append({"use": use, "pattern": text, "reason": reason})
    return found


def _roots(node: Plan) -> list[Expression]:
    lists = ("projectList", "aggregateExpressions", "groupingExpressions", "windowExpressions", "order")
    listed = [one for name in lists for one in node.expressions(name)]
    single = [one for name in ("condition", "generator") if (one := node.expression(name)) is not None]
    return [*listed, *single]


def _patterns(root: Expression) -> list[tuple[str, str]]:
    found = []
    for node in root.walk():
        use = next((name for name, kinds in _USES.items() if node.kind in kinds), None)
        pattern = node.children[1] if use and len(node.children) > 1 else None
        if use and pattern is not None and pattern.kind == "Literal" and pattern.fields.get("value") is not None:
            found.append((use, str(pattern.fields["value"])))
    return found


_USES = {"reading dates": _PARSING, "writing dates": _FORMATTING, "regular expression": _REGULAR}


def _reason(engine: Any, use: str, text: str) -> str:
    try:
        if use == "regular expression":
            engine.pattern.compile(text)
        else:
            formatter = engine.timestamp_formatter.apply(text, engine.zone, use == "reading dates")
            formatter.validatePatternString(True)
    except Exception as error:
        return failure_of(error, "").message
    return ""
