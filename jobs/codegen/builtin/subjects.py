"""Sorts the plain words of a question: tables to show, columns to show, hints."""

from __future__ import annotations

from dataclasses import dataclass, field

from jobs.codegen.builtin.lexer import Phrase, text_of
from jobs.codegen.builtin.plan import Column, Family, Filter
from jobs.codegen.builtin.predicates import filters_for
from jobs.codegen.builtin.reading import Condition, Reading
from jobs.codegen.builtin.resolve import Resolver


@dataclass(slots=True)
class Subjects:
    """`columns` keep the words they came from, for a column may turn out to be a measure.

    `leads`: the first table was named before any figure. `beside`: columns are wanted beside what tells rows apart.
    """

    tables: list[str] = field(default_factory=list)
    columns: list[tuple[Phrase, Column]] = field(default_factory=list)
    leads: bool = False
    beside: bool = False


def subjects_of(reading: Reading, resolver: Resolver) -> Subjects:
    """Tables first, for they say whose columns are meant. Raises Ask for a word that narrows a table unknown ways."""
    found = Subjects(leads=reading.subject_leads)
    rest = []
    for phrase in reading.subjects:
        table = resolver.lexicon.table(phrase)
        if table is None:
            rest.append(phrase)
        else:
            _add_table(table, found, resolver)
    found.leads = found.leads and bool(found.tables)
    for phrase in rest:
        _sort_phrase(phrase, reading, found, resolver)
    return found


def _add_table(table: str, found: Subjects, resolver: Resolver) -> None:
    resolver.mention(table)
    if table not in found.tables:
        found.tables.append(table)


def _sort_phrase(phrase: Phrase, reading: Reading, found: Subjects, resolver: Resolver) -> None:
    if table := resolver.flagged(phrase):
        _add_table(table, found, resolver)
        return
    if _hinted(phrase, reading, found, resolver):
        return
    if column := resolver.column(phrase):
        found.columns.append((phrase, column))
        return
    at = 0
    unknown: list[Phrase] = []
    while at < len(phrase):
        stop = next((s for s in range(min(len(phrase), at + 4), at, -1) if _is_known(phrase[at:s], resolver)), None)
        if stop is None:
            unknown.append(phrase[at : at + 1])
            at += 1
        else:
            _take_known(phrase[at:stop], found, resolver)
            at = stop
    if unknown:
        raise resolver.unknown_beside(" ".join(text_of(part) for part in unknown), phrase)


def _hinted(phrase: Phrase, reading: Reading, found: Subjects, resolver: Resolver) -> bool:
    """ "orders created since 2024": words that only say which moment a period is about."""
    if not any(period.hint == phrase and not period.explicit for period in reading.periods):
        return False
    table = next((stop for stop in range(1, len(phrase)) if resolver.lexicon.tables(phrase[:stop])), 0)
    moment = phrase[table:]
    if not resolver.lexicon.matches(moment, (Family.TIME,)):
        return False
    if table:
        _take_known(phrase[:table], found, resolver)
    return True


def _is_known(phrase: Phrase, resolver: Resolver) -> bool:
    return bool(resolver.lexicon.tables(phrase) or resolver.lexicon.matches(phrase))


def _take_known(phrase: Phrase, found: Subjects, resolver: Resolver) -> None:
    table = resolver.lexicon.table(phrase)
    if table is not None:
        _add_table(table, found, resolver)
    elif column := resolver.column(phrase):
        found.columns.append((phrase, column))


def all_filters(reading: Reading, found: Subjects, resolver: Resolver) -> list[Filter]:
    """The filters of conditions, places and flags; periods need the base table and come later."""
    filters: list[Filter] = []
    for condition in reading.conditions:
        filters += _of_condition(condition, found, resolver)
    filters += [resolver.known(known) for known in reading.known]
    filters += [resolver.place(values) for values in reading.places if values]
    return filters + [resolver.place_left_out(values) for values in reading.left_out]


def _of_condition(condition: Condition, found: Subjects, resolver: Resolver) -> list[Filter]:
    """ "customers with their email" only wants to see a column."""
    if condition.comparison is None and not condition.between and not resolver.lexicon.tables(condition.phrase):
        matches = resolver.lexicon.matches(condition.phrase)
        if matches and matches[0].column.family is not Family.FLAG and (column := resolver.column(condition.phrase)):
            found.columns.append((condition.phrase, column))
            found.beside = True
            return []
    return filters_for(condition, resolver)
