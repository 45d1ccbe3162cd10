"""One warm Spark for many rehearsals: each runs in a forked process with a Spark session of its own.

A forked process has the parent's imports and the parent's JVM, reached by a connection of its own; what it does to
Python ends with it, and its temporary views are its session's.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

SOURCE_MARK = "pgspark.source"
"""The key in a column's metadata under which the frames of the sources say their alias."""
MAX_PROJECTED = 200
"""Expressions of an Expand that are asked for: each is a question to the JVM."""

_OPTIONS = {
    "spark.master": "local[2]",
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.ui.retainedExecutions": "1",
    "spark.sql.maxMetadataStringLength": "2000",
}
_JAVA = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:+ExitOnOutOfMemoryError -XX:-UsePerfData -Xss2m"
_JAVA_LIMITS = "-XX:MaxMetaspaceSize=256m -XX:ReservedCodeCacheSize=96m"


class Engine:
    """Spark in this process; `enter` is called in each fork before anything else."""

    def __init__(self, scratch: Path, memory_mb: int) -> None:
        options = {**_OPTIONS, "spark.local.dir": str(scratch), "spark.sql.warehouse.dir": f"file:{scratch}/warehouse"}
        java = f"{_JAVA} {_JAVA_LIMITS} -Djava.io.tmpdir={scratch} -Dderby.system.home={scratch}"
        pairs = " ".join(f"--conf {name}={value}" for name, value in options.items())
        os.environ["PYSPARK_SUBMIT_ARGS"] = (
            f"--driver-memory {memory_mb}m --driver-java-options '{java}' {pairs} pyspark-shell"
        )
        self.spark = SparkSession.builder.getOrCreate()
        self.spark.sparkContext.setLogLevel("OFF")
        self._scratch = scratch
        self._gateway: Any = self.spark.sparkContext._gateway
        self._find_classes()

    def _find_classes(self) -> None:
        """Each step of a Java path is a question to the JVM; asked once, they cost no rehearsal anything."""
        jvm = self.spark._jvm
        sources = jvm.org.apache.spark.sql.execution.datasources.jdbc
        self._relation, self._jdbc_options = sources.JDBCRelation, sources.JDBCOptions
        self._struct = jvm.org.apache.spark.sql.types.StructType
        self._type = jvm.org.apache.spark.sql.types.DataType
        self._to_scala = jvm.org.apache.spark.api.python.PythonUtils.toScalaMap
        self._sessions = jvm.org.apache.spark.sql.SparkSession
        dialects = jvm.org.apache.spark.sql.jdbc.JdbcDialects
        self._dialect = dialects.get("jdbc:postgresql:")
        self._partitions = self._gateway.new_array(jvm.org.apache.spark.Partition, 0)
        self.timestamp_formatter = jvm.org.apache.spark.sql.catalyst.util.TimestampFormatter
        self.pattern = jvm.java.util.regex.Pattern
        self.zone = jvm.java.time.ZoneId.of("UTC")

    @property
    def java_pid(self) -> int:
        return int(self._gateway.proc.pid)

    @property
    def is_alive(self) -> bool:
        return self._gateway.proc.poll() is None

    def enter(self) -> SparkSession:
        """In a fork: a connection to the JVM and a session of its own."""
        client = self._gateway._gateway_client
        # Two processes must not speak on one connection. In this order: the second line would shut down what is left.
        client.deque.clear()
        client.thread_connection = threading.local()
        java_session = self.spark._jsparkSession.newSession()
        self._sessions.setActiveSession(java_session)
        session = SparkSession(self.spark.sparkContext, java_session)
        SparkSession._instantiatedSession = SparkSession._activeSession = session
        return session

    def frame(self, session: SparkSession, source: Mapping[str, Any]) -> DataFrame:
        """The source as an empty DataFrame with a plan that Spark cannot see to be empty.

        A PostgreSQL table is a JDBC relation of no partitions, so Spark plans as for the table, and nothing connects.
        """
        alias, java_session = source["alias"], session._jsparkSession
        schema = self._schema(alias, source["columns"])
        if source["kind"] == "POSTGRES":
            options = {"url": "jdbc:postgresql://source/", "dbtable": alias}
            options["driver"] = "org.apache.derby.jdbc.AutoloadedDriver"  # any driver that Spark ships; it is not used
            jdbc = self._jdbc_options(self._to_scala(options))
            relation = self._relation(schema, self._partitions, jdbc, java_session)
            return DataFrame(java_session.baseRelationToDataFrame(relation), session)
        folder = self._scratch / "sources" / alias
        folder.mkdir(parents=True, exist_ok=True)
        reader = java_session.read().schema(schema)
        return DataFrame(reader.format("csv" if source["kind"] == "CSV" else "parquet").load(str(folder)), session)

    def _schema(self, alias: str, columns: Sequence[Sequence[str]]) -> Any:
        ddl = ", ".join(f"`{name.replace('`', '``')}` {kind}" for name, kind in columns)
        schema = T.StructType.fromJson(json.loads(self._struct.fromDDL(ddl).json()))
        for field in schema.fields:
            field.metadata = {SOURCE_MARK: alias}
        return self._type.fromJson(schema.json())

    def compile_filter(self, java_filter: Any) -> str:
        """A filter as PostgreSQL gets it; empty for one that it does not get."""
        told = self._dialect.compileExpression(java_filter.toV2())
        return str(told.get()) if told.isDefined() else ""

    def marks(self, logical: Any) -> dict[int, str]:
        """The aliases of the sources by the number of each leaf's first column: a plan's JSON does not tell them."""
        plans = [logical, *each(logical.subqueriesAll())]
        leaves = [leaf for plan in plans for leaf in each(plan.collectLeaves())]
        marked = [(leaf, self.mark_of(leaf)) for leaf in leaves]
        return {int(leaf.output().head().exprId().id()): alias for leaf, alias in marked if alias}

    def untold(self, logical: Any) -> list[dict[str, Any]]:
        """Fields of each Generate and Expand of a plan, from the top, that the plan's JSON leaves out.

        `kept` are the numbers of the columns that a Generate gives, `projections` the ways in which an Expand does.
        """
        waiting: list[Any] = [logical]
        found: list[dict[str, Any]] = []
        while waiting:
            node = waiting.pop()
            name = node.nodeName()
            if name == "Generate":
                found.append({"kept": [int(column.exprId().id()) for column in each(node.output())]})
            elif name == "Expand":
                ways = [each(way) for way in each(node.projections())]
                is_short = sum(map(len, ways)) <= MAX_PROJECTED
                told = [[json.loads(one.toJSON()) for one in way] for way in ways] if is_short else []
                found.append({"projections": told})
            waiting += reversed(each(node.children()))
        return found

    def mark_of(self, leaf: Any) -> str:
        """The alias of the source that a leaf of a plan reads; empty for another leaf and one without columns."""
        output = leaf.output()
        if output.isEmpty():
            return ""
        metadata = output.head().metadata()
        return str(metadata.getString(SOURCE_MARK)) if metadata.contains(SOURCE_MARK) else ""


def each(sequence: Any) -> list[Any]:
    """The items of a sequence of Scala's."""
    return [sequence.apply(number) for number in range(sequence.size())]
