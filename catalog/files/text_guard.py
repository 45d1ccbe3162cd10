"""Looks at a file as it streams by: is it text at all, has it NUL bytes, does a line never end."""

from __future__ import annotations

import codecs
import re

from connections.errors import PortalError

MAX_LINE_BYTES = 1024 * 1024
# Enough to tell an encoding by, and little enough to keep.
_EVIDENCE_BYTES = 64 * 1024
_EXCEL = "In Excel or LibreOffice: File, Save as, CSV UTF-8."
_UNPACK = "Unpack it first, then send the file inside."
_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"\x89PNG", "a PNG picture", "Look whether it is the right file."),
    (b"\xff\xd8\xff", "a JPEG picture", "Look whether it is the right file."),
    (b"GIF8", "a GIF picture", "Look whether it is the right file."),
    (b"%PDF", "a PDF document", "Export the table behind it as CSV."),
    (b"PK\x03\x04", "an Excel workbook or a ZIP archive", _EXCEL),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", _EXCEL),
    (b"\x1f\x8b", "compressed (gzip)", _UNPACK),
    (b"BZh", "compressed (bzip2)", _UNPACK),
    (b"\xfd7zXZ", "compressed (xz)", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "compressed (zstd)", _UNPACK),
    (b"7z\xbc\xaf", "a 7-Zip archive", _UNPACK),
    (b"PAR1", "a Parquet file", "Put it into S3 and pick it there."),
    (b"SQLite format 3", "an SQLite database", "Export its table as CSV."),
    (b"\x7fELF", "a program", "Look whether it is the right file."),
    (b"MZ\x90", "a program", "Look whether it is the right file."),
    (b"<!DOCTYPE", "a web page", "The download may have led to a login page: look into the file."),
    (b"<html", "a web page", "The download may have led to a login page: look into the file."),
)
_LINE_END = re.compile(rb"[\r\n]")


def utf16_of(start: bytes) -> str:
    """The name of the UTF-16 that these first bytes are in, by mark or by where their NULs are; empty for none."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "UTF-16"
    pairs = max(len(start[:4096]) // 2, 1)
    even, odd = start[:4096:2].count(0), start[1:4096:2].count(0)
    if odd > 0.4 * pairs and even < 0.1 * pairs:
        return "UTF-16LE"
    return "UTF-16BE" if even > 0.4 * pairs and odd < 0.1 * pairs else ""


class TextGuard:
    """Feed it every piece in order. Raises FILE_NOT_TEXT, FILE_NUL_BYTES, FILE_LINE_TOO_LONG.

    `evidence` holds the first piece that is not UTF-8: it may be far behind any sample of the file's start.
    """

    def __init__(self, name: str) -> None:
        self.evidence = b""
        self.size = 0
        self._name = name
        self._utf16 = ""
        self._lines = 0
        self._open_line = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def feed(self, piece: bytes) -> None:
        if self.size == 0:
            self._begin(piece)
        if not self._utf16:
            self._refuse_nul(piece)
            self._watch_utf8(piece)
        self._watch_lines(piece)
        self.size += len(piece)

    def _begin(self, piece: bytes) -> None:
        for magic, what, remedy in _MAGIC:
            if piece[: len(magic)].lower() == magic.lower():
                raise PortalError("FILE_NOT_TEXT", name=self._name, what=what, remedy=remedy)
        if piece.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
            raise PortalError(
                "FILE_NOT_TEXT", name=self._name, what="encoded in UTF-32", remedy="Export it in UTF-8 instead."
            )
        self._utf16 = utf16_of(piece)

    def _refuse_nul(self, piece: bytes) -> None:
        place = piece.find(b"\x00")
        if place >= 0:
            raise PortalError("FILE_NUL_BYTES", name=self._name, position=self.size + place + 1)

    def _watch_utf8(self, piece: bytes) -> None:
        if self.evidence:
            return
        try:
            self._decoder.decode(piece)
        except UnicodeDecodeError as error:
            begin = max(error.start - _EVIDENCE_BYTES // 2, 0)
            self.evidence = piece[begin : begin + _EVIDENCE_BYTES] or b"\xff"

    def _watch_lines(self, piece: bytes) -> None:
        """A line is what lies between two line ends of either sort; in UTF-16 that is less exact, and enough."""
        last = max(piece.rfind(b"\n"), piece.rfind(b"\r"))
        longest = self._longest(piece) if len(piece) > MAX_LINE_BYTES else 0
        if last < 0:
            self._open_line += len(piece)
        else:
            self._lines += piece.count(b"\n") or piece.count(b"\r")
            self._open_line = len(piece) - last - 1
        if max(self._open_line, longest) > MAX_LINE_BYTES:
            limit = MAX_LINE_BYTES // 1024**2
            raise PortalError("FILE_LINE_TOO_LONG", name=self._name, line=self._lines + 1, limit=limit)

    def _longest(self, piece: bytes) -> int:
        return max(len(line) for line in _LINE_END.split(piece))
