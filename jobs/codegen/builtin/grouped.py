"""Plans with figures: "how many orders per country"; refused where a join would count a value twice."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.codegen.builtin.lexer import Item, Phrase, grain_of, text_of
from jobs.codegen.builtin.plan import (
    Column,
    Family,
    Function,
    Grain,
    JoinStep,
    Measure,
    Order,
    Output,
    Plan,
    ShareOfAll,
)
from jobs.codegen.builtin.planning import Planning
from jobs.codegen.builtin.reading import Ask, KeyWish, Sort, Wanted
from jobs.codegen.builtin.resolve import Figure, is_revenue
from jobs.codegen.builtin.subjects import Subjects
from jobs.codegen.builtin.ties import replaced
from jobs.codegen.builtin.vocabulary import Key


class Grouped(Planning):
    def _wanted(self, subjects: Subjects) -> list[Wanted]:
        """The measures asked for; without any, a subject that can be one: "orders per country"."""
        self.joined += [alias for alias in subjects.tables if self.reading.joined and alias not in self.joined]
        if self.reading.measures:
            return self.reading.measures
        numbers = [Wanted(p) for p, column in subjects.columns if column.family is Family.NUMBER and not column.is_key]
        if self.reading.distinct and subjects.columns:
            return [Wanted(phrase, Function.COUNT, distinct=True) for phrase, _ in subjects.columns]
        if numbers:
            return numbers
        if len(subjects.tables) == 1:
            table = subjects.tables[0]
            if self.reading.by_alone and (self.reading.listing or self._is_by_number()):
                raise self._counted_or_sorted(table)
            self.resolver.assume(f"“{table} per …” is read as the number of {table}.")
            return [Wanted((Item(Key.WORD, table),), Function.COUNT)]
        raise self._measure_missing()

    def _is_by_number(self) -> bool:
        """ "products by price" would count the products of each single price."""
        phrase = self.reading.keys[0].phrase
        found = self.lexicon.matches(phrase, (Family.NUMBER,), keys=False)
        return bool(found) and not self.lexicon.tables(phrase)

    def _counted_or_sorted(self, table: str) -> Ask:
        key = text_of(self.reading.keys[0].phrase)
        own = self.lexicon.matches(self.reading.keys[0].phrase, among=[table])
        return Ask(
            f"Should the {table} be counted for each {key}, or listed in its order?",
            f"how many {table} per {key}",
            f"list {table} sorted by {key}" if own else f"total {key} per {table}",
        )

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

    def _grouped(self, wanted: Sequence[Wanted], keys: Sequence[KeyWish], subjects: Subjects) -> Plan:
        self.figures = list(dict.fromkeys(self.resolver.figure(one) for one in wanted))
        figures = self._divisible(self.figures, keys)
        self._refuse_single_rows(wanted, figures)
        self.filters += [flag for flag in self.resolver.flags if flag not in self.filters]
        base = self._base([figure.alias for figure in figures])
        self.resolver.mention(base)
        anchor = self._meet(base, subjects)
        self._add_periods(anchor)
        outputs = [output for key in keys for output in self._key_outputs(key, anchor)]
        outputs += self._details(outputs, wanted, subjects)
        if not outputs:
            self._refuse_unused(wanted, figures, subjects)
        joins = self.paths.joins(base, self._needed(figures, outputs))
        self._refuse_both(base, joins)
        measures = [self._measure(figure, base, joins) for figure in figures]
        share = self._share_of_all(wanted, measures, outputs)
        orders = self._group_orders(outputs, measures, self.figures)
        if self.reading.limit and not orders:
            orders = [Order(output.name) for output in outputs]
        self._note_joins(joins)
        return Plan(
            base,
            joins,
            tuple(self.filters),
            tuple(outputs),
            tuple(measures),
            tuple(orders),
            self.reading.limit,
            absences=tuple(self.absences),
            share=share,
        )

    def _needed(self, figures: Sequence[Figure], outputs: Sequence[Output]) -> list[str]:
        """The tables that the plan reads."""
        filters = [*self.filters, *(item for figure in figures for item in (*figure.part, *figure.other))]
        columns = [*(output.column for output in outputs), *(item.column for item in filters)]
        return [*(figure.alias for figure in figures), *(column.alias for column in columns), *self.joined]

    def _divisible(self, figures: list[Figure], keys: Sequence[KeyWish]) -> list[Figure]:
        """Revenue per product: of orders it cannot be divided, so that of their lines takes its place."""
        return [self._by_lines(figure, keys) if figure.is_revenue else figure for figure in figures]

    def _by_lines(self, figure: Figure, keys: Sequence[KeyWish]) -> Figure:
        needed = {item.column.alias for item in self.filters} | {a for key in keys for a in self._key_tables(key)}
        if all(self.paths.distance(figure.alias, alias) is not None for alias in needed):
            return figure
        lines = self.resolver.lines_revenue()
        if lines is None or any(self.paths.distance(lines.alias, a) is None for a in (*needed, figure.alias)):
            return figure
        self.resolver.forget(f"{figure.column} is added up.")
        self.resolver.assume(
            f"{figure.column} cannot be divided by {_names(keys)}, so {lines.column} times {lines.times} is added up."
        )
        return lines

    def _key_tables(self, wish: KeyWish) -> list[str]:
        """The table that a wish groups by, when its words name just one."""
        if not wish.phrase:
            return []
        found = self.lexicon.tables(wish.phrase)
        found = found or [match.column.alias for match in self.lexicon.matches(wish.phrase)]
        return found if len(found) == 1 else []

    def _share_of_all(
        self, wanted: Sequence[Wanted], measures: Sequence[Measure], outputs: Sequence[Output]
    ) -> ShareOfAll | None:
        asked = [one for one in wanted if one.share]
        if not asked:
            return None
        if len(measures) != 1 or not outputs or measures[0].function not in (Function.COUNT, Function.SUM):
            said = text_of(asked[0].phrase)
            raise Ask(
                f"Which part of {said}? Name what the part fulfils, or say for each of what the share is wanted.",
            )
        whole = asked[0].share
        name = self.names.claim("share" if whole == 1 else "percentage")
        return ShareOfAll(measures[0].name, name, whole)

    def _details(self, outputs: Sequence[Output], wanted: Sequence[Wanted], subjects: Subjects) -> list[Output]:
        """ "name and email of the top 10 customers": columns that belong to the rows' own key ride along."""
        measured = [one.phrase for one in wanted]
        asked = [column for phrase, column in subjects.columns if phrase not in measured]
        held = {output.column for output in outputs}
        entities = {c.alias for c in held if set(self.lexicon.primary_key(c.alias)) & held}
        loose = [column for column in asked if column not in held and column.alias not in entities]
        if loose:
            figure = text_of((wanted[0].spoken, *wanted[0].phrase) if wanted[0].spoken else wanted[0].phrase)
            raise Ask(f"What about {loose[0]}? Should it group the figures?", f"{figure} per {loose[0]}")
        details = [column for column in dict.fromkeys(asked) if column not in held]
        return [Output(column, self.names.of_column(column)) for column in details]

    def _refuse_unused(self, wanted: Sequence[Wanted], figures: Sequence[Figure], subjects: Subjects) -> None:
        """ "customers and the number of their orders" most likely wants one row for each customer: ask."""
        if not subjects.leads or subjects.tables[0] in [figure.alias for figure in figures]:
            return
        table = subjects.tables[0]
        figure = text_of((wanted[0].spoken, *wanted[0].phrase) if wanted[0].spoken else wanted[0].phrase)
        raise Ask(f"Should there be one row for each of {table}?", f"{figure} per {table}", figure)

    def _refuse_single_rows(self, wanted: Sequence[Wanted], figures: Sequence[Figure]) -> None:
        """ "average seconds per page view" is no group of rows; "average revenue per customer" may be a ratio."""
        for key in self.reading.keys:
            table = self.lexicon.table(key.phrase) if key.phrase else None
            if table is not None and self.reading.ranked is None and all(figure.alias == table for figure in figures):
                raise Ask(f"Each of {table} is one row. Ask for the figure of all of them, or group by a column.")
            for one in wanted:
                if table is not None and one.function is Function.AVERAGE and is_revenue(one):
                    said = text_of(one.phrase)
                    raise Ask(
                        f"Is the average of each single amount meant, or all {said} divided by the number of {table}?",
                        *replaced(self.request.prompt, said, [str(figures[0].column)]),
                    )

    def _measure(self, figure: Figure, base: str, joins: Sequence[JoinStep]) -> Measure:
        """The figure over the joined rows; refused where the joins would count a value more than once."""
        name = self.names.of_figure(figure)
        columns = (figure.column,) if figure.column else ()
        multiplied = figure.alias != base or any(step.fans_out for step in joins)
        if not multiplied or figure.function in (Function.MIN, Function.MAX, Function.COUNT_DISTINCT):
            return Measure(figure.function, columns, name, figure.times, figure.part, figure.other, figure.whole)
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
        if column.family is Family.TIME and not (exact and exact[0].tier == 0):
            raise self._which_grain(wish, column)
        return [Output(column, self.names.of_column(column))]

    def _which_grain(self, wish: KeyWish, column: Column) -> Ask:
        said = text_of(wish.phrase)
        options = replaced(self.request.prompt, said, [f"{column.name} {grain}" for grain in ("day", "month", "year")])
        return Ask(f"By which stretch of time should {column} be grouped: day, week, month, quarter or year?", *options)

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
            figure = self.resolver.figure(sort.wanted) if columns else self._figure_meant(sort.wanted, figures)
            for measure, known in zip(measures, figures, strict=True):
                if known == figure or _is_of_same_column(known, figure, sort.wanted.function):
                    return Order(measure.name, bool(sort.descending))
        elif len(measures) == 1:
            return Order(measures[0].name, bool(sort.descending))
        names = [output.name for output in outputs] + [measure.name for measure in measures]
        said = text_of((sort.wanted.spoken, *sort.wanted.phrase) if sort.wanted.spoken else sort.wanted.phrase)
        raise Ask(f"The result cannot be sorted by “{said}”: it has {', '.join(names)}.")

    def _figure_meant(self, wanted: Wanted, figures: Sequence[Figure]) -> Figure:
        """What a sort means that names no column: the only figure of its kind. A count is no total."""
        is_money = is_revenue(wanted) and not self.lexicon.tables(wanted.phrase)
        kind = wanted.function or (Function.SUM if is_money else None)
        alike = [figure for figure in figures if kind in (None, figure.function)]
        if len(figures) == 1 and kind in [one.function for one in self.reading.measures]:
            alike = list(figures)  # "total orders" counts them, and was asked for by this very word
        is_clear = len(alike) == 1 and (len(figures) == 1 or not wanted.phrase)
        return alike[0] if is_clear else self.resolver.figure(wanted)


def _is_of_same_column(known: Figure, figure: Figure, said: Function | None) -> bool:
    return figure.column is not None and figure.column == known.column and said in (None, known.function)


def _names(keys: Sequence[KeyWish]) -> str:
    return " and ".join(text_of(key.phrase) or str(key.grain) for key in keys)
