"""Names, comments and notes come from outside and may hold anything: they are shown to a model as data, never as words
of the portal, and never with an address, a key or a place of storage in them."""

from __future__ import annotations

import json
import re
import unicodedata

MASK = "[removed]"
# Controls, format and bidirectional marks, surrogates, private use and unassigned code points.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_PLACES = re.compile(
    r"\barn:aws[\w-]*:[^\s\"'<>]+"
    r"|\b(?:jdbc:)?[a-z][a-z0-9+.-]*://[^\s\"'<>]+"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|\b[\w.-]+\.(?:amazonaws\.com|amazonaws\.com\.cn|internal|local)\b(?::\d+)?"
    r"|\b\d{1,3}(?:\.\d{1,3}){3}\b(?::\d+)?"
    r"|(?i:\b(?:password|passwd|pwd|secret|token)\b\s*[=:]\s*)[^\s\"',;]+"
)
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")


def clean(text: str, limit: int) -> str:
    """One line without invisible characters, addresses, places and secrets, at most `limit` characters."""
    seen = "".join(" " if character.isspace() else character for character in text if _is_visible(character))
    line = _PLACES.sub(MASK, " ".join(seen.split()))
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def quoted(text: str, limit: int) -> str:
    """The cleaned text as a JSON string that cannot end the tag it stands in."""
    return json.dumps(clean(text, limit), ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e")


def name(text: str) -> str:
    """A name as it is where it is a plain one, else quoted; a name is never masked or cut, for code must spell it."""
    if _PLAIN_NAME.fullmatch(text):
        return text
    seen = "".join(character for character in text if _is_visible(character))
    return json.dumps(seen, ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e")


def lines(text: str, limit: int) -> str:
    """The same for a text of several lines, such as a question or a log: line ends stay."""
    kept = [clean(line, limit) for line in text.splitlines()]
    whole = "\n".join(kept).strip().replace("<", "‹").replace(">", "›")
    return whole if len(whole) <= limit else f"{whole[: limit - 1]}…"


def _is_visible(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) not in _INVISIBLE
