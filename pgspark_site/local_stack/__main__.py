"""`python -m pgspark_site.local_stack demo [--once] [--json] [--target aws]`"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

from pgspark_site.local_stack import demo
from pgspark_site.local_stack.portal import ROOT
from pgspark_site.local_stack.processes import ServiceFailed, StopRequested
from pgspark_site.local_stack.provision import Missing, say
from pgspark_site.local_stack.state import AlreadyRunning


def main(arguments: list[str]) -> int:
    """Runs what is asked and turns each expected end into words and an exit code."""
    options = _parse(arguments)
    var = Path(os.environ.get("PGSPARK_VAR_DIR", ROOT / "var")).resolve()
    try:
        return demo.run(var, options)
    except Missing as missing:
        say(f"{missing.what}\n  {missing.remedy}")
    except AlreadyRunning as other:
        say(f"The demonstration already runs{f' at {other.url}' if other.url else ', it is just starting'}.")
    except ServiceFailed as failed:
        say(f"{failed}. Its last lines (all of them are in {var / 'log' / failed.name}.log):")
        say("\n".join(f"  {line}" for line in failed.last_lines))
    except StopRequested as stop:
        return 130 if stop.number == signal.SIGINT else 0
    return 1


def _parse(arguments: list[str]) -> demo.Options:
    parser = argparse.ArgumentParser(prog="make demo ARGS=...")
    parser.add_argument("story", choices=["demo"])
    parser.add_argument("--once", action="store_true", help="end after the sample job; exit 0 only if it SUCCEEDED")
    parser.add_argument("--json", action="store_true", help="print the job's answer as one JSON object, last")
    parser.add_argument("--target", choices=["local", "aws"], default="local", help="where the sample job runs")
    parsed = parser.parse_args(arguments)
    return demo.Options(once=parsed.once, as_json=parsed.json, on_aws=parsed.target == "aws")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
