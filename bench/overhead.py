"""What the portal adds: from Run to the visible result, against the bare `spark-submit` of the same script.

    make bench-overhead

One whole local stack is started; both are measured in turn, round by round. Page and fragment times are taken over
HTTP on loopback, so they are upper bounds of the server's own time.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from html import unescape

from bench.report import Report, median, seconds_of
from pgspark_site.local_stack import demo, portal
from pgspark_site.local_stack.processes import Supervisor
from pgspark_site.local_stack.state import kept_secrets, only_instance
from tests.person import Person

ROUNDS = 3
REPEATS = 15
# What the page itself does while a run is young.
POLL_SECONDS = 1.0
RUN_SECONDS = 120
VAR = portal.ROOT / "var" / "bench"


def main() -> int:
    report = Report("overhead")
    VAR.mkdir(parents=True, exist_ok=True)
    with only_instance(VAR) as instance:
        supervisor = Supervisor(VAR / "log", changed=instance.runs)
        supervisor.obey_signals()
        try:
            _measure(supervisor, report)
        finally:
            supervisor.stop_all()
    return report.end()


def _measure(supervisor: Supervisor, report: Report) -> None:
    secrets = kept_secrets(VAR)
    env = demo.start_backends(supervisor, VAR, secrets)
    url = demo.start_portal(supervisor, env)
    tables = [part for table in demo.TABLES for part in ("--table", table)]
    arguments = ["--connection", "demo", *tables, "--prompt", demo.PROMPT, "--user", "analyst", "--json"]
    supervisor.must(portal.manage(env, "run_job", *arguments, within=300))
    person = Person(url, "analyst", secrets.accounts["analyst"])
    session = person.session_path()
    print("Fragments of the workspace, seconds")
    _fragments(person, session, report)
    print("From Run to the visible result, seconds")
    run = _runs(person, session, report)
    print("Pages, seconds at the median")
    _pages(person, session, run, report)


def _fragments(person: Person, session: str, report: Report) -> None:
    """Every metadata fragment that the page asks for, and those that these ask for: cold, then warm."""
    cold: dict[str, float] = {}
    waiting = _addresses(person.get(session).text)
    while waiting:
        path = waiting.pop()
        if path in cold or "/picker/" not in path:
            continue
        began = time.perf_counter()
        answer = person.get(path)
        cold[path] = time.perf_counter() - began
        waiting |= _addresses(answer.text)
    if not cold:
        raise SystemExit("the workspace has no metadata fragment")
    warm = {path: median([seconds_of(lambda p=path: person.get(p)) for _ in range(REPEATS)]) for path in cold}
    report.note("fragments", len(cold))
    report.at_most("fragment_cold_slowest", max(cold.values()), 2.0)
    report.at_most("fragment_warm_slowest_median", max(warm.values()), 0.1)


def _addresses(html: str) -> set[str]:
    return {unescape(path) for path in re.findall(r'hx-get="([^"]+)"', html) if path.startswith("/")}


def _runs(person: Person, session: str, report: Report) -> str:
    portal_seconds, bare_seconds, path = [], [], ""
    for _ in range(ROUNDS):
        began = time.perf_counter()
        path = _run_once(person, session)
        portal_seconds.append(time.perf_counter() - began)
        bare_seconds.append(seconds_of(lambda p=path: _bare(p)))
        print(f"  portal {portal_seconds[-1]:.2f}   bare spark-submit {bare_seconds[-1]:.2f}")
    added = [mine - bare for mine, bare in zip(portal_seconds, bare_seconds, strict=True)]
    report.note("run_to_result_median", median(portal_seconds))
    report.note("bare_spark_submit_median", median(bare_seconds))
    report.note("ratio", median(portal_seconds) / median(bare_seconds))
    report.at_most("added_median", median(added), 3.0)
    return path


def _run_once(person: Person, session: str) -> str:
    """Clicks Run as the page does and looks at the run's page, as long as that polls, until its rows are there."""
    path = person.start_run(session)
    give_up = time.monotonic() + RUN_SECONDS
    while "data-poll" in person.get(f"{path}live/").text:
        if time.monotonic() > give_up:
            raise SystemExit(f"the run has not ended after {RUN_SECONDS} s: {person.base}{path}")
        time.sleep(POLL_SECONDS)
    if "<td" not in person.get(path).text:
        raise SystemExit(f"the run's page shows no rows: {person.base}{path}")
    return path


def _bare(path: str) -> None:
    """The command that the local engine ran, with its environment and nothing around it; it writes beside the run."""
    token = path.strip("/").split("/")[-1]
    folder = next(folder for folder in (VAR / "runs").iterdir() if token in folder.name)
    job = json.loads((folder / "job.json").read_text())
    script = folder / "bare.py"
    script.write_text((folder / "script.py").read_text().replace(token, f"{token}-bare"))
    command = [str(script) if part.endswith("/script.py") else part for part in _inside(job["command"])]
    # The runner forgets the keys once it has them; those of the stand-in are no secret.
    keys = {"AWS_ACCESS_KEY_ID": "stand-in", "AWS_SECRET_ACCESS_KEY": "stand-in"}
    subprocess.run(command, env=job["env"] | keys, cwd=folder, capture_output=True, check=True, timeout=300)


def _inside(command: list[str]) -> list[str]:
    """`spark-submit` itself: what confines it is part of what the portal adds."""
    if command[0] == "bwrap":
        return command[command.index("--") + 1 :]
    if command[-2].endswith("/by_hand.py"):
        inner: list[str] = json.loads(command[-1])["command"]
        return inner
    return command


def _pages(person: Person, session: str, run: str, report: Report) -> None:
    paths = {
        "workspace": session,
        "sessions": "/sessions/",
        "runs": "/runs/",
        "run": run,
        "run_results": f"{run}results/",
        "run_code": f"{run}code/",
        "run_logs": f"{run}logs/",
        "run_live": f"{run}live/",
        "connections": "/connections/",
    }
    for name, path in paths.items():
        seconds = [seconds_of(lambda p=path: person.get(p)) for _ in range(REPEATS)]
        report.at_most(f"page_{name}", median(seconds), 0.2)


if __name__ == "__main__":
    sys.exit(main())
