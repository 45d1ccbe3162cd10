"""Which lines of a log ended the job.

A log is cut into records: a line with a time and a level, a Python traceback, a word of the JVM, each with the lines
that belong to it. The program's end is its last uncaught traceback. Where that only says that Spark is gone, or there
is none, the records that say ERROR are what is left to look at. Warnings never are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_LOGGED = re.compile(
    r"^(?:\d\d/\d\d/\d\d|\d{4}-\d\d-\d\d)[ T]\d\d:\d\d:\d\d\S* (?:\[[^\]]*\] )?(?P<level>[A-Z]{4,5})\b"
    r"|^(?P<bare>INFO|WARN|ERROR|DEBUG|FATAL) "
)
_TRACEBACK = "Traceback (most recent call last):"
_ALONE = re.compile(
    rf"^(?:{re.escape(_TRACEBACK)}|Exception in thread |# |pgspark: |Error: |Killed\b|Exit status: "
    r"|(?:START |END |REPORT )?RequestId: |\S+ \S+ Task timed out|\S*: line \d+: +\d+ )"
)
_CHAINED = (
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
)
# Errors that only tell that something else has ended Spark.
_SYMPTOM = re.compile(
    r"SparkContext was shut ?down|SparkContext has been shutdown|Answer from Java side is empty"
    r"|An error occurred while trying to connect to the Java server|Py4JNetworkError"
    r"|(?:ConnectionRefusedError|ConnectionResetError|BrokenPipeError): |Cannot call methods on a stopped SparkContext"
)
_SAYS_NOTHING = re.compile(r"SparkUserAppException|ShutdownHookManager|ApplicationMaster: User application exited")
_OTHERS_FRAME = re.compile(r'^  File "[^"]*(?:/site-packages/|/dist-packages/|/pyspark|/py4j|/lib/python|<frozen)')
_JAVA_FRAME = re.compile(r"^\s+at |^\s+\.\.\. \d+ (?:more|common frames)|^Driver stacktrace:$")
# Plans of queries are printed into errors; nobody reads more of them, and no rule has to.
_LINE_CHARS, _HEAD, _TAIL = 2000, 250, 150
_SUPPRESSED = re.compile(r"^\s+Suppressed: ")


@dataclass(frozen=True, slots=True)
class Record:
    """`level` is empty for what no logger wrote."""

    level: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """The lines of one failure without the frames of others' code; `is_ending` when they ended the program itself."""

    lines: tuple[str, ...]
    is_ending: bool = True

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def passages(log: str) -> list[Passage]:
    """What to look for a cause in, the most telling first: the program's end, then the last errors."""
    found = list(records(log))
    ending = _ending(found)
    if ending and not _SYMPTOM.search(ending.text):
        return [ending]
    errors = [Passage(_told(record.lines), is_ending=False) for record in reversed(found) if _is_error(record)]
    return [*errors, *([ending] if ending else [])]


def records(log: str) -> Iterator[Record]:
    level, lines = "", list[str]()
    for line in log.splitlines():
        logged = _LOGGED.match(line)
        if (logged or _ALONE.match(line)) and lines:
            yield Record(level, tuple(lines))
            lines = []
        if logged or not lines:
            level = (logged["level"] or logged["bare"]) if logged else ""
        lines.append(line)
    if lines:
        yield Record(level, tuple(lines))


def _is_error(record: Record) -> bool:
    if _SAYS_NOTHING.search(record.lines[0]):
        return False
    if record.level:
        return record.level in ("ERROR", "FATAL")
    return not record.lines[0].startswith(("pgspark: ", _TRACEBACK)) and bool(_ALONE.match(record.lines[0]))


def _ending(found: Sequence[Record]) -> Passage | None:
    """The last traceback, with those that it came from."""
    last = next((n for n in range(len(found) - 1, -1, -1) if found[n].lines[0] == _TRACEBACK), None)
    if last is None:
        return None
    first = last
    while first > 0 and _leads_on(found[first - 1]):
        first -= 1
    return Passage(_told([line for record in found[first : last + 1] for line in record.lines]))


def _leads_on(record: Record) -> bool:
    said = [line for line in record.lines if line.strip()]
    return record.lines[0] == _TRACEBACK and said[-1] in _CHAINED


def _told(lines: Sequence[str]) -> tuple[str, ...]:
    """Without frames of the JVM and of libraries, and without what was suppressed: none of it names a cause."""
    kept: list[str] = []
    skips_source = is_suppressed = False
    for line in lines:
        is_suppressed = bool(_SUPPRESSED.match(line)) or (is_suppressed and line[:1].isspace())
        if _OTHERS_FRAME.match(line):
            skips_source = True
            continue
        skips_source = skips_source and line.startswith("    ")
        if line.strip() and not (skips_source or is_suppressed or _JAVA_FRAME.match(line)):
            kept.append(line[:_LINE_CHARS])
    return tuple(kept if len(kept) <= _HEAD + _TAIL else [*kept[:_HEAD], *kept[-_TAIL:]])
