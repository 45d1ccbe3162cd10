"""Many people browse at once: the 95th percentile of every fragment, and the same beside a database that hangs.

    make bench-browsing

The real gunicorn with the demonstration's settings; the catalogue of 20 000 tables of `bench.big_catalogue`. A person
clicks once a second at random moments, as the page would: a word in the search box is two requests. The people are
threads of this process and share the machine with what they measure, so the figures are upper bounds. The database that
hangs is the same server behind a network that delivers each answer 20 s late.
"""

from __future__ import annotations

import http.client
import json
import random
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from statistics import quantiles
from urllib.parse import urlencode, urlsplit

from bench.big_catalogue import DATABASE, SCHEMAS, BigCatalogue, ensure_big_catalogue
from bench.report import Report
from pgspark_site.local_stack import demo, portal
from pgspark_site.local_stack.processes import Service, Supervisor
from pgspark_site.local_stack.state import kept_secrets, only_instance
from tests.connections.slow_network import slow_network

VAR = portal.ROOT / "var" / "bench"
PEOPLE = 50
SECONDS = 25.0
WARM_SECONDS = 5.0
THINK_SECONDS = 1.0
P95_MS = 200.0
SLOW_SECONDS = 20.0
WORDS = ("amount", "parent", "ledger part 9", "t0099", "status", "created", "nothing has this", "payload")


def main() -> int:
    report = Report("browsing")
    VAR.mkdir(parents=True, exist_ok=True)
    with only_instance(VAR) as instance:
        supervisor = Supervisor(VAR / "log", changed=instance.runs)
        supervisor.obey_signals()
        try:
            made = ensure_big_catalogue(supervisor)
            with slow_network(made.host, made.port, SLOW_SECONDS) as network:
                _measure(supervisor, report, made, network.port)
        finally:
            supervisor.stop_all()
    return report.end()


def _measure(supervisor: Supervisor, report: Report, made: BigCatalogue, slow_port: int) -> None:
    env = demo.start_backends(supervisor, VAR, kept_secrets(VAR))
    people = _signed_in(supervisor, env, {"company": made.secret(), "slow": made.secret() | {"port": slow_port}})
    url = demo.start_portal(supervisor, env)
    for number in (10, PEOPLE):
        _phase(report, f"people_{number}", url, [(person, "company") for person in people[:number]])
    # A fifth of them looks at the database that hangs.
    mixed = [(person, "slow" if number % 5 == 0 else "company") for number, person in enumerate(people)]
    _phase(report, "beside_a_slow_database", url, mixed)


@dataclass
class Figures:
    """Milliseconds by fragment, and what went wrong."""

    ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)


