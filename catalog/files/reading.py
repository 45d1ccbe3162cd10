"""Looks at a place: how much is there, of which format, what its first rows look like. Reads bounded ranges only."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from catalog.files import csv_preview, json_preview, parquet_preview
from catalog.files.csv_preview import Sample
from catalog.files.dialect import Dialect
from catalog.files.places import FilePlace
from catalog.files.preview import FileColumn, FilePreview, Value
from catalog.files.text_guard import TextGuard
from connections.errors import PortalError
from connections.object_store import store_of
from connections.objects import ObjectInfo

SAMPLE_BYTES = 4 * 1024 * 1024
MOST_OBJECTS = 10_000
# What Hive and Spark call the folder of the rows without a value.
_NULL_FOLDER = "__HIVE_DEFAULT_PARTITION__"
_FORMATS = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
}


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What is at a place. Of a prefix `sample` is its first object, and size and time are of all that Spark reads."""

    sample: ObjectInfo
    format: str
    size_bytes: int
    object_count: int
    modified_at: datetime | None
    partition_keys: tuple[str, ...] = ()

    def statistics(self, preview: FilePreview) -> dict[str, Any]:
        """What `SelectedSource.statistics` keeps."""
        rows = preview.estimated_rows
        if rows is not None and self.object_count > 1:
            rows = round(rows * self.size_bytes / max(self.sample.size, 1))
        return {
            "size_bytes": self.size_bytes,
            "object_count": self.object_count,
            "estimated_rows": rows,
            "modified_at": self.modified_at.isoformat() if self.modified_at else None,
            "etag": self.sample.etag if self.object_count == 1 else "",
            "format": preview.dialect.format,
            "partition_keys": list(self.partition_keys),
            "comment": "",
            "kind": "file",
        }


def facts_of(place: FilePlace) -> FileFacts:
    """Raises STORE_OBJECT_MISSING, S3_PLACE_EMPTY, S3_PLACE_TOO_LARGE, S3_ACCESS_DENIED and what reaching S3 raises."""
    if not place.is_prefix:
        info = store_of(place.bucket).info(place.key)
        return FileFacts(info, format_of(place.key), info.size, 1, info.modified_at)
    found = list(islice(store_of(place.bucket).scan(place.key), MOST_OBJECTS + 1))
    if len(found) > MOST_OBJECTS:
        raise PortalError("S3_PLACE_TOO_LARGE", uri=place.uri, limit=MOST_OBJECTS)
    keys, objects = _read_by_spark(place.key, found)
    if not objects:
        raise PortalError("S3_PLACE_EMPTY", uri=place.uri)
    times = [info.modified_at for info in objects if info.modified_at]
    return FileFacts(
        sample=objects[0],
        format=Counter(format_of(info.key) for info in objects).most_common(1)[0][0],
        size_bytes=sum(info.size for info in objects),
        object_count=len(objects),
        modified_at=max(times, default=None),
        partition_keys=keys,
    )


def preview(
    place: FilePlace,
    facts: FileFacts,
    *,
    name: str,
    chosen: Dialect | None = None,
    types: Sequence[str] | None = None,
    evidence: bytes = b"",
) -> FilePreview:
    """As `chosen`, else as the file's name and beginning suggest. Raises the FILE_ errors and STORE_OBJECT_MISSING."""
    format_ = chosen.format if chosen else facts.format
    store = store_of(place.bucket)
    if format_ == "parquet":
        found = parquet_preview.preview(store, facts.sample.key, facts.sample.size, name=name)
    else:
        sample = _sample(place, facts, name, evidence)
        found = json_preview.preview(sample) if format_ == "json" else csv_preview.preview(sample, chosen, types)
    return _with_partitions(found, facts)


def format_of(key: str) -> str:
    """By the name's ending; what has none of the known ones is taken for CSV."""
    path = PurePosixPath(key.lower())
    return _FORMATS.get(PurePosixPath(path.stem).suffix if path.suffix == ".gz" else path.suffix, "csv")


def _read_by_spark(prefix: str, found: Iterable[ObjectInfo]) -> tuple[tuple[str, ...], list[ObjectInfo]]:
    """The partition keys and the objects that Spark reads: those right below, else those in folders `key=value`."""
    by_keys: dict[tuple[str, ...], list[ObjectInfo]] = {}
    for info in found:
        *folders, name = info.key.removeprefix(prefix).split("/")
        if not info.size or name.startswith(("_", ".")) or not all("=" in folder for folder in folders):
            continue
        by_keys.setdefault(tuple(folder.partition("=")[0] for folder in folders), []).append(info)
    if () in by_keys or not by_keys:
        return (), by_keys.get((), [])
    return max(by_keys.items(), key=lambda item: len(item[1]))


def _sample(place: FilePlace, facts: FileFacts, name: str, evidence: bytes) -> Sample:
    info = facts.sample
    data = store_of(place.bucket).read_range(info.key, 0, SAMPLE_BYTES)
    is_whole, size = info.size <= len(data), info.size
    if info.key.endswith(".gz"):
        data, is_whole = _unpacked(data, name, is_whole)
        sample = Sample(name, data, len(data) if is_whole else None, is_whole, evidence)
    else:
        sample = Sample(name, data, size, is_whole, evidence)
    if not data:
        raise PortalError("FILE_EMPTY", name=name)
    TextGuard(name).feed(data)
    return sample


def _unpacked(data: bytes, name: str, is_whole: bool) -> tuple[bytes, bool]:
    """The beginning of what is inside, never more than SAMPLE_BYTES however well it was packed."""
    unpacking = zlib.decompressobj(wbits=31)
    try:
        inside = unpacking.decompress(data, SAMPLE_BYTES)
    except zlib.error as error:
        raise PortalError("FILE_UNREADABLE", name=name, format="gzip") from error
    return inside, is_whole and unpacking.eof


def _with_partitions(found: FilePreview, facts: FileFacts) -> FilePreview:
    """Adds the columns whose values stand in the names of the folders."""
    inside = {column.name.lower() for column in found.columns}
    outside = [key for key in facts.partition_keys if key.lower() not in inside]
    if not outside:
        return found
    told = dict(folder.partition("=")[::2] for folder in facts.sample.key.split("/")[:-1] if "=" in folder)
    values = [Value(None if told[key] == _NULL_FOLDER else unquote(told[key])) for key in outside]
    columns = [FileColumn(key, "string", is_partition_key=True) for key in outside]
    return replace(found, columns=(*found.columns, *columns), rows=[[*row, *values] for row in found.rows])
