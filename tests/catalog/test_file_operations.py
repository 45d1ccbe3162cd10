"""Picking, correcting, deleting and pruning files; and what becomes of a source whose file is gone."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.http import Http404
from django.utils import timezone

from catalog import drift, file_access, file_operations, tasks
from catalog.files import places, reading
from catalog.files.dialect import Dialect
from catalog.files.incoming import IncomingFile
from catalog.files.named import reference_of
from catalog.models import AnalysisSession, CsvUpload, SelectedSource, SourceKind
from connections.errors import PortalError
from tests.catalog.conftest import People
from tests.catalog.uploading import SALES, files_of, make_upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def upload(people: People, bucket: Path) -> CsvUpload:
    return make_upload(people.owner)


def _pick(session: AnalysisSession, reference: str, **more: Any) -> Any:
    return file_operations.pick_file(session=session, user=session.owner, reference=reference, **more)


def _check_present(source: SelectedSource, user: User | None = None) -> None:
    file_access.check_present(
        user or source.session.owner, uri=source.uri, upload_id=source.upload_id, name=source.table
    )


def _code(call: Any) -> str:
    with pytest.raises(PortalError) as refused:
        call()
    return refused.value.code


def test_a_picked_upload(session: AnalysisSession, upload: CsvUpload) -> None:
    source = _pick(session, reference_of(upload))

    assert (source.kind, source.table, source.alias) == (SourceKind.CSV, "sales.csv", "sales")
    assert source.uri == f"s3://portal/{upload.key}"
    assert source.upload == upload
    assert source.read_options == Dialect(multiline=True).as_json()
    assert source.columns[1] == {
        "name": "amount",
        "type": "double",
        "nullable": True,
        "comment": "",
        "is_partition_key": False,
    }
    assert source.statistics["size_bytes"] == len(SALES)
    assert (source.statistics["estimated_rows"], source.statistics["object_count"]) == (2, 1)


def test_picking_twice_is_picking_once(session: AnalysisSession, upload: CsvUpload) -> None:
    first, second = _pick(session, reference_of(upload)), _pick(session, reference_of(upload))

    assert first.pk == second.pk


def test_a_correction_holds_for_the_source_and_for_later_picks(session: AnalysisSession, upload: CsvUpload) -> None:
    _pick(session, reference_of(upload))

    _pick(session, reference_of(upload), dialect=Dialect(), types=["string", "decimal(38,6)", "string"])

    source = session.sources.get()
    assert [column["type"] for column in source.columns] == ["string", "decimal(38,6)", "string"]
    later = AnalysisSession.objects.create(owner=session.owner)
    assert _pick(later, reference_of(upload)).columns == source.columns


def test_two_files_of_one_name_get_names_of_their_own(session: AnalysisSession, people: People, bucket: Path) -> None:
    for _ in range(2):
        _pick(session, reference_of(make_upload(people.owner)))

    assert list(session.sources.values_list("alias", flat=True)) == ["sales", "file_sales"]


def test_an_object_of_s3(session: AnalysisSession, bucket: Path) -> None:
    (bucket / "samples" / "costs 2024.csv").write_bytes(SALES)

    source = _pick(session, "s3://portal/samples/costs 2024.csv")

    assert (source.uri, source.alias) == ("s3://portal/samples/costs 2024.csv", "costs_2024")
    assert source.upload is None
    assert source.statistics["etag"]


def test_a_prefix_counts_what_spark_reads(session: AnalysisSession, bucket: Path) -> None:
    folder = bucket / "samples" / "sales"
    (folder / "deeper").mkdir(parents=True)
    for name in ("a.csv", "b.csv", "deeper/c.csv"):
        (folder / name).write_bytes(SALES)
    for name in ("_SUCCESS", "empty.csv"):
        (folder / name).touch()

    source = _pick(session, "s3://portal/samples/sales/")

    assert (source.table, source.uri) == ("sales", "s3://portal/samples/sales/")
    assert source.statistics["object_count"] == 2
    assert source.statistics["size_bytes"] == 2 * len(SALES)
    assert source.statistics["estimated_rows"] == 4


def test_a_partitioned_prefix_has_the_keys_of_its_folders(session: AnalysisSession, bucket: Path) -> None:
    for day in ("2024-05-01", "2024-05-02"):
        folder = bucket / "samples" / "events" / f"day={day}" / "hour=0"
        folder.mkdir(parents=True)
        duckdb.execute(f"COPY (SELECT 1::BIGINT AS id) TO '{folder}/part.parquet' (FORMAT parquet)")

    source = _pick(session, "s3://portal/samples/events/")

    assert [(column["name"], column["type"], column["is_partition_key"]) for column in source.columns] == [
        ("id", "bigint", False),
        ("day", "string", True),
        ("hour", "string", True),
    ]
    place = places.allowed(source.uri)
    assert [value.text for value in reading.preview(place, reading.facts_of(place), name="events").rows[0]] == [
        "1",
        "2024-05-01",
        "0",
    ]
    assert source.read_options["format"] == "parquet"
    assert source.statistics["partition_keys"] == ["day", "hour"]


def test_a_compressed_object(session: AnalysisSession, bucket: Path) -> None:
    import gzip

    (bucket / "samples" / "a.csv.gz").write_bytes(gzip.compress(SALES))

    assert [column["name"] for column in _pick(session, "s3://portal/samples/a.csv.gz").columns] == [
        "region",
        "amount",
        "day",
    ]


def test_a_well_packed_bomb_is_opened_a_little(session: AnalysisSession, bucket: Path) -> None:
    import gzip

    (bucket / "samples" / "bomb.csv.gz").write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * 20_000_000, 9))
    began = time.perf_counter()

    _pick(session, "s3://portal/samples/bomb.csv.gz")

    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(
    ("uri", "code"),
    [
        ("s3://portal/samples/gone.csv", "FILE_GONE"),
        ("s3://portal/samples/nothing/", "FILE_GONE"),
        ("s3://portal/uploads/", "S3_PLACE_NOT_ALLOWED"),
        ("s3://elsewhere/a.csv", "S3_PLACE_NOT_ALLOWED"),
    ],
)
def test_places_that_cannot_be_picked(session: AnalysisSession, bucket: Path, uri: str, code: str) -> None:
    assert _code(lambda: _pick(session, uri)) == code
    assert not session.sources.exists()


def test_an_upload_is_its_owners_alone(session: AnalysisSession, people: People, bucket: Path) -> None:
    theirs = make_upload(people.teammate)

    with pytest.raises(Http404):
        _pick(session, reference_of(theirs))
    assert _code(lambda: _pick(session, f"s3://portal/{theirs.key}")) == "S3_PLACE_NOT_ALLOWED"


@pytest.mark.parametrize("reference", ["upload:", "upload:1", "upload:../x", "upload:' OR 1=1 --"])
def test_references_that_name_nothing(session: AnalysisSession, bucket: Path, reference: str) -> None:
    with pytest.raises(Http404):
        _pick(session, reference)


def test_a_deleted_upload_is_told_of_by_what_picked_it(session: AnalysisSession, upload: CsvUpload) -> None:
    source = _pick(session, reference_of(upload))
    _check_present(source)

    file_operations.delete_upload(upload=upload)

    assert _code(lambda: _check_present(source)) == "FILE_GONE"
    assert drift.report(session.owner, [source]).drifts[0].is_gone
    assert _code(lambda: _pick(session, reference_of(upload))) == "FILE_GONE"


def test_an_object_deleted_after_picking(session: AnalysisSession, bucket: Path) -> None:
    (bucket / "samples" / "a.csv").write_bytes(SALES)
    source = _pick(session, "s3://portal/samples/a.csv")

    (bucket / "samples" / "a.csv").unlink()

    assert _code(lambda: _check_present(source)) == "FILE_GONE"
    assert drift.report(session.owner, [source]).drifts[0].is_gone


def test_columns_that_an_object_has_since_are_told(session: AnalysisSession, bucket: Path) -> None:
    (bucket / "samples" / "a.csv").write_bytes(SALES)
    source = _pick(session, "s3://portal/samples/a.csv", dialect=Dialect(), types=["string", "string", "string"])
    assert not drift.report(session.owner, [source]).drifts

    (bucket / "samples" / "a.csv").write_bytes(b"region,total,day\nnorth,1.5,2024-05-01\n")

    (told,) = drift.report(session.owner, [source]).drifts
    assert (told.added, told.removed) == ((("total", "string"),), (("amount", "string"),))


def test_a_place_that_was_closed_since_is_read_no_more(session: AnalysisSession, bucket: Path, settings: Any) -> None:
    (bucket / "samples" / "a.csv").write_bytes(SALES)
    source = _pick(session, "s3://portal/samples/a.csv")

    settings.PGSPARK_S3_SOURCES = []

    assert _code(lambda: _check_present(source)) == "S3_PLACE_NOT_ALLOWED"


def test_an_upload_is_read_for_its_owner_only(session: AnalysisSession, people: People, upload: CsvUpload) -> None:
    source = _pick(session, reference_of(upload))

    assert _code(lambda: _check_present(source, people.teammate)) == "UPLOAD_NOT_YOURS"


def test_pruning_deletes_what_is_over_and_keeps_the_row(
    session: AnalysisSession, people: People, upload: CsvUpload, bucket: Path
) -> None:
    _pick(session, reference_of(upload))
    stays = make_upload(people.owner)
    CsvUpload.objects.filter(pk=upload.pk).update(expires_at=timezone.now() - timedelta(seconds=1))

    call_command("prune_uploads", verbosity=0)

    upload.refresh_from_db()
    assert upload.removed_at
    assert session.sources.get().upload == upload
    assert [name for name in files_of(bucket) if name.endswith(".csv")] == [stays.key]


def test_the_task_prunes_too(upload: CsvUpload) -> None:
    CsvUpload.objects.update(expires_at=timezone.now())

    tasks.prune_uploads()

    assert not CsvUpload.objects.present().exists()


def test_pruning_takes_what_killed_processes_left_once_it_is_a_day_old(people: People, bucket: Path) -> None:
    """A file that was on its way, and one that had arrived before its row was written."""
    half = IncomingFile("half.csv")
    half.write(SALES)
    whole = IncomingFile("whole.csv")
    whole.write(SALES)
    whole.commit()

    assert file_operations.prune_uploads() == 0
    for path in bucket.rglob("*"):
        if path.is_file():
            os.utime(path, (0, 0))
    assert file_operations.prune_uploads() == 2
    assert files_of(bucket / "uploads") == []
    half.close()


def test_pruning_leaves_the_rest_of_the_bucket_alone(bucket: Path) -> None:
    (bucket / "samples" / "old.csv").write_bytes(SALES)
    os.utime(bucket / "samples" / "old.csv", (0, 0))

    file_operations.prune_uploads()

    assert (bucket / "samples" / "old.csv").exists()
