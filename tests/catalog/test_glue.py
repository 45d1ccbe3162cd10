"""What is read of the Glue Catalog, page by page, and what its refusals mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import Stubber

from catalog import glue
from catalog.glue_tables import read_table
from connections.aws import client
from connections.errors import PortalError
from tests.catalog.glue_room import TEXT, make_database, make_table, storage


@pytest.fixture
def stub(aws: str) -> Iterator[Stubber]:
    """Answers and refusals that the stand-in does not give: pages, missing permissions, too many requests."""
    with Stubber(client("glue")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def _names(*names: str) -> list[dict[str, str]]:
    return [{"Name": name} for name in names]


def test_databases_are_read_to_the_last_page_and_sorted(stub: Stubber) -> None:
    stub.add_response("get_databases", {"DatabaseList": _names("sales"), "NextToken": "more"}, {"MaxResults": 100})
    stub.add_response("get_databases", {"DatabaseList": _names("analytics")}, {"MaxResults": 100, "NextToken": "more"})

    assert glue.list_databases() == ["analytics", "sales"]


def test_only_allowed_databases_are_listed(aws: str, settings: Any) -> None:
    settings.PGSPARK_GLUE_DATABASES = ["analytics"]
    make_database("analytics")
    make_database("payroll")

    assert glue.list_databases() == ["analytics"]


def test_a_page_of_tables_names_the_next(stub: Stubber) -> None:
    hundred = _names(*(f"t{number}" for number in range(100)))
    request = {"DatabaseName": "analytics", "MaxResults": 100}
    stub.add_response("get_tables", {"TableList": hundred, "NextToken": "more"}, request)
    stub.add_response("get_tables", {"TableList": _names("last")}, request | {"NextToken": "more"})

    first = glue.list_tables("analytics")
    second = glue.list_tables("analytics", after=first.after)

    assert len(first.tables) == 100
    assert [table.name for table in second.tables] == ["last"]
    assert second.after == ""


def test_a_search_goes_on_until_its_page_is_full_or_nothing_is_left(stub: Stubber) -> None:
    """Glue may answer with an empty page and a token: that is not the end."""
    request = {"DatabaseName": "analytics", "MaxResults": 100, "Expression": ".{0,255}web.{0,255}"}
    stub.add_response("get_tables", {"TableList": [], "NextToken": "more"}, request)
    stub.add_response("get_tables", {"TableList": _names("web_events")}, request | {"NextToken": "more"})

    assert [table.name for table in glue.list_tables("analytics", search="Web").tables] == ["web_events"]


@pytest.mark.parametrize("search", ["event", "EVENT", "web_events", "web"])
def test_a_search_runs_in_the_service(aws: str, search: str) -> None:
    make_database()
    make_table("web_events")
    make_table("orders")

    assert [table.name for table in glue.list_tables("analytics", search=search).tables] == ["web_events"]


@pytest.mark.parametrize("search", ["we*s", ".*", "a|b", "(", "web-events", "[", "\\"])
def test_a_search_is_text_and_no_pattern(aws: str, search: str) -> None:
    make_database()
    make_table("web_events")

    assert glue.list_tables("analytics", search=search).tables == ()


def test_the_facts_of_a_table(aws: str) -> None:
    make_database()
    make_table(
        "web_events",
        Description="Visits",
        PartitionKeys=[{"Name": "event_date", "Type": "DATE", "Comment": "UTC"}],
        Parameters={"recordCount": "1200", "sizeKey": "34567"},
        StorageDescriptor=storage({"id": "BIGINT", "tags": "array<string>"}, location="s3a://lake/events/"),
    )

    table = glue.table_detail("analytics", "web_events")

    assert [column.as_json() for column in table.columns] == [
        {"name": "id", "type": "bigint", "nullable": True, "comment": "", "is_partition_key": False},
        {"name": "tags", "type": "array<string>", "nullable": True, "comment": "", "is_partition_key": False},
        {"name": "event_date", "type": "date", "nullable": True, "comment": "UTC", "is_partition_key": True},
    ]
    assert table.statistics() == {
        "estimated_rows": 1200,
        "size_bytes": 34567,
        "comment": "Visits",
        "kind": "table",
        "format": "parquet",
        "location": "s3://lake/events/",
        "partition_keys": ["event_date"],
        "serde": {},
    }


@pytest.mark.parametrize(
    ("serde", "told", "format_", "delimiter"),
    [
        (TEXT, {"field.delim": "|"}, "csv", "|"),
        (TEXT, {"field.delim": "\\t"}, "csv", "\t"),
        (TEXT, {"serialization.format": "1"}, "csv", "\x01"),
        (TEXT, {}, "csv", "\x01"),
        ("org.apache.hadoop.hive.serde2.OpenCSVSerde", {"separatorChar": ";"}, "csv", ";"),
        ("org.apache.hadoop.hive.serde2.OpenCSVSerde", {}, "csv", ","),
        ("org.openx.data.jsonserde.JsonSerDe", {}, "json", None),
        ("org.apache.hadoop.hive.ql.io.orc.OrcSerde", {}, "orc", None),
        ("org.apache.hadoop.hive.serde2.avro.AvroSerDe", {}, "avro", None),
        ("com.amazonaws.glue.serde.GrokSerDe", {}, "unknown", None),
    ],
)  # fmt: skip
def test_formats(serde: str, told: dict[str, str], format_: str, delimiter: str | None) -> None:
    table = read_table({"Name": "t", "StorageDescriptor": storage({"id": "int"}, serde=serde, **told)})

    assert table.format == format_
    assert table.serde.get("delimiter") == delimiter


def test_header_lines_to_skip() -> None:
    text = storage({"id": "int"}, serde=TEXT)

    table = read_table({"Name": "t", "Parameters": {"skip.header.line.count": "1"}, "StorageDescriptor": text})

    assert table.serde["skip_header_lines"] == 1


def test_nobody_counted() -> None:
    table = read_table({"Name": "t", "Parameters": {"numRows": "-1", "totalSize": ""}})

    assert (table.estimated_rows, table.size_bytes) == (None, None)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"TableType": "VIRTUAL_VIEW"}, "a view"),
        ({"TargetTable": {"DatabaseName": "sales", "Name": "orders"}}, "a link"),
        ({"Parameters": {"table_type": "ICEBERG"}}, "Apache Iceberg"),
        ({"Parameters": {"spark.sql.sources.provider": "delta"}}, "Delta Lake"),
        ({"StorageDescriptor": storage({"id": "int"}, location="jdbc.orders")}, "not in S3"),
        ({"StorageDescriptor": storage({"id": "int"}, serde="com.example.XmlSerDe")}, "format"),
        ({"StorageDescriptor": storage({})}, "no columns"),
    ],
)
def test_what_cannot_be_picked_says_why(fields: Any, why: str) -> None:
    table = read_table({"Name": "t", "StorageDescriptor": storage({"id": "int"}), **fields})

    assert why in table.unusable


@pytest.mark.parametrize(
    ("aws_code", "text", "code", "says"),
    [
        ("AccessDeniedException", "User is not authorized", "GLUE_ACCESS_DENIED", "glue:GetTables"),
        ("AccessDeniedException", "Insufficient Lake Formation permission(s)", "GLUE_LAKE_FORMATION", "DESCRIBE"),
        ("ThrottlingException", "Rate exceeded", "GLUE_BUSY", "Try again"),
        ("EntityNotFoundException", "Database not found", "GLUE_DATABASE_NOT_FOUND", "another"),
        ("UnrecognizedClientException", "token", "AWS_REFUSED", "IAM"),
    ],
)
def test_refusals_come_with_advice(stub: Stubber, aws_code: str, text: str, code: str, says: str) -> None:
    stub.add_client_error("get_tables", aws_code, text)

    with pytest.raises(PortalError) as refused:
        glue.list_tables("analytics")

    assert refused.value.code == code
    assert says in refused.value.hint
    assert text not in refused.value.message + refused.value.hint


def test_a_table_that_is_gone(aws: str) -> None:
    make_database()

    with pytest.raises(PortalError) as refused:
        glue.table_detail("analytics", "gone")

    assert refused.value.code == "TABLE_NOT_FOUND"
