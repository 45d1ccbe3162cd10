"""Turns conditions in words into filters, by the column's family."""

from __future__ import annotations

from datetime import date

from jobs.codegen.builtin.lexer import Item, parts_of, span_of, stem, text_of
from jobs.codegen.builtin.plan import Column, Comparison, Family, Filter, Value
from jobs.codegen.builtin.reading import Ask, Condition
from jobs.codegen.builtin.resolve import Resolver
from jobs.codegen.builtin.ties import replaced
from jobs.codegen.builtin.vocabulary import MONEY_PARTS, MONEY_UNITS

_TRUE, _FALSE = ("true", "yes", "1"), ("false", "no", "0")
_TEXTUAL = (Comparison.EQ, Comparison.NE, Comparison.ANY_OF, Comparison.CONTAINS, Comparison.STARTS)
_ORDERING = (Comparison.LT, Comparison.LE, Comparison.GT, Comparison.GE)


def filters_for(condition: Condition, resolver: Resolver) -> list[Filter]:
    """One condition as filters that all must hold. Raises Ask where column or value do not fit."""
    if condition.comparison is None and not condition.between:
        return [_unspoken(condition, resolver)]
    column = _compared(condition, resolver)
    if column is None:
        raise resolver.unknown(condition.phrase)
    if condition.comparison is Comparison.NE and resolver.info(column).nullable:
        resolver.assume(f"Rows whose {column} is empty are left out too.")
    return filters_on(column, condition)


def _compared(condition: Condition, resolver: Resolver) -> Column | None:
    """The column named by the phrase, else by its last words: "customers country" after a table of its own."""
    phrase = condition.phrase
    if table := resolver.lexicon.table(phrase):
        if column := _of_table(table, condition, resolver):
            resolver.mention(table)
            return column
        numbers = [c for c in resolver.lexicon.columns(table) if c.family is not Family.OTHER and not c.is_key][:4]
        raise Ask(
            f"Which column of {table} should be compared: {', '.join(column.name for column in numbers)}?",
            *replaced(resolver.request.prompt, text_of(phrase), [f"{table} where {column}" for column in numbers]),
        )
    column = resolver.column(phrase)
    if column is None and len(phrase) > 1 and resolver.lexicon.tables(phrase[:1]):
        return resolver.column(phrase[1:])
    return column


def _of_table(table: str, condition: Condition, resolver: Resolver) -> Column | None:
    """The column of "customer 7", its key, and of "orders over 500 euros", the only one that holds money."""
    if condition.is_identity:
        keys = resolver.lexicon.primary_key(table)
        if len(keys) != 1 or keys[0].family is not Family.NUMBER:
            return None
        resolver.assume(f"“{text_of((*condition.phrase, *condition.values))}” is the row with this {keys[0]}.")
        return keys[0]
    if not condition.values or condition.values[0].unit not in MONEY_UNITS:
        return None
    money = [c for c in resolver.lexicon.columns(table) if c.family is Family.NUMBER and _is_money(c)]
    if len(money) != 1:
        return None
    resolver.assume(f"“{condition.values[0].text} {condition.values[0].unit}” is compared with {money[0]}.")
    return money[0]


def _is_money(column: Column) -> bool:
    return not column.is_key and bool(MONEY_PARTS & set(parts_of(column.name)))


def filters_on(column: Column, condition: Condition) -> list[Filter]:
    comparison, values = condition.comparison, condition.values
    if comparison in (Comparison.EMPTY, Comparison.FILLED):
        return [Filter(column, comparison)]
    if column.family is Family.TIME:
        return _on_time(column, condition)
    if condition.between:
        low, high = (_value(column, item, Comparison.GE) for item in values)
        return [Filter(column, Comparison.GE, (low,)), Filter(column, Comparison.LE, (high,))]
    assert comparison is not None  # noqa: S101 - the two unspoken forms are handled above
    if comparison is Comparison.EQ and len(values) > 1:
        comparison = Comparison.ANY_OF
    return [Filter(column, comparison, tuple(_value(column, item, comparison) for item in values))]