def _phase(report: Report, phase: str, url: str, people: list[tuple[dict[str, str], str]]) -> None:
    figures = Figures()
    began = time.monotonic()
    measured_from, ends = began + WARM_SECONDS, began + WARM_SECONDS + SECONDS
    threads = [
        threading.Thread(target=_browse, args=(Browser(url, person), connection, figures, measured_from, ends))
        for person, connection in people
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    clicks = sum(map(len, figures.ms.values()))
    print(f"{phase}: {len(people)} people, {clicks / SECONDS:.1f} requests a second")
    report.note(f"{phase}_requests_per_second", clicks / SECONDS)
    for name, ms in sorted(figures.ms.items()):
        report.at_most(f"{phase}_{name}_p95_ms", quantiles(ms, n=20)[-1] if len(ms) > 1 else ms[0], P95_MS)
    report.at_most(f"{phase}_errors", len(figures.errors), 0)
    for error in figures.errors[:5]:
        print(f"    {error}")


class Browser:
    """One person's browser: one connection that is kept open, one cookie."""

    def __init__(self, url: str, person: dict[str, str]) -> None:
        self._http = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        self._headers = {"Cookie": person["cookie"], "HX-Request": "true"}
        self._root = f"/sessions/{person['session']}/picker/"

    def get(self, fragment: str, query: dict[str, str]) -> tuple[int, bytes]:
        """As browsers do, once more where the server has meanwhile hung up an idle connection."""
        try:
            return self._get(fragment, query)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            self._http.close()
            return self._get(fragment, query)

    def _get(self, fragment: str, query: dict[str, str]) -> tuple[int, bytes]:
        self._http.request("GET", f"{self._root}{fragment}/?{urlencode(query)}", headers=self._headers)
        answer = self._http.getresponse()
        return answer.status, answer.read()

    def close(self) -> None:
        self._http.close()


def _browse(browser: Browser, connection: str, figures: Figures, measured_from: float, ends: float) -> None:
    chance = random.Random(id(browser))
    time.sleep(chance.random() * THINK_SECONDS)
    for name, fragment, query in _clicks(chance, connection):
        if time.monotonic() >= ends:
            break
        began = time.perf_counter()
        try:
            status, body = browser.get(fragment, query)
        except (OSError, http.client.HTTPException) as error:
            figures.errors.append(f"{fragment}: {type(error).__name__}")
            browser.close()
            continue
        if time.monotonic() >= measured_from:
            _keep(figures, name, 1000 * (time.perf_counter() - began), status, body, connection)
        if not name.startswith("search"):
            time.sleep(chance.expovariate(1 / THINK_SECONDS))
    browser.close()


def _keep(figures: Figures, name: str, ms: float, status: int, body: bytes, connection: str) -> None:
    slow = connection == "slow"
    figures.ms["of_the_slow_database" if slow else name].append(ms)
    # The slow one may say that it is slow, and nobody else may.
    if status != 200 or (not slow and (b"ps-notice-bad" in body or b"not answered yet" in body)):
        figures.errors.append(f"{name}: status {status}")


def _clicks(chance: random.Random, connection: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """What somebody asks for: name of the figure, fragment, query."""
    place = {"connection": connection, "database": DATABASE}
    kinds: list[tuple[Callable[[dict[str, str]], list[tuple[str, str, dict[str, str]]]], int]] = [
        (lambda at: [("databases", "databases", {"connection": connection})], 5),
        (lambda at: [("schemas", "schemas", place)], 5),
        (lambda at: [("tables", "tables", at)], 25),
        (lambda at: [("next_page", "tables", at | {"after": _table(chance, at["schema"])})], 10),
        (lambda at: _search(chance, at), 15),
        (lambda at: [("columns", "columns", at | {"table": _table(chance, at["schema"])})], 30),
        (lambda at: [(name, name, at | {"table": "t00004"}) for name in ("preview", "statistics")], 5),
        (lambda at: [("sample", "sample", at | {"table": _table(chance, at["schema"])})], 5),
    ]
    makers, weights = zip(*kinds, strict=True)
    while True:
        at = place | {"schema": chance.choice(list(SCHEMAS))}
        (make,) = chance.choices(makers, weights)
        yield from make(at)


def _search(chance: random.Random, at: dict[str, str]) -> list[tuple[str, str, dict[str, str]]]:
    query = at | {"q": chance.choice(WORDS)}
    return [("search_schema", "tables", query), ("search_all", "search", query)]


def _table(chance: random.Random, schema: str) -> str:
    return f"t{chance.randint(1, SCHEMAS[schema]):05}"


def _signed_in(supervisor: Supervisor, env: dict[str, str], secrets: dict[str, object]) -> list[dict[str, str]]:
    file = VAR / "browsing.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps({"people": PEOPLE, "secrets": secrets}))
    try:
        command = [sys.executable, "-m", "bench.browsing_data", str(file)]
        supervisor.must(Service(name="browsing-data", command=command, env=env, cwd=portal.ROOT, ready_within=180))
        people: list[dict[str, str]] = json.loads(file.read_text())
        return people
    finally:
        file.unlink()


if __name__ == "__main__":
    sys.exit(main())
