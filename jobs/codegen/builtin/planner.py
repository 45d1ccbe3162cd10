"""Makes the plan of a reading: which kind of plan it is, and what "top 10" ranks."""

from __future__ import annotations

from dataclasses import replace

from jobs.codegen.builtin.lexer import Phrase, grain_of, text_of
from jobs.codegen.builtin.lexicon import phrase_stems
from jobs.codegen.builtin.limits import Limited
from jobs.codegen.builtin.plan import Column, Family, Function, Order, Plan, Within
from jobs.codegen.builtin.reading import Ask, KeyWish, Wanted
from jobs.codegen.builtin.resolve import ORDERED
from jobs.codegen.builtin.rows import Rows
from jobs.codegen.builtin.subjects import Subjects, all_filters, subjects_of


class Planner(Limited, Rows):
    def plan(self) -> Plan:
        """The plan of the whole reading. Raises Ask where the question does not decide."""
        self.joined = [alias for phrase in self.reading.joined if (alias := self.lexicon.table(phrase))]
        for alias in self.joined:
            self.resolver.mention(alias)
        ranked = self.lexicon.table(self.reading.ranked) if self.reading.ranked else None
        if ranked:
            self.resolver.mention(ranked)
        subjects = subjects_of(self.reading, self.resolver)
        self._take_limits(subjects)
        self.filters += all_filters(self.reading, subjects, self.resolver)
        self.filters += self.resolver.flags
        self._take_columns(subjects)
        if self.reading.limits:
            return self._limited(subjects)
        if self.reading.ranked is not None:
            return self._ranked(ranked, subjects)
        if self.reading.recent is not None:
            return self._recent(subjects)
        if self.reading.measures or self.reading.keys:
            return self._grouped(self._wanted(subjects), self.reading.keys, subjects)
        return self._listed(subjects)

    def _take_columns(self, subjects: Subjects) -> None:
        """ "show name and total amount": a function's word that is part of a column's name, beside other columns."""
        measures = self.reading.measures
        if self.reading.keys or self.reading.ranked is not None or not subjects.columns:
            return
        columns = [(one.phrase, self.resolver.whole_name(one)) for one in measures]
        if all(column is not None for _, column in columns):
            subjects.columns += [(phrase, column) for phrase, column in columns if column is not None]
            measures.clear()

    def _ranked(self, table: str | None, subjects: Subjects) -> Plan:
        phrase = self.reading.ranked or ()
        wanted = self.reading.ranked_by or (self.reading.measures[0] if self.reading.measures else self._order_named())
        if not phrase or wanted is None:
            raise self._rank_by_what(table, phrase)
        if table is None and grain_of(phrase) is None and (column := self.resolver.column(phrase)):
            self.resolver.mention(column.alias)
        # "revenue by category for the top 3 categories" says what is ranked twice.
        self.reading.keys = [k for k in self.reading.keys if phrase_stems(k.phrase) != phrase_stems(phrase)]
        others = [measure for measure in self.reading.measures if measure is not wanted]
        if table is not None and not others and (column := self._own_figure(wanted, table)):
            return self._first_within(self._rows([table], subjects, by=column))
        keys = [*self.reading.keys, KeyWish(phrase)]
        return self._first_within(self._grouped([wanted, *others], keys, subjects))

    def _order_named(self) -> Wanted | None:
        """ "top 10 customers, highest total first" says what ranks them; the other way round it would be unclear."""
        sorts = self.reading.sorts
        if len(sorts) != 1 or sorts[0].descending is not self.reading.descending:
            return None
        named = sorts[0].wanted
        return sorts.pop().wanted if named.phrase or named.function else None

    def _own_figure(self, wanted: Wanted, table: str) -> Column | None:
        """The column by which the rows of a table are ranked as they are: of one row, a sum is its own value."""
        if wanted.part or wanted.function not in (None, Function.SUM, Function.MAX, Function.MIN):
            return None
        if self.lexicon.tables(wanted.phrase):
            return None
        if (column := self.resolver.whole_name(wanted)) is None and wanted.phrase:
            column = self.resolver.column(wanted.phrase, ORDERED, keys=False)
        return column if column is not None and column.alias == table else None

    def _first_within(self, plan: Plan) -> Plan:
        """ "top 3 products per category": the first of each group instead of the first of all."""
        if not self.reading.keys or plan.limit is None:
            return plan
        columns = {o.column: o.name for o in plan.outputs if o.grain is None}
        keys = []
        for wish in self.reading.keys:
            column = self.resolver.column(wish.phrase) if wish.phrase else None
            found = [output.name for output in plan.outputs if output.grain is not None and column is None]
            name = columns.get(column) if column is not None else found[0] if len(found) == 1 else None
            if name is None:
                raise Ask(
                    f"“{text_of(self.reading.ranked or ())}” within each {text_of(wish.phrase)} cannot be ranked."
                )
            keys.append(name)
        orders = tuple(order for order in plan.orders if order.name not in keys)
        within = Within(tuple(keys), orders, plan.limit, self.names.claim("place"))
        ordered = (*(Order(key) for key in keys), *orders)
        return replace(plan, within=within, limit=None, orders=ordered)

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
        return self._rows(
            [table], subjects, by=self.resolver.moment(table, (), "latest" if self.reading.descending else "earliest")
        )

    def _only_table(self, subjects: Subjects) -> str | None:
        tables = subjects.tables or self.joined or list(self.lexicon.sources)
        return tables[0] if len(tables) == 1 else None
