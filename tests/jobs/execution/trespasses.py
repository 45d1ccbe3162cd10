"""What a run may try beyond its own, for a day on which the policy lets it through.

Each is tried in the run's process; the answer is a JSON object of the names and whether they worked.
"""

from __future__ import annotations

# Reads `sys.argv[1]`, a JSON object: paths (other, env, object, input, folder, output), worker (a pid), port.
PROGRAM = """
import glob, json, os, pathlib, signal, socket, sys

told = json.loads(sys.argv[1])
CANARY = "the-canary-" + "that-nobody-may-see"

def environments():
    return any(tried(lambda: CANARY in open(name).read()) for name in glob.glob("/proc/[0-9]*/environ"))

def write(path):
    with open(path, "w") as file:
        file.write("x")
    return True

def read(path):
    return CANARY in pathlib.Path(path).read_text()

def remount(path):
    os.system(f"mount -o remount,rw,bind {path} 2>/dev/null; umount {path} 2>/dev/null")
    return read(told["env"])

ATTEMPTS = {
    "another run's log": lambda: read(told["other"]),
    "another run's result": lambda: read(told["object"]),
    "the portal's settings": lambda: read(told["env"]),
    "the portal's settings from another root": lambda: any(map(read, glob.glob("/proc/[0-9]*/root" + told["env"]))),
    "the portal's settings behind a mount": lambda: remount(told["input"]),
    "the worker's environment": lambda: CANARY in open(f"/proc/{told['worker']}/environ").read(),
    "every environment": environments,
    "a signal to the worker": lambda: os.kill(told["worker"], 0) is None,
    "the worker's memory": lambda: bool(open(f"/proc/{told['worker']}/maps").read()),
    "the runner's lock": lambda: open(told["folder"] + "/lock").close() is None,
    "what it is started with": lambda: bool(open(told["folder"] + "/job.json").read()),
    # Where the folder lies below the scratch there is a place of that name to write to.
    "a forged end": lambda: write(told["folder"] + "/forged") and False,
    "an input": lambda: read(told["input"]),
    "to change an input": lambda: open(told["input"], "a").close() is None,
    "its output": lambda: write(told["output"] + "/part"),
    "its own folder": lambda: write("here"),
    "a scratch": lambda: write("/tmp/pgspark-of-" + str(told["port"])),
    "the database": lambda: socket.create_connection(("127.0.0.1", told["port"]), 20) is not None,
}

def tried(attempt):
    try:
        return bool(attempt())
    except (OSError, ValueError):
        return False

print(json.dumps({name: tried(attempt) for name, attempt in ATTEMPTS.items()}))
"""

ALLOWED = {"an input", "its output", "its own folder", "a scratch", "the database"}

# A script for Spark, to be formatted with `told`.
SCRIPT = """
import json
from pyspark.sql import SparkSession, functions as F

told = {told!r}
CANARY = "the-canary-" + "that-nobody-may-see"
spark = SparkSession.builder.getOrCreate()
jvm = spark.sparkContext._jvm

def by_java(path):
    place = jvm.java.nio.file.Paths.get(path, spark.sparkContext._gateway.new_array(jvm.java.lang.String, 0))
    return CANARY in str(jvm.java.nio.file.Files.readAllLines(place))

def by_rows(path):
    return CANARY in str(spark.range(1).select(F.udf(lambda x: open(path).read())("id")).collect())

ATTEMPTS = {{
    "by Java": lambda: by_java(told["other"]),
    "by Spark's reader": lambda: CANARY in str(spark.read.text("file://" + told["env"]).collect()),
    "by the store": lambda: CANARY in str(spark.read.text("s3://bucket/runs/other/").collect()),
    "by a function on rows": lambda: by_rows(told["env"]),
    "the worker's environment": lambda: by_java("/proc/%d/environ" % told["worker"]),
    "an input": lambda: spark.read.csv("s3://bucket/in/", header=True).count() == 1,
}}

def tried(attempt):
    try:
        return bool(attempt())
    except Exception:
        return False

got = {{name: tried(attempt) for name, attempt in ATTEMPTS.items()}}
hadoop = jvm.org.apache.hadoop.fs
path = hadoop.Path("s3://bucket/runs/own/told.json")
stream = path.getFileSystem(spark._jsc.hadoopConfiguration()).create(path)
stream.write(bytearray(json.dumps(got).encode()))
stream.close()
spark.stop()
"""
