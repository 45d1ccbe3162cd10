"""Tables of Glue for tests, in the AWS stand-in."""

from __future__ import annotations

from typing import Any

from connections.aws import client

PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
TEXT = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"


def storage(columns: dict[str, str], *, serde: str = PARQUET, location: str = "s3://lake/events/", **told: str) -> Any:
    return {
        "Columns": [{"Name": name, "Type": type_, "Comment": ""} for name, type_ in columns.items()],
        "Location": location,
        "SerdeInfo": {"SerializationLibrary": serde, "Parameters": told},
    }


def make_database(name: str = "analytics") -> None:
    client("glue").create_database(DatabaseInput={"Name": name})


def make_table(name: str, *, database: str = "analytics", **fields: Any) -> None:
    """A Parquet table of two columns unless `fields` (of Glue's TableInput) say otherwise."""
    table = {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "StorageDescriptor": storage({"id": "bigint", "kind": "string"}),
    }
    client("glue").create_table(DatabaseName=database, TableInput=table | fields)  # type: ignore[arg-type]
