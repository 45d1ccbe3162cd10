"""Which encoding a text is in, from a bounded sample, and the sample as text."""

from __future__ import annotations

import codecs
import unicodedata

from charset_normalizer import from_bytes

from catalog.files.dialect import ENCODINGS
from catalog.files.text_guard import utf16_of
from connections.errors import PortalError

_LOOKED_AT = 64 * 1024
# Fewer odd bytes than this may be letters of any script; a sign or an accent here and there is the usual case.
_FEW = 8
_JAVA_NAMES = {codecs.lookup(codec).name: name for name, codec in ENCODINGS.items() if not name.startswith("UTF")}
# Latin letters share their places in these; which one it is shows in the few that differ.
_LATIN = {"windows-1252", "windows-1250", "windows-1254", "ISO-8859-1", "ISO-8859-15"}


def detect(sample: bytes, evidence: bytes = b"") -> str:
    """Java's name of the encoding. `evidence` is a piece of the file that is no UTF-8, if there is one."""
    if utf16 := utf16_of(sample):
        return utf16
    odd = evidence or _not_utf8(sample)
    if not odd:
        return "UTF-8"
    telling = _telling(odd)
    if sum(byte > 127 for byte in telling) < _FEW:
        return _latin(telling)
    best = from_bytes(telling, cp_isolation=list(_JAVA_NAMES)).best()
    found = _JAVA_NAMES.get(codecs.lookup(best.encoding).name, "") if best else ""
    return found if found and found not in _LATIN else _latin(telling)


def decode(sample: bytes, encoding: str, *, name: str, is_whole: bool) -> str:
    """The sample as text without a byte order mark; a character cut off at its end is left out.

    Raises FILE_ENCODING_WRONG.
    """
    decoder = codecs.getincrementaldecoder(ENCODINGS[encoding])("strict")
    try:
        return decoder.decode(sample, final=is_whole).removeprefix("\ufeff")
    except UnicodeError as error:
        raise PortalError("FILE_ENCODING_WRONG", name=name, encoding=encoding) from error


def _latin(piece: bytes) -> str:
    """Western windows-1252, which also reads Latin-1 right, unless that puts signs like £ or ³ inside words."""
    try:
        text = piece.decode("cp1252")
    except UnicodeDecodeError:
        return "windows-1250"
    odd = [place for place, letter in enumerate(text) if not letter.isascii()]
    in_words = sum(not text[place].isalpha() and _touches_letter(text, place) for place in odd)
    return "windows-1250" if in_words > 0.1 * len(odd) else "windows-1252"


def _touches_letter(text: str, place: int) -> bool:
    # A quotation mark or a dash touches letters by right; a letter after it makes the sign part of a word.
    return unicodedata.category(text[place]) in ("No", "Sc", "Sm") and text[place + 1 : place + 2].isalpha()


def _not_utf8(sample: bytes) -> bytes:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError as error:
        begin = max(error.start - _LOOKED_AT // 2, 0)
        return sample[begin : begin + _LOOKED_AT]
    return b""


def _telling(piece: bytes) -> bytes:
    """The lines that are not plain ASCII: the others say nothing of the encoding and would outvote them."""
    lines = [line for line in piece.splitlines() if not line.isascii()]
    return b"\n".join(lines)[:_LOOKED_AT]
