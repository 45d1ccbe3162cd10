"""Columns of different sources that seem to mean the same, best first: for where there is no foreign key."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from jobs.codegen.base import ColumnInfo, Join, LikelyJoin, SourceInfo

MOST = 12
_FAMILIES = (
    ("number", r"^(small|big|tiny)?int|^(big)?serial|^smallserial|^numeric|^decimal|^long|^short"),
    ("text", r"^text|^character|^varchar|^char|^string|^citext|^bpchar|^name"),
    ("uuid", r"^uuid"),
    ("date", r"^date|^timestamp"),
)
# Names that say nothing about what they belong to.
_GENERAL = frozenset({"id", "name", "code", "type", "status", "value", "title", "description", "comment", "key"})
_KEY_LIKE = re.compile(r".+_(id|key|code|no|number|uuid|sku)$|^(sku|email|isbn|ean|iban)$")

_Ranked = tuple[int, str, LikelyJoin]


def likely_joins(sources: Sequence[SourceInfo], known: Sequence[Join]) -> tuple[LikelyJoin, ...]:
    """At most `MOST`; pairs that a foreign key of `known` joins already are left out."""
    joined = {frozenset((join.alias, join.target_alias)) for join in known}
    best: dict[frozenset[str], _Ranked] = {}
    for rank, likely in (*_by_reference(sources), *_by_shared_name(sources)):
        pair = frozenset((likely.join.alias, likely.join.target_alias))
        found = (rank, f"{likely.join.alias} {likely.join.target_alias} {likely.join.columns}", likely)
        if pair not in joined and (pair not in best or found[:2] < best[pair][:2]):
            best[pair] = found
    return tuple(likely for _, _, likely in sorted(best.values(), key=lambda ranked: ranked[:2])[:MOST])


def _by_reference(sources: Sequence[SourceInfo]) -> Iterator[tuple[int, LikelyJoin]]:
    """`customer_id` or `customer` of one source and the key of another that is called customers."""
    keys: dict[str, list[tuple[SourceInfo, ColumnInfo]]] = defaultdict(list)
    for source in sources:
        key = _single_key(source)
        if key is not None:
            keys[_singular(source.table)].append((source, key))
    for source in sources:
        for column in source.columns:
            for target, key in keys.get(_singular(_stem(column.name)), ()):
                if target.alias != source.alias and _family(column.type) == _family(key.type) != "":
                    join = Join(source.alias, (column.name,), target.alias, (key.name,))
                    yield 0, LikelyJoin(join, f"{column.name} is named after {target.alias}")


def _by_shared_name(sources: Sequence[SourceInfo]) -> Iterator[tuple[int, LikelyJoin]]:
    """The same name and kind of type on both sides; better when it is unique on one of them."""
    by_name: dict[tuple[str, str], list[tuple[SourceInfo, ColumnInfo]]] = defaultdict(list)
    for source in sources:
        for column in source.columns:
            folded = column.name.lower()
            if folded not in _GENERAL and _family(column.type) and (_KEY_LIKE.match(folded) or _is_key(source, column)):
                by_name[folded, _family(column.type)].append((source, column))
    for holders in by_name.values():
        # The side that is unique is what the others point at.
        target, key = min(holders, key=lambda holder: not _is_key(*holder))
        unique = _is_key(target, key)
        for source, column in holders:
            if source.alias != target.alias:
                join = Join(source.alias, (column.name,), target.alias, (key.name,))
                why = f"the same name, unique in {target.alias}" if unique else "the same name, unique on neither side"
                yield 1 if unique else 2, LikelyJoin(join, why)


def _single_key(source: SourceInfo) -> ColumnInfo | None:
    keys = [column for column in source.columns if column.is_primary_key]
    if len(keys) == 1:
        return keys[0]
    # Glue and files know no keys; a column called id is what their writers meant as one.
    return next((column for column in source.columns if column.name.lower() == "id" and not keys), None)


def _is_key(source: SourceInfo, column: ColumnInfo) -> bool:
    return column.is_unique or _single_key(source) == column


def _stem(column: str) -> str:
    return re.sub(r"_(id|key|no|number|code|uuid|fk)$", "", column.lower())


def _singular(word: str) -> str:
    word = word.lower()
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _family(type_name: str) -> str:
    folded = type_name.lower()
    return next((family for family, pattern in _FAMILIES if re.match(pattern, folded)), "")