def _unspoken(condition: Condition, resolver: Resolver) -> Filter:
    """ "with status shipped or delivered": the longest words that name a column, then its values."""
    phrase = condition.phrase
    whole = resolver.lexicon.matches(phrase, (Family.FLAG,))
    if whole and (column := resolver.column(phrase, (Family.FLAG,))):
        return Filter(column, Comparison.EQ, (True,))
    for end in range(min(len(phrase), 8) - 1, 0, -1):
        if resolver.lexicon.matches(phrase[:end]) and (column := resolver.column(phrase[:end])):
            text = text_of(phrase[end:])
            item = Item(phrase[end].key, text, text)
            return filters_on(column, Condition(phrase, Comparison.EQ, (item, *condition.values)))[0]
    if resolver.lexicon.tables(phrase) or resolver.lexicon.matches(phrase):
        raise Ask(
            f"What about {text_of(phrase)}? Compare a column with a value, as in “where status equals shipped”; "
            "to see columns of two tables, say “join”.",
            *replaced(resolver.request.prompt, f"with {text_of(phrase)}", [f"with any {text_of(phrase)}"]),
        )
    raise resolver.unknown(phrase)


def _value(column: Column, item: Item, comparison: Comparison) -> Value:
    said = item.meaning if item.quoted and isinstance(item.meaning, str) else item.text
    if column.family is Family.TEXT and comparison in _TEXTUAL:
        return str(said)
    if column.family is Family.NUMBER and (comparison in _ORDERING or comparison in _TEXTUAL[:3]) and item.is_number:
        _check_unit(column, item)
        return item.meaning  # type: ignore[return-value]  # is_number says that it is one
    is_flag = column.family is Family.FLAG and comparison in (Comparison.EQ, Comparison.NE)
    if is_flag and str(said).lower() in _TRUE + _FALSE:
        return str(said).lower() in _TRUE
    raise Ask(f"{column} is a {_kind(column)}; it cannot be compared with “{item.text}” by “{comparison}”.")


def _check_unit(column: Column, item: Item) -> None:
    """Raises Ask for "5 kg" beside weight_grams: the rules do not convert."""
    unit = item.unit
    if not unit or (unit in MONEY_UNITS and _is_money(column)):
        return
    if stem(unit) not in {stem(part) for part in parts_of(column.name)}:
        raise Ask(f"{column} is compared with {item.text} {unit}: is it in {unit}? Please ask with the bare number.")


def _on_time(column: Column, condition: Condition) -> list[Filter]:
    spans = [span_of(item) for item in condition.values]
    first, last = spans[0], spans[-1]
    if first is None or last is None or (len(spans) > 1 and not condition.between):
        said = text_of(condition.values)
        raise Ask(f"{column} is a date or time, and “{said}” is not one. Write it like 2024-06-01, 2024-06 or 2024.")
    bounds: dict[Comparison | None, tuple[date | None, date | None]] = {
        None: (first.start, last.end),
        Comparison.EQ: (first.start, first.end),
        Comparison.ANY_OF: (first.start, first.end),
        Comparison.GT: (first.end, None),
        Comparison.GE: (first.start, None),
        Comparison.LT: (None, first.start),
        Comparison.LE: (None, first.end),
    }
    if condition.comparison not in bounds:
        raise Ask(f"A date or time such as {column} can be before, after, since, until or between dates.")
    start, end = bounds[condition.comparison]
    limits = ((Comparison.GE, start), (Comparison.LT, end))
    return [Filter(column, comparison, (day.isoformat(),)) for comparison, day in limits if day is not None]


def _kind(column: Column) -> str:
    kinds = {Family.NUMBER: "number", Family.TEXT: "text", Family.FLAG: "yes-or-no value"}
    return kinds.get(column.family, "value of a type that the rules cannot compare")
