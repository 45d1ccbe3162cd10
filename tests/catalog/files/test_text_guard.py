"""What a stream is refused for, wherever in it that stands, and that nothing is piled up meanwhile."""

from __future__ import annotations

import zlib

import pytest

from catalog.files.text_guard import MAX_LINE_BYTES, TextGuard
from connections.errors import PortalError


def _feed(data: bytes, piece: int = 64 * 1024) -> TextGuard:
    guard = TextGuard("data.csv")
    for start in range(0, len(data), piece):
        guard.feed(data[start : start + piece])
    return guard


def _refusal(data: bytes, piece: int = 64 * 1024) -> PortalError:
    with pytest.raises(PortalError) as refused:
        _feed(data, piece)
    return refused.value


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"%PDF-1.7", "PDF"),
        (b"PK\x03\x04", "Excel"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Excel"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"PAR1", "Parquet"),
        (b"<!doctype html>", "web page"),
        (b"\xff\xfe\x00\x00a\x00\x00\x00", "UTF-32"),
    ],
)
def test_a_csv_that_is_something_else(start: bytes, what: str) -> None:
    error = _refusal(start + b"x" * 100)

    assert error.code == "FILE_NOT_TEXT"
    assert what in error.message


@pytest.mark.parametrize("piece", [7, 64 * 1024, 10_000_000])
def test_a_nul_byte_anywhere(piece: int) -> None:
    data = b"a,b\n" * 50_000 + b"1,\x002\n" + b"a,b\n" * 50_000

    error = _refusal(data, piece)

    assert error.code == "FILE_NUL_BYTES"
    assert f"byte {4 * 50_000 + 3}:" in error.message


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16_is_full_of_nul_bytes_and_no_damage(codec: str) -> None:
    _feed("name,city\nanna,bern\n".encode(codec) * 1000)


@pytest.mark.parametrize("piece", [64 * 1024, 10_000_000])
def test_a_line_without_end_is_refused_early(piece: int) -> None:
    data = b"a,b\n1,2\n" + b"x" * (20 * MAX_LINE_BYTES)

    error = _refusal(data, piece)

    assert error.code == "FILE_LINE_TOO_LONG"
    assert "Line 3" in error.message


def test_a_two_gigabyte_line_costs_no_memory() -> None:
    """Fed from a generator: the guard stops long before the two gigabytes have been made."""
    guard, fed = TextGuard("data.csv"), 0
    with pytest.raises(PortalError):
        for _ in range(2 * 1024):
            guard.feed(b"x" * 1024 * 1024)
            fed += 1

    assert fed <= 2


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_long_files_of_short_lines_pass(end: bytes) -> None:
    assert _feed((b"1,2" + end) * 1_000_000).size == (3 + len(end)) * 1_000_000


def test_what_is_no_utf8_far_behind_is_kept_as_evidence() -> None:
    data = b"plain,ascii\n" * 500_000 + "Köln,Größe\n".encode("latin-1")

    assert b"K\xf6ln" in _feed(data).evidence


def test_a_character_on_the_border_of_two_pieces_is_no_evidence() -> None:
    assert _feed("ä,ö\n".encode() * 1000, piece=3).evidence == b""


def test_random_bytes_are_refused() -> None:
    noise = zlib.compress(bytes(range(256)) * 1000)[2:]

    assert _refusal(noise).code in ("FILE_NUL_BYTES", "FILE_NOT_TEXT")
