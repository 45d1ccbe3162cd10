"""A bucket of S3; what is written is encrypted by the service, and large objects travel in parts."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from connections.aws import client, error_code, from_botocore
from connections.errors import PortalError
from connections.objects import Listing, ObjectInfo

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

log = structlog.get_logger(__name__)

# Parts of 8 MB, of which S3 takes 10 000: 80 GB.
PART_BYTES = 8 * 1024 * 1024
_ENCRYPTION: Any = {"ServerSideEncryption": "AES256"}
_MISSING = {"NoSuchKey", "404", "NotFound"}
# It is there, or another one is being written this moment.
_NOT_NEW = {"PreconditionFailed", "ConditionalRequestConflict"}
_BUSY = {"SlowDown", "503", "RequestLimitExceeded"}
_DENIED = {"AccessDenied", "403", "Forbidden"}


@contextlib.contextmanager
def _s3_errors(bucket: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error_code(error) in _MISSING:
            raise PortalError("STORE_OBJECT_MISSING") from error
        if error_code(error) in _DENIED:
            raise PortalError("S3_ACCESS_DENIED", bucket=bucket) from error
        if error_code(error) in _BUSY:
            raise PortalError("S3_BUSY") from error
        raise from_botocore(error, service="S3") from error
    except BotoCoreError as error:
        raise from_botocore(error, service="S3") from error


class S3Writer:
    """A multipart upload once there is a whole part, else one plain object. Holds one part in memory."""

    def __init__(self, bucket: str, key: str) -> None:
        self._place: Any = {"Bucket": bucket, "Key": key}
        self._buffer = bytearray()
        self._parts: list[CompletedPartTypeDef] = []
        self._upload_id = ""
        self._is_done = False

    def write(self, data: bytes) -> None:
        self._buffer += data
        while len(self._buffer) >= PART_BYTES:
            self._send(bytes(memoryview(self._buffer)[:PART_BYTES]))
            del self._buffer[:PART_BYTES]

    def commit(self) -> None:
        with _s3_errors(self._place["Bucket"]):
            if not self._upload_id:
                client("s3").put_object(**self._place, Body=bytes(self._buffer), **_ENCRYPTION)
            else:
                if self._buffer:
                    self._send(bytes(self._buffer))
                client("s3").complete_multipart_upload(
                    **self._place, UploadId=self._upload_id, MultipartUpload={"Parts": self._parts}
                )
        self._is_done = True
        self._buffer.clear()

    def abort(self) -> None:
        """What S3 does not let go of now, `sweep_unfinished` finds later."""
        self._buffer.clear()
        if self._is_done or not self._upload_id:
            return
        self._is_done = True
        try:
            client("s3").abort_multipart_upload(**self._place, UploadId=self._upload_id)
        except (BotoCoreError, ClientError) as error:
            log.warning("multipart_upload_left", error=type(error).__name__)

    def _send(self, part: bytes) -> None:
        with _s3_errors(self._place["Bucket"]):
            if not self._upload_id:
                self._upload_id = client("s3").create_multipart_upload(**self._place, **_ENCRYPTION)["UploadId"]
            number = len(self._parts) + 1
            sent = client("s3").upload_part(**self._place, UploadId=self._upload_id, PartNumber=number, Body=part)
        self._parts.append({"ETag": sent["ETag"], "PartNumber": number})


class S3Store:
    """See `ObjectStore`."""

    def __init__(self, bucket: str) -> None:
        self.bucket = bucket

    def put(self, key: str, data: bytes) -> None:
        with _s3_errors(self.bucket):
            client("s3").put_object(Bucket=self.bucket, Key=key, Body=data, **_ENCRYPTION)

    def put_new(self, key: str, data: bytes) -> bool:
        try:
            with _s3_errors(self.bucket):
                client("s3").put_object(Bucket=self.bucket, Key=key, Body=data, IfNoneMatch="*", **_ENCRYPTION)
        except PortalError as error:
            if error.facts.get("aws_code") in _NOT_NEW:
                return False
            raise
        return True

    def writer(self, key: str) -> S3Writer:
        return S3Writer(self.bucket, key)

    def get(self, key: str) -> bytes:
        with _s3_errors(self.bucket):
            return bytes(client("s3").get_object(Bucket=self.bucket, Key=key)["Body"].read())

    def read_range(self, key: str, start: int, length: int) -> bytes:
        span = f"bytes={start}-{start + length - 1}"
        try:
            with _s3_errors(self.bucket):
                return bytes(client("s3").get_object(Bucket=self.bucket, Key=key, Range=span)["Body"].read())
        except PortalError as error:
            if error.facts.get("aws_code") == "InvalidRange":  # nothing is there, as in an empty object
                return b""
            raise

    def info(self, key: str) -> ObjectInfo:
        with _s3_errors(self.bucket):
            head = client("s3").head_object(Bucket=self.bucket, Key=key)
        return ObjectInfo(key, head["ContentLength"], head["LastModified"], head["ETag"].strip('"'))

    def open(self, key: str) -> BinaryIO:
        with contextlib.ExitStack() as on_failure:
            spool = on_failure.enter_context(tempfile.TemporaryFile())
            with _s3_errors(self.bucket):
                client("s3").download_fileobj(self.bucket, key, spool)
            spool.seek(0)
            on_failure.pop_all()  # from here on the caller closes it
            return spool

    def list(self, prefix: str) -> list[ObjectInfo]:
        return list(self.scan(prefix))

    def scan(self, prefix: str) -> Iterator[ObjectInfo]:
        with _s3_errors(self.bucket):
            pages = client("s3").get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
            for page in pages:
                yield from (_info(item) for item in page.get("Contents", []))

    def browse(self, prefix: str, *, after: str = "", limit: int = 200) -> Listing:
        more: Any = {"ContinuationToken": after} if after else {}
        with _s3_errors(self.bucket):
            page = client("s3").list_objects_v2(Bucket=self.bucket, Prefix=prefix, Delimiter="/", MaxKeys=limit, **more)
        prefixes = tuple(item["Prefix"] for item in page.get("CommonPrefixes", []))
        # An object whose key is the prefix itself is what consoles make for an empty folder.
        objects = tuple(_info(item) for item in page.get("Contents", []) if item["Key"] != prefix)
        return Listing(prefixes, objects, page.get("NextContinuationToken", ""))

    def delete(self, key: str) -> None:
        with _s3_errors(self.bucket):
            client("s3").delete_object(Bucket=self.bucket, Key=key)

    def sweep_unfinished(self, prefix: str, before: datetime) -> int:
        swept = 0
        with _s3_errors(self.bucket):
            pages = client("s3").get_paginator("list_multipart_uploads").paginate(Bucket=self.bucket, Prefix=prefix)
            for upload in (upload for page in pages for upload in page.get("Uploads", [])):
                if upload["Initiated"] < before:
                    client("s3").abort_multipart_upload(
                        Bucket=self.bucket, Key=upload["Key"], UploadId=upload["UploadId"]
                    )
                    swept += 1
        return swept

    @contextlib.contextmanager
    def local_path(self, key: str) -> Iterator[Path]:
        with tempfile.NamedTemporaryFile() as copy:
            with _s3_errors(self.bucket):
                client("s3").download_fileobj(self.bucket, key, copy)
            copy.flush()
            yield Path(copy.name)


def _info(item: Any) -> ObjectInfo:
    return ObjectInfo(item["Key"], item["Size"], item["LastModified"], item["ETag"].strip('"'))
