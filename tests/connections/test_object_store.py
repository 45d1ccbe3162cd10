"""The contract of both stores, and what each leaves behind when a writer stops half way."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.stub import Stubber

from connections.aws import client
from connections.errors import PortalError
from connections.folder_store import FolderStore
from connections.objects import Listing, ObjectStore
from connections.s3_store import PART_BYTES, S3Store

LATER = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ObjectStore]:
    if request.param == "folder":
        yield FolderStore(tmp_path / "example")
        return
    request.getfixturevalue("aws")
    client("s3").create_bucket(Bucket="example")
    yield S3Store("example")


@pytest.mark.parametrize("size", [0, 10, PART_BYTES, PART_BYTES + 5])
def test_what_a_writer_commits_is_there_and_whole(store: ObjectStore, size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    writer = store.writer("uploads/1/a.csv")
    for start in range(0, size, 3_000_000):
        writer.write(data[start : min(start + 3_000_000, size)])
    writer.commit()
    writer.abort()

    assert store.get("uploads/1/a.csv") == data[:size]
    assert store.info("uploads/1/a.csv").size == size


def test_of_many_who_write_a_new_object_one_does(tmp_path: Path) -> None:
    """In a folder; that S3 keeps to it is S3's promise, and the stand-in does not."""
    store = FolderStore(tmp_path / "example")
    with ThreadPoolExecutor(6) as many:
        told = list(many.map(lambda number: store.put_new("runs/1/claim", str(number).encode()), range(6)))

    assert sorted(told) == [False] * 5 + [True]
    assert store.get("runs/1/claim") == str(told.index(True)).encode()
    assert [info.key for info in store.list("runs/")] == ["runs/1/claim"]


def test_an_object_that_is_there_is_not_written_anew(store: ObjectStore) -> None:
    assert store.put_new("runs/1/claim", b"first")

    assert not store.put_new("runs/1/claim", b"second")
    assert store.get("runs/1/claim") == b"first"


def test_nothing_is_there_before_the_commit(store: ObjectStore) -> None:
    writer = store.writer("uploads/1/a.csv")
    writer.write(b"x" * (PART_BYTES + 1))

    assert store.list("uploads/") == []
    writer.abort()


@pytest.mark.parametrize("size", [5, PART_BYTES + 1])
def test_an_abort_leaves_nothing(store: ObjectStore, size: int) -> None:
    writer = store.writer("uploads/1/a.csv")
    writer.write(b"x" * size)
    writer.abort()
    writer.abort()

    assert store.list("") == []
    assert store.sweep_unfinished("uploads/", LATER) == 0


def test_what_a_killed_writer_left_is_swept_once_it_is_old(store: ObjectStore) -> None:
    killed = store.writer("uploads/1/a.csv")
    killed.write(b"x" * (PART_BYTES + 1))
    store.put("uploads/2/whole.csv", b"x")

    # The stand-in for S3 says of every upload that it began in 2010.
    assert store.sweep_unfinished("uploads/", datetime(2001, 1, 1, tzinfo=UTC)) == 0
    assert store.sweep_unfinished("uploads/", LATER) == 1
    assert store.sweep_unfinished("uploads/", LATER) == 0
    assert [info.key for info in store.list("")] == ["uploads/2/whole.csv"]
    killed.abort()


def test_ranges(store: ObjectStore) -> None:
    store.put("a", b"0123456789")
    store.put("empty", b"")

    assert store.read_range("a", 2, 3) == b"234"
    assert store.read_range("a", 8, 100) == b"89"
    assert store.read_range("empty", 0, 10) == b""


@pytest.mark.parametrize("call", ["info", "get", "open"])
def test_a_missing_object(store: ObjectStore, call: str) -> None:
    store.put("folder/a", b"x")
    for key in ("gone", "folder"):
        with pytest.raises(PortalError) as refused:
            getattr(store, call)(key)
        assert refused.value.code == "STORE_OBJECT_MISSING"


def test_browsing_goes_through_prefixes_a_page_at_a_time(store: ObjectStore) -> None:
    for key in ("in/a/1.csv", "in/a/2.csv", "in/b/1.csv", "in/c.csv", "other.csv"):
        store.put(key, b"x")

    first = store.browse("in/", limit=2)
    second = store.browse("in/", after=first.after, limit=2)

    assert first.prefixes == ("in/a/", "in/b/")
    assert [info.key for info in second.objects] == ["in/c.csv"]
    assert second.after == ""
    assert store.browse("nowhere/").objects == ()


def test_an_object_written_anew_has_another_tag(store: ObjectStore) -> None:
    store.put("a", b"one")
    before = store.info("a")
    store.put("a", b"other")

    assert store.info("a").etag != before.etag


def test_deleting_leaves_no_empty_folder(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "example")
    store.put("uploads/1/a.csv", b"x")
    store.delete("uploads/1/a.csv")

    assert store.browse("uploads/").prefixes == ()


@pytest.mark.parametrize("key", ["link", "folder/a"])
def test_no_key_leads_through_a_link(tmp_path: Path, key: str) -> None:
    """A job that writes below `own` may read nothing else; nor may whoever reads what it wrote."""
    store = FolderStore(tmp_path)
    store.put("other/a", b"secret")
    (tmp_path / "own").mkdir()
    (tmp_path / "own/link").symlink_to("../other/a")
    (tmp_path / "own/folder").symlink_to("../other")

    with pytest.raises(PortalError, match="STORE_OBJECT_MISSING"):
        store.get(f"own/{key}")
    assert store.list("own/") == store.list("own/folder/") == []
    assert store.browse("own/") == Listing((), (), "")

    store.delete("own/link")

    assert store.get("other/a") == b"secret"
    assert not (tmp_path / "own/link").is_symlink()


@pytest.mark.parametrize("key", ["../other/a", "a/../../other/a"])
def test_no_key_leads_out_of_the_folder(tmp_path: Path, key: str) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a").write_text("x")

    with pytest.raises(PortalError):
        FolderStore(tmp_path / "example").get(key)


@pytest.mark.parametrize(
    ("aws_code", "code"),
    [("AccessDenied", "S3_ACCESS_DENIED"), ("SlowDown", "S3_BUSY"), ("NoSuchBucket", "AWS_REFUSED")],
)
def test_refusals_of_s3_in_words(aws: str, aws_code: str, code: str) -> None:
    with Stubber(client("s3")) as stub:
        stub.add_client_error("list_objects_v2", aws_code, "why not")
        with pytest.raises(PortalError) as refused:
            S3Store("example").browse("in/")

    assert refused.value.code == code
