"""What the words of a question may name: the picked tables and their columns, by stems and synonyms."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from jobs.codegen.base import GenerationRequest, SourceInfo
from jobs.codegen.builtin.lexer import Item, parts_of, stem, text_of
from jobs.codegen.builtin.plan import Column, Family
from jobs.codegen.builtin.reading import Ask
from jobs.codegen.builtin.values import KnownValues
from jobs.codegen.builtin.vocabulary import OPTIONAL_PARTS, SYNONYMS, family_of

Stems = tuple[str, ...]
_SYNONYMS = tuple(frozenset(stem(word) for word in group) for group in SYNONYMS)
_OPTIONAL = frozenset(stem(part) for part in OPTIONAL_PARTS)
# A phrase longer than this names nothing; it bounds the work on a wall of words.
LONGEST_NAME = 12


@dataclass(frozen=True, slots=True)
class Match:
    """How well a column fits a phrase; the lower, the better. 0: every word of its name was said."""

    tier: int
    missing: int
    column: Column


class Lexicon:
    def __init__(self, request: GenerationRequest) -> None:
        self.sources = {source.alias: source for source in request.sources}
        keys = {(join.alias, name) for join in request.joins for name in join.columns}
        self._foreign = {
            (join.alias, name): (join.target_alias, target)
            for join in request.joins
            for name, target in zip(join.columns, join.target_columns, strict=True)
        }
        self._columns = {
            source.alias: tuple(
                Column(
                    source.alias,
                    info.name,
                    family_of(info.type),
                    info.is_primary_key or (source.alias, info.name) in keys or parts_of(info.name)[-1:] == ("id",),
                )
                for info in source.columns
            )
            for source in request.sources
        }
        self._tables = {alias: _table_stems(source) for alias, source in self.sources.items()}
        self._stems = {column: stems_of(column.name) for columns in self._columns.values() for column in columns}
        self._names = {column.name.lower() for column in self._stems} | {alias.lower() for alias in self.sources}
        self._known_fits: dict[Stems, list[Match]] = {}
        self._by_name: dict[str, list[Column]] = {}
        for column in self._stems:
            self._by_name.setdefault(column.name, []).append(column)
        self.values = KnownValues(request, list(self._stems))
        self.vocabulary = {part for stems in self._stems.values() for part in stems} | {
            part for variants in self._tables.values() for stems in variants for part in stems
        }

    def last_years(self) -> list[int]:
        """The last year in which any date of the picked tables falls, by their statistics, and the one before."""
        times = {(c.alias, c.name) for columns in self._columns.values() for c in columns if c.family is Family.TIME}
        highs = [i.high[:4] for s in self.sources.values() for i in s.columns if (s.alias, i.name) in times]
        last = max((int(year) for year in highs if len(year) == 4 and year.isdigit()), default=0)
        return [last, last - 1] if last else []

    def columns(self, alias: str) -> tuple[Column, ...]:
        return self._columns[alias]

    def is_name(self, text: str) -> bool:
        """Whether quoted text is the exact name of a picked table or column."""
        return text.lower() in self._names

    def primary_key(self, alias: str) -> tuple[Column, ...]:
        keys = {info.name for info in self.sources[alias].columns if info.is_primary_key}
        return tuple(column for column in self._columns[alias] if column.name in keys)

    def tables(self, phrase: Sequence[Item]) -> list[str]:
        """The sources that the whole phrase names: by their full name, else by a part of it."""
        stems = phrase_stems(phrase)
        exact = [alias for alias, variants in self._tables.items() if stems in variants]
        if exact or not stems:
            return exact
        partial = [alias for alias, names in self._tables.items() if any(_ends_with(name, stems) for name in names)]
        return partial if not self.matches(phrase) else []

    def table(self, phrase: Sequence[Item]) -> str | None:
        """The source that the phrase names, None when it names none. Asks when it names several."""
        found = self.tables(phrase)
        if len(found) > 1:
            raise Ask(f"“{text_of(phrase)}” may be any of the tables {', '.join(found)}. Which one do you mean?")
        return found[0] if found else None

    def matches(
        self,
        phrase: Sequence[Item],
        families: Collection[Family] = tuple(Family),
        among: Iterable[str] | None = None,
        *,
        keys: bool = True,
    ) -> list[Match]:
        """The columns that fit the phrase best, all equally well; of a key and what it points at, the latter."""
        aliases = None if among is None else set(among)
        found = [
            match
            for match in self._fits(phrase)
            if match.column.family in families
            and (keys or not match.column.is_key)
            and (aliases is None or match.column.alias in aliases)
        ]
        best = min(((match.tier, match.missing) for match in found), default=None)
        equal = [match for match in found if (match.tier, match.missing) == best]
        named = {(match.column.alias, match.column.name) for match in equal}
        return [m for m in equal if self._foreign.get((m.column.alias, m.column.name)) not in named]

    def find(
        self,
        phrase: Sequence[Item],
        families: Collection[Family] = tuple(Family),
        near: Iterable[str] = (),
        *,
        keys: bool = True,
    ) -> Column | None:
        """The one column that the phrase names, those of the tables in `near` first. Asks when several fit."""
        close = self.matches(phrase, families, [alias for alias in self.sources if alias in set(near)], keys=keys)
        found = self.matches(phrase, families, keys=keys)
        if close and found and close[0].tier <= found[0].tier:
            found = close
        if len(found) > 1:
            names = [str(match.column) for match in found]
            raise Ask(f"“{text_of(phrase)}” fits {_either(names)} equally well. Which one do you mean?", *names)
        return found[0].column if found else None

    def _fits(self, phrase: Sequence[Item]) -> list[Match]:
        """Every column that fits at all. Kept, for one question asks for the same words many times."""
        if len(phrase) == 1 and phrase[0].quoted and phrase[0].meaning in self._by_name:
            # A name in quotes is meant letter for letter, words or not.
            return [Match(0, 0, column) for column in self._by_name[str(phrase[0].meaning)]]
        stems = phrase_stems(phrase)
        if stems not in self._known_fits:
            known = all(stem in self.vocabulary or any(stem in group for group in _SYNONYMS) for stem in stems)
            fits = [match for column in self._stems if (match := self._match(stems, column))] if known else []
            self._known_fits[stems] = fits
        return self._known_fits[stems]

    def _match(self, stems: Stems, column: Column) -> Match | None:
        name = self._stems[column]
        fits = [_fit(rest, name) for rest in self._unqualified(stems, column.alias)]
        best = min((fit for fit in fits if fit), default=None)
        return Match(*best, column) if best else None

    def _unqualified(self, stems: Stems, alias: str) -> Iterable[Stems]:
        """The phrase as it is, and without the words that name the column's own table."""
        yield stems
        for table in self._tables[alias]:
            for at in range(len(stems) - len(table) + 1):
                if stems[at : at + len(table)] == table:
                    yield stems[:at] + stems[at + len(table) :]


