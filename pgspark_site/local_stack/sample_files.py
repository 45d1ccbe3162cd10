"""The sample's files in the bucket and its Glue tables: web events by day as Parquet, marketing costs as CSV."""

from __future__ import annotations

import tempfile
from pathlib import Path

GLUE_DATABASE = "analytics"
EVENTS = "samples/web_events/"
COSTS = "samples/marketing_costs.csv"
_DAYS = ("2024-05-01", "2024-05-02", "2024-05-03")
_EVENTS_A_DAY = 400
# Every figure follows from the event's number, so that the sample is the same on every machine.
_EVENTS_SQL = """
COPY (
    SELECT n::BIGINT AS event_id,
           (n * 7919 % 500 + 1)::BIGINT AS customer_id,
           ['view', 'view', 'view', 'search', 'cart', 'order'][(n * 31 % 6)::INT + 1] AS event_type,
           '/' || ['', 'books', 'garden', 'music', 'kitchen'][(n * 17 % 5)::INT + 1] AS page,
           (n * 37 % 9000)::INT AS duration_ms,
           TIMESTAMPTZ '{day} 00:00:00+00' + to_seconds((n * 209 % 86400)::INT) AS occurred_at
    FROM range({first}, {last}) AS numbers(n)
) TO '{path}' (FORMAT parquet)
"""
_EVENT_COLUMNS = (
    ("event_id", "bigint", "Counts up from the first day"),
    ("customer_id", "bigint", "customers.id of the shop"),
    ("event_type", "string", "view, search, cart or order"),
    ("page", "string", ""),
    ("duration_ms", "int", "Until the next event"),
    ("occurred_at", "timestamp", ""),
)
_CHANNELS = ("search", "social", "newsletter", "affiliates")


def ensure_sample_files() -> None:
    """Writes the files and defines the tables anew: the stand-in for AWS forgets them at each start."""
    from connections.object_store import store

    for number, day in enumerate(_DAYS):
        store().put(f"{EVENTS}event_date={day}/part-0.parquet", _events_of(number, day))
    store().put(COSTS, _costs().encode())
    _ensure_glue()


def _events_of(number: int, day: str) -> bytes:
    import duckdb

    first = 1 + number * _EVENTS_A_DAY
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        path = Path(folder) / "part.parquet"
        connection.execute(_EVENTS_SQL.format(day=day, first=first, last=first + _EVENTS_A_DAY, path=path))
        return path.read_bytes()


def _costs() -> str:
    lines = ["month,channel,cost,clicks"]
    for month in range(1, 13):
        for place, channel in enumerate(_CHANNELS, 1):
            cost = (month * 911 * place) % 4000 + 250.5
            lines.append(f"2024-{month:02}-01,{channel},{cost:.2f},{(month * 1327 * place) % 9000 + 40}")
    return "\n".join(lines) + "\n"


def _ensure_glue() -> None:
    from connections.aws import client

    glue = client("glue")
    try:
        glue.create_database(DatabaseInput={"Name": GLUE_DATABASE, "Description": "What the web shop records"})
    except glue.exceptions.AlreadyExistsException:
        glue.delete_table(DatabaseName=GLUE_DATABASE, Name="web_events")
        glue.delete_table(DatabaseName=GLUE_DATABASE, Name="orders_by_day")
    _create_events()
    _create_view()


def _create_events() -> None:
    from connections.aws import client
    from connections.object_store import store, uri_of

    columns = [{"Name": name, "Type": type_, "Comment": comment} for name, type_, comment in _EVENT_COLUMNS]
    parts = {day: f"{uri_of(EVENTS)}event_date={day}/" for day in _DAYS}
    storage = {
        "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
    }
    size = sum(info.size for info in store().list(EVENTS))
    client("glue").create_table(
        DatabaseName=GLUE_DATABASE,
        TableInput={
            "Name": "web_events",
            "Description": "Visits of the web shop",
            "TableType": "EXTERNAL_TABLE",
            "PartitionKeys": [{"Name": "event_date", "Type": "date", "Comment": "UTC"}],
            "Parameters": {
                "classification": "parquet",
                "recordCount": str(len(_DAYS) * _EVENTS_A_DAY),
                "sizeKey": str(size),
            },
            "StorageDescriptor": {"Columns": columns, "Location": uri_of(EVENTS), **storage},  # type: ignore[typeddict-item]
        },
    )
    client("glue").batch_create_partition(
        DatabaseName=GLUE_DATABASE,
        TableName="web_events",
        PartitionInputList=[
            {"Values": [day], "StorageDescriptor": {"Columns": columns, "Location": location, **storage}}  # type: ignore[typeddict-item]
            for day, location in parts.items()
        ],
    )


def _create_view() -> None:
    """A view, to show how the list explains what cannot be picked."""
    from connections.aws import client

    client("glue").create_table(
        DatabaseName=GLUE_DATABASE,
        TableInput={
            "Name": "orders_by_day",
            "TableType": "VIRTUAL_VIEW",
            "ViewOriginalText": "SELECT event_date, count(*) FROM web_events WHERE event_type = 'order' GROUP BY 1",
            "StorageDescriptor": {"Columns": [{"Name": "event_date", "Type": "date"}]},
        },
    )
