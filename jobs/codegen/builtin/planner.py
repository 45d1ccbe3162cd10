"""Makes the plan of a reading: chooses the base table, ties every wish to it, and refuses what would mislead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from jobs.codegen.base import GenerationRequest
from jobs.codegen.builtin.joins import Paths
from jobs.codegen.builtin.lexer import Phrase, grain_of, text_of
from jobs.codegen.builtin.lexicon import Lexicon
from jobs.codegen.builtin.naming import Names
from jobs.codegen.builtin.plan import Column, Family, Filter, Function, Grain, JoinStep, Measure, Order, Output, Plan
from jobs.codegen.builtin.reading import Ask, KeyWish, Reading, Sort, Wanted
from jobs.codegen.builtin.resolve import Figure, Resolver
from jobs.codegen.builtin.subjects import Subjects, all_filters, subjects_of


class Planner:
    def __init__(self, request: GenerationRequest, lexicon: Lexicon, reading: Reading) -> None:
        self.reading = reading
        self.lexicon = lexicon
        self.paths = Paths(request, lexicon)
        self.resolver = Resolver(request, lexicon, self.paths)
        self.request = request
        self.names = Names()
        self.ignored: list[str] = list(reading.ignored)
        self.filters: list[Filter] = []

    def plan(self) -> Plan:
        """The plan of the whole reading. Raises Ask where the question does not decide."""
        self.joined = [alias for phrase in self.reading.joined if (alias := self.lexicon.table(phrase))]
        for alias in self.joined:
            self.resolver.mention(alias)
        ranked = self.lexicon.table(self.reading.ranked) if self.reading.ranked else None
        if ranked:
            self.resolver.mention(ranked)
        subjects = subjects_of(self.reading, self.resolver)
        self.filters = all_filters(self.reading, subjects, self.resolver)
        self.filters += self.resolver.flags
        if self.reading.ranked is not None:
            return self._ranked(ranked, subjects)
        if self.reading.recent is not None:
            return self._recent(subjects)
        if self.reading.measures or self.reading.keys:
            return self._grouped(self._wanted(subjects), self.reading.keys)
        return self._listed(subjects)

    # Ranked: "top 10 customers by total order amount"

    def _ranked(self, table: str | None, subjects: Subjects) -> Plan:
        phrase = self.reading.ranked or ()
        wanted = self.reading.ranked_by or (self.reading.measures[0] if self.reading.measures else None)
        if not phrase or wanted is None:
            raise self._rank_by_what(table, phrase)
        if self.reading.keys:
            raise Ask(
                f"“{text_of(phrase)}” within each group is not among the built-in rules. "
                "Ask for the top of all, or write a window in the code."
            )
        figure = self.resolver.figure(wanted)
        others = [measure for measure in self.reading.measures if measure is not wanted]
        if table == figure.alias and figure.column is not None and not others and _adds_nothing(figure):
            self.resolver.assumptions = [s for s in self.resolver.assumptions if not s.endswith("is added up.")]
            return self._rows([table], subjects, by=figure.column)
        return self._grouped([wanted, *others], [KeyWish(phrase)])

    def _rank_by_what(self, table: str | None, phrase: Phrase) -> Ask:
        said = text_of(phrase)
        options = [
            f"total {column}"
            for alias in self.lexicon.sources
            for column in self.lexicon.columns(alias)
            if column.family is Family.NUMBER and not column.is_key
        ][:3]
        counted = [alias for alias in self.lexicon.sources if alias != table][:2]
        options += [f"number of {alias}" for alias in counted]
        prompt = self.request.prompt.rstrip(" .?!")
        return Ask(
            f"By what should the {said or 'rows'} be ranked?",
            *(f"{prompt} by {option}" for option in options if said and prompt.endswith(said)),
        )

    def _recent(self, subjects: Subjects) -> Plan:
        phrase = self.reading.recent or ()
        table = self.lexicon.table(phrase) if phrase else self._only_table(subjects)
        if table is None:
            raise self.resolver.unknown(phrase) if phrase else Ask("The latest rows of which table?")
        self.resolver.mention(table)
        return self._rows([table], subjects, by=self.resolver.moment(table, (), "latest"))

    def _only_table(self, subjects: Subjects) -> str | None:
        tables = subjects.tables or self.joined or list(self.lexicon.sources)
        return tables[0] if len(tables) == 1 else None

    # Grouped: "how many orders per country"

    def _wanted(self, subjects: Subjects) -> list[Wanted]:
        """The measures asked for; without any, a subject that can be one: "orders per country"."""
        self.joined += [alias for alias in subjects.tables if self.reading.joined and alias not in self.joined]
        if self.reading.measures:
            return self.reading.measures
        numbers = [Wanted(p) for p, column in subjects.columns if column.family is Family.NUMBER and not column.is_key]
        if numbers:
            return numbers
        if len(subjects.tables) == 1:
            table = subjects.tables[0]
            if self.reading.listing and self.reading.by_alone:
                key = text_of(self.reading.keys[0].phrase)
                raise Ask(
                    f"Should the {table} be counted for each {key}, or listed in its order?",
                    f"how many {table} per {key}",
                    f"list {table} sorted by {key}",
                )
            self.resolver.assume(f"“{table} per …” is read as the number of {table}.")
            return [Wanted(phrase, Function.COUNT) for phrase in self.reading.subjects if self.lexicon.tables(phrase)][
                :1
            ]
        raise self._measure_missing()

    def _measure_missing(self) -> Ask:
        numbers = [
            column
            for alias in self.lexicon.sources
            for column in self.lexicon.columns(alias)
            if column.family is Family.NUMBER and not column.is_key
        ][:3]
        key = text_of(self.reading.keys[0].phrase) or str(self.reading.keys[0].grain)
        options = [f"total {column} per {key}" for column in numbers]
        options += [f"how many {alias} per {key}" for alias in list(self.lexicon.sources)[:3]]
        return Ask(f"What should be computed for each {key}?", *options)

    def _grouped(self, wanted: Sequence[Wanted], keys: Sequence[KeyWish]) -> Plan:
        figures = list(dict.fromkeys(self.resolver.figure(one) for one in wanted))
        self.filters += [flag for flag in self.resolver.flags if flag not in self.filters]
        base = self._base([figure.alias for figure in figures])
        self.resolver.mention(base)
        self._add_periods(base)
        outputs = [output for key in keys for output in self._key_outputs(key, base)]
        aliases = (
            [f.alias for f in figures] + [o.column.alias for o in outputs] + [f.column.alias for f in self.filters]
        )
        joins = self.paths.joins(base, [*aliases, *self.joined])
        measures = [self._measure(figure, base, joins) for figure in figures]
        orders = self._group_orders(outputs, measures, figures)
        if self.reading.limit and not orders:
            orders = [Order(output.name) for output in outputs]
        self._note_joins(joins)
        return Plan(
            base, joins, tuple(self.filters), tuple(outputs), tuple(measures), tuple(orders), self.reading.limit
        )

    def _base(self, aliases: Sequence[str]) -> str:
        """The finest of the tables: the one from which the others are met without multiplying rows."""
        for base in aliases:
            if all(self.paths.distance(base, other) is not None for other in aliases):
                return base
        return aliases[0]

    def _measure(self, figure: Figure, base: str, joins: Sequence[JoinStep]) -> Measure:
        """The figure over the joined rows; refused where the joins would count a value more than once."""
        name = self.names.of_figure(figure)
        columns = (figure.column,) if figure.column else ()
        multiplied = figure.alias != base or any(step.fans_out for step in joins)
        if not multiplied or figure.function in (Function.MIN, Function.MAX, Function.COUNT_DISTINCT):
            return Measure(figure.function, columns, name)
        key = self.lexicon.primary_key(figure.alias)
        if figure.function is Function.COUNT and key:
            return Measure(Function.COUNT_DISTINCT, key, name)
        culprit = next((step.right for step in joins if step.fans_out), base)
        raise Ask(
            f"Joining {culprit} repeats rows of {figure.alias}, so {figure.column or figure.alias} would be counted "
            f"more than once. Ask for a figure of {culprit} instead, or write this part in the code."
        )

    def _key_outputs(self, wish: KeyWish, base: str) -> list[Output]:
        if wish.grain:
            return [self._grain_output(wish.grain, base, (), f"by {wish.grain}")]
        exact = self.lexicon.matches(wish.phrase)
        grain = grain_of(wish.phrase)
        if grain and not (exact and exact[0].tier == 0 and exact[0].column.family is not Family.TIME):
            return [self._grain_output(grain, base, wish.phrase[:-1], f"by {text_of(wish.phrase)}")]
        table = self.lexicon.table(wish.phrase)
        if table is not None:
            return self._entity_outputs(table)
        column = self.resolver.column(wish.phrase)
        if column is None or column.family is Family.OTHER:
            raise self.resolver.unknown(wish.phrase)
        return [Output(column, self.names.of_column(column))]

    def _grain_output(self, grain: Grain, base: str, hint: Phrase, text: str) -> Output:
        return Output(self.resolver.moment(base, hint, text), self.names.claim(str(grain)), grain)

    def _entity_outputs(self, table: str) -> list[Output]:
        keys, human = self.resolver.identity(table)
        if not keys and not human:
            raise Ask(f"{table} has no key and no name to tell its rows apart. Group by one of its columns instead.")
        if not keys:
            self.resolver.assume(f"{table} has no key; rows with the same {human[0].name} are taken as one.")
        outputs = [Output(column, self.names.of_key(column)) for column in keys]
        return outputs + [Output(column, self.names.of_column(column)) for column in human]

    def _group_orders(
        self, outputs: Sequence[Output], measures: Sequence[Measure], figures: Sequence[Figure]
    ) -> list[Order]:
        orders = [self._group_order(sort, outputs, measures, figures) for sort in self.reading.sorts]
        if self.reading.ranked is not None and not orders:
            orders.append(Order(measures[0].name, self.reading.descending))
        named = {order.name for order in orders}
        return orders + [Order(output.name) for output in outputs if output.name not in named]

    def _group_order(
        self, sort: Sort, outputs: Sequence[Output], measures: Sequence[Measure], figures: Sequence[Figure]
    ) -> Order:
        if sort.wanted.phrase or sort.wanted.function:
            grain = grain_of(sort.wanted.phrase)
            matches = self.lexicon.matches(sort.wanted.phrase)
            columns = [match.column for match in matches]
            for output in outputs:
                if output.column in columns or (grain and output.grain is grain):
                    return Order(output.name, bool(sort.descending))
            figure = self.resolver.figure(sort.wanted) if len(measures) > 1 or columns else figures[0]
            for measure, known in zip(measures, figures, strict=True):
                if known == figure or (figure.column is not None and figure.column == known.column):
                    return Order(measure.name, bool(sort.descending))
        names = [output.name for output in outputs] + [measure.name for measure in measures]
        raise Ask(f"The result cannot be sorted by “{text_of(sort.wanted.phrase)}”: it has {', '.join(names)}.")

    # Listed: "list customers in DE"

    def _listed(self, subjects: Subjects) -> Plan:
        tables = list(dict.fromkeys([*self.joined, *subjects.tables]))
        if not tables:
            tables = list(dict.fromkeys(column.alias for _, column in subjects.columns))
        if not tables:
            tables = list(dict.fromkeys(item.column.alias for item in self.filters))
        if not tables and len(self.lexicon.sources) == 1 and (self.reading.listing or self.reading.limit):
            tables = list(self.lexicon.sources)
        if not tables:
            names = ", ".join(self.lexicon.sources)
            raise Ask(
                f"I found none of the picked tables or their columns in the question. The tables are {names}.",
                *(f"list {alias}" for alias in list(self.lexicon.sources)[:3]),
                *(f"how many {alias}" for alias in list(self.lexicon.sources)[:3]),
            )
        return self._rows(tables, subjects)

    def _rows(self, tables: Sequence[str], subjects: Subjects, by: Column | None = None) -> Plan:
        """The rows of the tables; `by` ranks them."""
        base = self._base(tables)
        self._add_periods(base)
        sorts = [self._sort_column(sort) for sort in self.reading.sorts]
        shown = [column for _, column in subjects.columns] or [
            c for alias in tables for c in self.lexicon.columns(alias)
        ]
        sorted_by = ([by] if by else []) + [column for column, _ in sorts]
        if subjects.columns and by:
            shown = [*self._identity_columns(base), *shown]
        columns = list(dict.fromkeys([*shown, *sorted_by]))
        needed = [*tables, *(c.alias for c in columns), *(item.column.alias for item in self.filters)]
        joins = self.paths.joins(base, needed)
        once = self._repeats(base, joins, {*tables, *(column.alias for column in columns)})
        keys = self.lexicon.primary_key(base)
        columns = list(dict.fromkeys([*(keys if once and not self.reading.distinct else ()), *columns]))
        outputs = tuple(Output(column, self.names.of_column(column)) for column in columns)
        name_of = {output.column: output.name for output in outputs}
        orders = [Order(name_of[by], self.reading.descending)] if by else []
        orders += [Order(name_of[column], descending) for column, descending in sorts]
        ties = [name_of[key] for key in keys if key in name_of and keys] if set(keys) <= set(columns) else []
        fanned = any(step.fans_out for step in joins) and not once
        ties = (
            ties
            if ties and not fanned and not self.reading.distinct
            else [o.name for o in outputs if o.column.family is not Family.OTHER]
        )
        orders += [Order(name) for name in ties if name not in {order.name for order in orders}]
        once_per = tuple(name_of[key] for key in keys) if once and not self.reading.distinct else ()
        self._note_joins(joins)
        whole = not joins and [(o.column, o.name) for o in outputs] == [(c, c.name) for c in self.lexicon.columns(base)]
        return Plan(
            base,
            joins,
            tuple(self.filters),
            outputs,
            orders=tuple(orders),
            limit=self.reading.limit,
            distinct=self.reading.distinct,
            once_per=once_per,
            whole_rows=whole,
        )

    def _identity_columns(self, alias: str) -> list[Column]:
        keys, human = self.resolver.identity(alias)
        return [*keys, *human]

    def _repeats(self, base: str, joins: Sequence[JoinStep], shown: Iterable[str]) -> bool:
        """Whether a join that only serves a filter repeats the rows that are shown."""
        hidden = [step.right for step in joins if step.fans_out and step.right not in set(shown)]
        if hidden and (set(shown) - {base} or not self.lexicon.primary_key(base)) and not self.reading.distinct:
            raise Ask(
                f"Filtering by {hidden[0]} repeats rows of {base}. List one table that has a key, or only count it."
            )
        return bool(hidden)

    def _sort_column(self, sort: Sort) -> tuple[Column, bool]:
        column = self.resolver.column(sort.wanted.phrase) if sort.wanted.function is None else None
        if column is None or column.family is Family.OTHER:
            raise self.resolver.unknown(sort.wanted.phrase)
        return column, bool(sort.descending)

    # Shared

    def _add_periods(self, base: str) -> None:
        for period in self.reading.periods:
            column = self.resolver.column(period.hint, (Family.TIME,)) if period.explicit else None
            if period.explicit and column is None:
                raise self.resolver.unknown(period.hint)
            column = column or self.resolver.moment(base, period.hint, period.text)
            self.filters += self.resolver.period_filters(column, period)

    def _note_joins(self, joins: Sequence[JoinStep]) -> None:
        nullable = {(s.alias, c.name) for s in self.request.sources for c in s.columns if c.nullable}
        for step in joins:
            if step.fans_out:
                self.resolver.assume(f"{step.left} without {step.right} are left out.")
                continue
            if step.right in self.resolver.near:
                self.resolver.assume(f"{step.right} without {step.left} do not appear.")
            if any((step.left, name) in nullable for name in step.left_columns):
                self.resolver.assume(f"{step.left} whose {' and '.join(step.left_columns)} is empty are left out.")


def _adds_nothing(figure: Figure) -> bool:
    """Summing one row gives its own value."""
    return figure.function in (Function.SUM, Function.MAX, Function.MIN)