def stems_of(identifier: str) -> Stems:
    return tuple(stem(part) for part in parts_of(identifier))


def phrase_stems(phrase: Sequence[Item]) -> Stems:
    """The stems of a phrase; empty for one too long to name anything."""
    stems = tuple(part for item in phrase[: LONGEST_NAME + 1] for part in stems_of(_spelling(item)))
    return stems if len(stems) <= LONGEST_NAME else ()


def _spelling(item: Item) -> str:
    return item.meaning if item.quoted and isinstance(item.meaning, str) else item.text


def _table_stems(source: SourceInfo) -> frozenset[Stems]:
    return frozenset({stems_of(source.alias), stems_of(source.table)} - {()})


def _ends_with(name: Stems, stems: Stems) -> bool:
    return len(name) > len(stems) and name[-len(stems) :] == stems


def _fit(said: Stems, name: Stems) -> tuple[int, int] | None:
    """Tier and number of unsaid words, or None: 0 all said, 1 all but optional parts, 2 a part, 3 by synonyms."""
    if not said or not name or len(said) > len(name):
        return None
    if said == name or sorted(said) == sorted(name):
        return (0, 0)
    left = list(name)
    for word in said:
        twin = next((part for part in left if part == word), None)
        if twin is None:
            return _fit_by_synonyms(said, name)
        left.remove(twin)
    return (1 if set(left) <= _OPTIONAL else 2, len(left))


def _fit_by_synonyms(said: Stems, name: Stems) -> tuple[int, int] | None:
    left = list(name)
    for word in said:
        twin = next((part for part in left if part == word or _mean_the_same(part, word)), None)
        if twin is None:
            return None
        left.remove(twin)
    return (3, len(left))


def _mean_the_same(one: str, other: str) -> bool:
    return any(one in group and other in group for group in _SYNONYMS)


def _either(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
