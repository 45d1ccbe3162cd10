"""Applies the rules: first what the engine itself says, then the passages of the log, the most telling one first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from connections.errors import PortalError
from jobs.execution.base import Phase
from jobs.execution.logs import redact
from jobs.execution.triage.passages import Passage, passages
from jobs.execution.triage.place import line_of, lines_inside
from jobs.execution.triage.report import FailedJob, Failure
from jobs.execution.triage.rule import Rule, Symptoms
from jobs.execution.triage.rules import BY_PHASE, BY_REASON, RULES, SERVICE_RULES
from jobs.states import Target

EVIDENCE_LINES = 30
QUOTE_LINES = 4
_LINE_CHARS = 500
_ERROR_CHARS = 300
# With these the service quotes the end of the program's log: what follows are not its own words.
_QUOTES_LOG = re.compile(r"Last few exceptions:\s*", re.IGNORECASE)
# SIGINT, SIGABRT, SIGSEGV, SIGTERM; that of SIGKILL is the reason `memory` of an observation.
_SIGNAL = re.compile(r"\bexit(?: ?code)?:? ?(?P<name>-(?:2|6|11|15)|130|134|139|143)\b", re.IGNORECASE)
_EXIT = re.compile(r"exit ?code", re.IGNORECASE)
# Facts that a rule's pattern may have found nothing for.
_UNKNOWN = {"name": "(unknown)", "action": "what it needs", "column": "(unknown)", "uri": "(unknown)"}


def triage(job: FailedJob) -> Failure:
    """The first rule that knows the failure names it; SPARK_FAILED when none does."""
    quoted, said = _details(job)
    shown = [*passages(job.log), *passages(quoted)]
    if _SIGNAL.search(f"{job.observation.raw} {job.observation.details}"):
        # It was ended from outside: errors that it had got over till then are not why.
        shown = [passage for passage in shown if passage.is_ending]
    answer = _by_engine(job, said, shown) or _by_log(job, shown)
    return answer or _unknown(job, said, shown)


def _details(job: FailedJob) -> tuple[str, str]:
    """The engine's sentence: what it quotes of the log, made to look like one, and its own words."""
    details = redact(job.observation.details)
    own, *quoted = _QUOTES_LOG.split(details, maxsplit=1)
    return (f"Exception in thread main\n{quoted[0]}" if quoted else "", "" if _EXIT.search(own) else own.strip())


def _by_engine(job: FailedJob, said: str, shown: list[Passage]) -> Failure | None:
    seen = job.observation
    if not seen.reason and said and seen.phase in (Phase.FAILED, Phase.CANCELLED):
        found = _matching(job, SERVICE_RULES, Passage((said,)))
        if found:
            return found
    if seen.reason == "start":
        found = _matching(job, SERVICE_RULES, Passage((said,))) or _by_log(job, shown)
        return found or _failure(job, PortalError("ENGINE_START_FAILED"), Passage((said,) if said else ()))
    code = BY_REASON.get((job.target, seen.reason)) or BY_REASON.get(("", seen.reason)) or BY_PHASE.get(seen.phase)
    if not code:
        return None
    if seen.reason == "memory" and job.target != Target.LAMBDA:
        # The log may tell which of its processes ran out of it, and in which line.
        found = next(_all_matching(job, RULES, shown), None)
        if found and found.error.code.startswith(("OUT_OF_MEMORY", "SKEWED", "RESULT_TOO", "BROADCAST")):
            return found
    passage = Passage((said or redact(seen.details) or seen.raw,))
    return _failure(job, PortalError(code, minutes=job.minutes), passage)


def _by_log(job: FailedJob, shown: list[Passage]) -> Failure | None:
    return next(_all_matching(job, RULES, shown), None)


def _all_matching(job: FailedJob, rules: tuple[Rule, ...], shown: list[Passage]) -> Iterator[Failure]:
    for passage in shown:
        found = _matching(job, rules, passage)
        if found:
            yield found


def _matching(job: FailedJob, rules: tuple[Rule, ...], passage: Passage) -> Failure | None:
    symptoms = Symptoms(job, passage)
    for rule in rules:
        match = rule.pattern.search(passage.text)
        if match and (rule.when is None or rule.when(symptoms)):
            error = PortalError(rule.code, **_facts(symptoms, match))
            return _failure(job, error, passage, match, about=match.groupdict().get(rule.about) or "")
    return None


def _facts(symptoms: Symptoms, match: re.Match[str]) -> dict[str, Any]:
    told = {name: _short(value.replace("`.`", ".")) for name, value in match.groupdict().items() if value}
    kind, message = symptoms.raised
    raised = f"{kind.rpartition('.')[2]}: {message}" if message else kind.rpartition(".")[2]
    known = {"error": _short(raised or match[0].strip()), "minutes": symptoms.job.minutes}
    if "returned" in told:
        told["returned"] = "nothing (None)" if told["returned"] == "NoneType" else f"a {told['returned']}"
    return {**_UNKNOWN, **known, **told}


def _failure(
    job: FailedJob, error: PortalError, passage: Passage, match: re.Match[str] | None = None, *, about: str = ""
) -> Failure:
    first, last = _lines_of(passage, match)
    decisive = passage.lines[first : last + 1]
    if len(decisive) > QUOTE_LINES:
        decisive = (decisive[0], decisive[-1])
    return Failure(error, line_of(job, passage, about), tuple(map(_cut, decisive)), _evidence(passage, last))


def _lines_of(passage: Passage, match: re.Match[str] | None) -> tuple[int, int]:
    """Numbers of the first and last line that the match is on; the last exception's where there is none."""
    if match is None:
        return max(len(passage.lines) - 1, 0), max(len(passage.lines) - 1, 0)
    before = passage.text[: match.start()].count("\n")
    return before, before + match[0].rstrip("\n").count("\n")


def _evidence(passage: Passage, decisive: int) -> tuple[str, ...]:
    """From the beginning on; of a long passage its head and what is around the decisive line."""
    lines = passage.lines
    if len(lines) > EVIDENCE_LINES and decisive >= EVIDENCE_LINES:
        half = EVIDENCE_LINES // 2
        lines = (*lines[:half], *lines[decisive - 4 : decisive + half - 4])
    return tuple(map(_cut, lines[:EVIDENCE_LINES]))


def _unknown(job: FailedJob, said: str, shown: list[Passage]) -> Failure:
    killed = _SIGNAL.search(f"{job.observation.raw} {job.observation.details}")
    if killed and not shown:
        words = Passage((redact(job.observation.details) or job.observation.raw,))
        return _failure(job, PortalError("RUN_KILLED", name=killed["name"]), words)
    passage = shown[0] if shown else Passage(tuple(filter(None, [said])) or tuple(job.log.splitlines()[-10:]))
    symptoms = Symptoms(job, passage)
    kind, message = symptoms.raised
    if lines_inside(job, passage) and passage.is_ending:
        error = PortalError("TRANSFORM_FAILED", error=_short(f"{kind.rpartition('.')[2]}: {message}"))
    else:
        error = PortalError("SPARK_FAILED")
    return _failure(job, error, passage)


def _cut(line: str) -> str:
    return line if len(line) <= _LINE_CHARS else f"{line[: _LINE_CHARS - 1]}…"


def _short(text: str) -> str:
    return text if len(text) <= _ERROR_CHARS else f"{text[: _ERROR_CHARS - 1]}…"
