"""What a check finds before a run: broken transforms found, good ones let pass, and how long a warm rehearsal takes.

    make bench-checking                    (ARGS=--verify: also run every transform on rows first, which takes minutes)

The same corpus (`bench/corpus`) goes through ruff and `compile` alone, for comparison. `--verify` proves the corpus
itself on real Spark: every good transform writes its result, every broken one fails at it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from time import perf_counter
from typing import Any

from bench.corpus import shop, texts
from bench.corpus.texts import Case
from bench.report import Report, median
from pgspark_site.local_stack.java import find_java_home

ROOT = Path(__file__).resolve().parents[1]
VAR = ROOT / "var" / "bench" / "checking"
MISSED_PERCENT, REFUSED, P95_SECONDS = 2.0, 0, 0.3


def main() -> int:
    _prepare()
    good, broken = texts.good(), texts.broken()
    if "--verify" in sys.argv:
        wrong = _verify(good, broken)
        print("\n".join(wrong) or "Every good transform runs on rows, every broken one fails.")
        if wrong:
            return 1
    report = Report("checking")
    report.note("good", len(good))
    report.note("broken", len(broken))
    seconds, missed = _check(report, good, broken)
    _compare(report, good, broken)
    report.note("rehearsal_median_seconds", median(seconds))
    report.at_most("rehearsal_p95_seconds", sorted(seconds)[int(len(seconds) * 0.95)], P95_SECONDS)
    for case in missed:
        print(f"missed: {case.name}: {case.what}\n{case.text}")
    return report.end()


def _prepare() -> None:
    """The settings of a portal on this machine, as far as checking needs them."""
    VAR.mkdir(parents=True, exist_ok=True)
    os.environ |= {"PGSPARK_VAR_DIR": str(VAR), "PGSPARK_JAVA_HOME": str(find_java_home()), "PGSPARK_REHEARSAL": "1"}
    os.environ |= {"DJANGO_SETTINGS_MODULE": "pgspark_site.settings", "PGSPARK_REHEARSAL_IDLE_SECONDS": "60"}
    import django

    django.setup()


def _checked(case: Case) -> Any:
    from jobs.checking.check import check
    from jobs.management.commands.check_code import sources_of

    return check(case.text, sources_of({"sources": shop.sources(list(case.aliases))}))


def _check(report: Report, good: list[Case], broken: list[Case]) -> tuple[list[float], list[Case]]:
    """The seconds of each check with a rehearsal, after one round to get warm; and what was missed or refused."""
    for case in [*good, *broken]:
        _checked(case)
    seconds: list[float] = []
    found: Counter[str] = Counter()
    wrong: list[Case] = []
    for case in [*good, *broken]:
        began = perf_counter()
        checked = _checked(case)
        if checked.rehearsal["state"] in ("done", "failed"):
            seconds.append(perf_counter() - began)
        found[("blocked " if checked.is_blocked else "passed ") + ("broken" if case.what else "good")] += 1
        if checked.is_blocked != bool(case.what):
            wrong.append(case)
    report.note("rehearsed", len(seconds))
    report.at_most("broken_missed_percent", 100 * found["passed broken"] / len(broken), MISSED_PERCENT)
    report.at_most("good_refused", found["blocked good"], REFUSED)
    return seconds, wrong


def _compare(report: Report, good: list[Case], broken: list[Case]) -> None:
    """The same corpus by ruff and `compile` alone."""
    flagged = _flagged_by_ruff([*good, *broken])
    for number, case in enumerate([*good, *broken]):
        try:
            compile(case.text, "transform", "exec")
        except SyntaxError:
            flagged.add(number)
    report.note("ruff_and_compile_missed_percent", 100 * (1 - sum(n >= len(good) for n in flagged) / len(broken)))
    report.note("ruff_and_compile_good_refused", sum(number < len(good) for number in flagged))


def _flagged_by_ruff(cases: list[Case]) -> set[int]:
    with tempfile.TemporaryDirectory() as folder:
        for number, case in enumerate(cases):
            (Path(folder) / f"{number}.py").write_text(case.text)
        rules = ["--isolated", "--select", "F,E9,B,S", "--config", 'builtins = ["F", "T", "Window"]']
        command = [str(Path(sys.executable).with_name("ruff")), "check", *rules, "--output-format", "json", folder]
        told = json.loads(subprocess.run(command, capture_output=True, text=True, timeout=120).stdout)
    return {int(Path(one["filename"]).stem) for one in told}


def _verify(good: list[Case], broken: list[Case]) -> list[str]:
    """What the corpus says of its cases and rows do not bear out."""
    os.environ["JAVA_HOME"] = os.environ["PGSPARK_JAVA_HOME"]
    from bench.corpus.on_rows import Rows

    with tempfile.TemporaryDirectory() as folder, Rows(Path(folder)) as rows:
        failed = [(case, rows.error_of(case)) for case in [*good, *broken]]
    return [f"{case.name} ({case.what or 'good'}): {error}" for case, error in failed if bool(error) != bool(case.what)]


if __name__ == "__main__":
    sys.exit(main())
