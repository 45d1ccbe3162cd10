"""Sorts the plain words of a question: tables to show, columns to show, flags to filter by, words to ignore."""

from __future__ import annotations

from dataclasses import dataclass, field

from jobs.codegen.builtin.lexer import Phrase, text_of
from jobs.codegen.builtin.plan import Column, Comparison, Family, Filter
from jobs.codegen.builtin.predicates import filters_for
from jobs.codegen.builtin.reading import Ask, Condition, Reading
from jobs.codegen.builtin.resolve import Resolver


@dataclass(slots=True)
class Subjects:
    """`columns` keep the words they came from, for a column may turn out to be a measure."""

    tables: list[str] = field(default_factory=list)
    columns: list[tuple[Phrase, Column]] = field(default_factory=list)
    filters: list[Filter] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)


def subjects_of(reading: Reading, resolver: Resolver) -> Subjects:
    """Tables first, for they say whose columns are meant. Raises Ask for a word that narrows a table unknown ways."""
    found = Subjects()
    rest = []
    for phrase in reading.subjects:
        table = resolver.lexicon.table(phrase)
        if table is None:
            rest.append(phrase)
        else:
            _add_table(table, found, resolver)
    for phrase in rest:
        _sort_phrase(phrase, reading, found, resolver)
    return found


def _add_table(table: str, found: Subjects, resolver: Resolver) -> None:
    resolver.mention(table)
    if table not in found.tables:
        found.tables.append(table)


def _sort_phrase(phrase: Phrase, reading: Reading, found: Subjects, resolver: Resolver) -> None:
    if flagged_table(phrase, found, resolver):
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
    _judge_unknown(phrase, unknown, reading, found, resolver)


def flagged_table(phrase: Phrase, found: Subjects, resolver: Resolver) -> bool:
    """ "active customers": a yes-or-no column before its table filters the table."""
    table = resolver.lexicon.table(phrase[1:]) if 1 < len(phrase) <= 8 else None
    if table is None:
        return False
    flags = resolver.lexicon.matches(phrase[:1], (Family.FLAG,), [table])
    if len(flags) != 1:
        return False
    _add_table(table, found, resolver)
    resolver.assume(f"“{text_of(phrase)}” keeps the rows where {flags[0].column} is true.")
    found.filters.append(Filter(flags[0].column, Comparison.EQ, (True,)))
    return True


def _is_known(phrase: Phrase, resolver: Resolver) -> bool:
    return bool(resolver.lexicon.tables(phrase) or resolver.lexicon.matches(phrase))


def _take_known(phrase: Phrase, found: Subjects, resolver: Resolver) -> None:
    table = resolver.lexicon.table(phrase)
    if table is not None:
        _add_table(table, found, resolver)
    elif column := resolver.column(phrase):
        found.columns.append((phrase, column))


def _judge_unknown(
    phrase: Phrase, unknown: list[Phrase], reading: Reading, found: Subjects, resolver: Resolver
) -> None:
    """Words that name nothing are ignored when they stand alone; beside a name they change it, so ask."""
    if len(unknown) == len(phrase):
        found.ignored.append(text_of(phrase))
        return
    if not unknown:
        return
    word = " ".join(text_of(part) for part in unknown)
    raise unknown_beside(word, phrase, found.tables or resolver.near, resolver)


def unknown_beside(word: str, phrase: Phrase, tables: list[str], resolver: Resolver) -> Ask:
    """What to ask about "shipped" in "shipped orders": of which column is it a value?"""
    texts = [
        column
        for alias in tables
        for column in resolver.lexicon.columns(alias)
        if column.family is Family.TEXT and not column.is_key
    ][:4]
    said, prompt = text_of(phrase), resolver.request.prompt
    options = []
    if texts and prompt.count(said) == 1:
        bare = " ".join(item.text for item in phrase if item.text not in word.split(" "))
        options = [f"{prompt.replace(said, bare).rstrip(' .?!')} where {column} equals {word}" for column in texts]
    return Ask(f"I do not know what “{word}” means in “{said}”. Is it a value of a column?", *options)


def all_filters(reading: Reading, found: Subjects, resolver: Resolver) -> list[Filter]:
    """The filters of conditions, places and flags; periods need the base table and come later."""
    filters = list(found.filters)
    for condition in reading.conditions:
        filters += _of_condition(condition, found, resolver)
    return filters + [resolver.place(values) for values in reading.places if values]


def _of_condition(condition: Condition, found: Subjects, resolver: Resolver) -> list[Filter]:
    """ "customers with their email" only wants to see a column."""
    if condition.comparison is None and not condition.between and not resolver.lexicon.tables(condition.phrase):
        matches = resolver.lexicon.matches(condition.phrase)
        if matches and matches[0].column.family is not Family.FLAG and (column := resolver.column(condition.phrase)):
            found.columns.append((condition.phrase, column))
            return []
    return filters_for(condition, resolver)
