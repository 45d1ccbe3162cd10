"""Takes the place of `spark-submit`: waits, prints, leaves an empty result and ends, as told. Standard library only.

What it is told is JSON in PGSPARK_PRETEND: seconds, stdout, stderr, exit_code, manifest (a path), content.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path


def main() -> int:
    told = json.loads(os.environ["PGSPARK_PRETEND"])
    print(told["stdout"] or "pgspark: reading", flush=True)
    print(told["stderr"] or "INFO SparkContext: Running Spark version 3.5.6", file=sys.stderr, flush=True)
    time.sleep(told["seconds"])
    if told["exit_code"] == 0 and told["manifest"]:
        manifest = Path(told["manifest"])
        manifest.parent.mkdir(parents=True, exist_ok=True)
        manifest.write_text(json.dumps(told["content"]))
    return int(told["exit_code"])


if __name__ == "__main__":
    sys.exit(main())
