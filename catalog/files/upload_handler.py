"""Django's side of an upload: hands each piece of the form's file to the store and keeps none of it in memory."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload

from catalog.files.incoming import IncomingFile
from connections.errors import PortalError


class StreamToStore(FileUploadHandler):
    """Takes the form's first file. Its user calls `close` at the end: what was not committed is then removed.

    What refused the file is in `refused`; the fields that stand before it in the form are read all the same.
    """

    chunk_size = 256 * 1024

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self.incoming: IncomingFile | None = None
        self.refused: PortalError | None = None
        self.is_complete = False

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.incoming is not None:
            raise SkipFile
        try:
            self.incoming = IncomingFile(self.file_name or "")
        except PortalError as error:
            self._stop(error)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        assert self.incoming is not None  # noqa: S101  (`new_file` comes first)
        try:
            self.incoming.write(raw_data)
        except PortalError as error:
            self._stop(error)

    def file_complete(self, file_size: int) -> UploadedFile:  # type: ignore[type-arg]
        """The form's file as far as Django is concerned; its content is in the store."""
        self.is_complete = True
        name, type_ = self.file_name, self.content_type
        return UploadedFile(None, name, type_, file_size, self.charset, self.content_type_extra)

    def close(self) -> None:
        if self.incoming is not None:
            self.incoming.close()

    def _stop(self, error: PortalError) -> None:
        self.refused = error
        self.close()
        # The rest is for the view to read: `connection_reset` only says that Django shall not.
        raise StopUpload(connection_reset=True) from error
