"""SQL text cut into words the way Spark cuts it: no other parser has to agree with Spark on quotes and comments.

What comes out is plain: comments are blanks, strings hold no quotes, and every name before a parenthesis is known.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from jobs.checking.spark_names import FUNCTIONS, names

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
    |(?P<comment>--[^\r\n\\]*(?=[\r\n]|\Z)|/\*(?!\+)(?:[^*/]|\*(?!/)|/(?!\*))*\*/)
    |(?P<hint>/\*\+[\w\s(),.]*\*/)
    |(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    |(?P<quoted>`(?:[^`]|``)*`)
    |(?P<word>[A-Za-z0-9_]+)
    |(?P<sign>->|<=>|\|\||[-+*/%=<>!&|^~.,()\[\];])""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)

_SQL_ONLY = names(
    """
    array bigint binary boolean cast charindex count cube date decimal div double exists float grouping_sets if int
    integer interval len map mod named_struct percentile_cont percentile_disc rollup sets smallint space string struct
    timestamp timestampadd timestampdiff tinyint try_cast try_to_date uuid any some listagg string_agg varchar
    bool_and bool_or first last range sequence to_date to_timestamp like rlike left right replace char nullif
    timestamp_ltz timestamp_ntz position substring substr trim extract
    """
)
SQL_FUNCTIONS = (frozenset(name.lower() for name in FUNCTIONS) | _SQL_ONLY) - {"expr", "col", "column", "broadcast"}
"""Every function that SQL text may call."""

_BEFORE_PARENTHESIS = names(
    """
    in values over as and or not on using exists from join select where when then else by filter group union all except
    intersect minus distinct any some limit offset having case between like interval window sets rollup cube pivot
    unpivot for lateral tablesample with is null outer semi anti cross inner full
    """
)


_NO_TABLES = names(
    """
    from select join where having union except intersect minus on using with
    """
)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a text is refused, without a place: the caller knows where the text stands."""

    rule: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Cut:
    """`plain` is the text without comments, hints and quotes inside strings; `tokens` are its words and signs."""

    plain: str
    tokens: tuple[Token, ...]
    has_hint: bool


def cut(text: str) -> Cut | Problem:
    """The text in words, or what in it cannot be cut safely."""
    if "${" in text:
        hint = "Write the value itself."
        return Problem("sql-variable", "Spark replaces ${...} before it reads the SQL.", hint)
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            return _unreadable(text[position])
        tokens.append(Token(found.lastgroup or "", found.group()))
        position = found.end()
    return _cut(tokens)


def _cut(tokens: list[Token]) -> Cut | Problem:
    for before, token in itertools.pairwise(tokens):
        if token.kind == "text" and before.kind == "word" and before.text.lower() == "r":
            return Problem("sql-unreadable", "Raw strings are not allowed in SQL text.", "Use a plain string.")
    plain = "".join(_plain(token) for token in tokens)
    words = tuple(token for token in tokens if token.kind not in ("space", "comment", "hint"))
    return Cut(plain, words, any(token.kind == "hint" for token in tokens))


def _plain(token: Token) -> str:
    if token.kind in ("comment", "hint"):
        return " "
    if token.kind == "text":
        return "'" + re.sub(r"[^A-Za-z0-9 :.,+_-]", "_", token.text[1:-1]) + "'"
    if token.kind == "quoted":
        return "`" + re.sub(r"[`\\]", "¤", token.text[1:-1]) + "`"
    return token.text


def _unreadable(character: str) -> Problem:
    if character in "-/":
        message = "This comment or hint cannot be read safely."
        return Problem("sql-comment", message, "Leave it out, or write it as a Python comment.")
    if character in ":?@{}$":
        message = f"The sign {character} makes a parameter of the SQL text."
        return Problem("sql-parameter", message, "Write the value itself, or use Column expressions.")
    message = f"SQL does not know the character {character} here."
    return Problem("sql-unreadable", message, "Check the quotes; names with such characters go between backticks.")


def word_problems(tokens: tuple[Token, ...]) -> Iterator[Problem]:
    """What the words alone forbid: unknown functions, scripts and whole tables named by a keyword."""
    padded = (Token("", ""), *tokens, Token("", ""))
    for before, token, after in zip(padded, padded[1:], padded[2:], strict=False):
        if token.kind not in ("word", "quoted"):
            continue
        name = token.text.strip("`").lower()
        if after.text == "(" and _calls(before, token, name):
            yield _unknown_function(name)
        elif token.kind == "word" and _is_keyword_table(before.text.lower(), name, after):
            yield Problem("sql-syntax", f"{name.upper()} cannot stand here.", "Name a source here.")
        elif token.kind == "word" and (name == "table" or (name == "using" and after.kind == "text")):
            message = f"{name.upper()} is not allowed here."
            yield Problem("sql-statement", message, "Select from the sources by their names.")


def _is_keyword_table(before: str, name: str, after: Token) -> bool:
    """Spark takes FROM SELECT for a table called select, where other parsers see a query begin."""
    if before in (",", "("):
        return name == "from" or (name == "select" and before == ",")
    lone_values = name == "values" and after.text != "(" and after.kind != "text"
    return before in ("from", "join", "lateral") and (name in _NO_TABLES or lone_values)


def _calls(before: Token, token: Token, name: str) -> bool:
    if before.kind == "word" and before.text.lower() in ("as", "with"):
        return False  # AS t(a, b) and WITH t(a, b) name columns, and after AS stands a type
    if token.kind == "word" and before.text != "." and name in _BEFORE_PARENTHESIS:
        return False
    return name not in SQL_FUNCTIONS


def _unknown_function(name: str) -> Problem:
    message = f"The SQL function {name} is not allowed."
    return Problem("sql-function", message, "Use one of Spark's own functions on columns.")
