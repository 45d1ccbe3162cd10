"""Makes tables known to the Spark session of a local run, then runs the run's script in it, unchanged.

    spark-submit local_launcher.py STATEMENTS SCRIPT

STATEMENTS is a JSON list of SQL statements (`local_catalogue.py`). The script asks for the session with `getOrCreate`
and finds the one that is there. Standard library and pyspark only: this runs in the job, not in the portal.
"""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    from pyspark.sql import SparkSession

    _, statements, script = sys.argv
    session = SparkSession.builder.appName("pgspark").getOrCreate()
    for statement in json.loads(Path(statements).read_text(encoding="utf-8")):
        session.sql(statement)
    sys.argv = [script]
    runpy.run_path(script, run_name="__main__")
