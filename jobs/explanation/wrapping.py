"""How wide text will be, without a browser, and where it breaks: on the safe side for the portal's own fonts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Literal

Face = Literal["title", "note", "code", "warn"]
_CODE = 6.7  # JetBrains Mono at 11 px: six tenths of the size for every letter
_SANS = {"title": 7.6, "note": 6.7, "warn": 6.7}  # Inter: the mean of words, and a little
_NARROW, _WIDE = frozenset("fijl.,:;'|()[]{}! "), frozenset("mwMWGOQ@%")
_WORDS = re.compile(r"\s+|\S+")
_PARTS = re.compile(r"[^_.,(/]*[_.,(/]*")


def width(text: str, face: Face) -> float:
    """In pixels."""
    if face == "code":
        return sum(_CODE * _cells(letter) for letter in text)
    return sum(_SANS[face] * _share(letter) for letter in text)


def wrap(text: str, face: Face, room: float, most: int) -> list[str]:
    """Lines that fit into `room` pixels; what does not fit into `most` of them ends in an ellipsis."""
    clean = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    lines: list[str] = []
    line = ""
    for part in _pieces(clean, face, room):
        if line and width((line + part).rstrip(), face) > room:
            lines.append(line.rstrip())
            line = ""
        line += part if line else part.lstrip()
    if line.strip():
        lines.append(line.rstrip())
    return lines if len(lines) <= most else [*lines[: most - 1], _cut(lines[most - 1], face, room)]


def _pieces(text: str, face: Face, room: float) -> Iterator[str]:
    """What stays on one line: words; of a longer word the parts after its underscores, dots, commas and brackets."""
    for word in _WORDS.findall(text):
        parts = [word] if width(word, face) <= room else _PARTS.findall(word)
        for part in parts:
            yield from _chopped(part, face, room)


def _chopped(part: str, face: Face, room: float) -> Iterator[str]:
    piece = ""
    for letter in part:
        if piece and width(piece + letter, face) > room:
            yield piece
            piece = ""
        piece += letter
    if piece:
        yield piece


def _cut(line: str, face: Face, room: float) -> str:
    while line and width(f"{line}…", face) > room:
        line = line[:-1]
    return f"{line.rstrip()}…"


def _cells(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def _share(letter: str) -> float:
    if _cells(letter) != 1:
        return float(_cells(letter))
    if letter in _NARROW:
        return 0.6
    if letter in _WIDE:
        return 1.5
    return 1.2 if letter.isupper() else 1.0
