"""Plans without figures: "list customers in DE", "top 10 orders by amount"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from jobs.codegen.builtin.naming import usable
from jobs.codegen.builtin.plan import Column, Family, JoinStep, Order, Output, Plan
from jobs.codegen.builtin.planning import Planning
from jobs.codegen.builtin.reading import Ask, Sort
from jobs.codegen.builtin.subjects import Subjects
from jobs.codegen.builtin.vocabulary import BY_TIME


class Rows(Planning):
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
        self._add_periods(self._meet(base, Subjects(tables=[base])))
        sorts = [(by, self.reading.descending)] if by else []
        sorts += [self._sort_column(sort, base) for sort in self.reading.sorts]
        columns = list(dict.fromkeys([*self._shown(tables, base, subjects, by), *(column for column, _ in sorts)]))
        needed = [*tables, *self.joined, *(c.alias for c in columns), *(item.column.alias for item in self.filters)]
        joins = self.paths.joins(base, needed)
        self._refuse_both(base, joins)
        once = not self.reading.distinct and self._repeats(base, joins, {*tables, *(c.alias for c in columns)})
        keys = self.lexicon.primary_key(base)
        if once:
            columns = list(dict.fromkeys([*keys, *columns]))
        outputs = tuple(Output(column, self.names.of_column(column)) for column in columns)
        name_of = {output.column: output.name for output in outputs}
        orders = [Order(name_of[column], descending) for column, descending in sorts]
        fanned = self.reading.distinct or (not once and any(step.fans_out for step in joins))
        orders += self._ties(outputs, () if fanned else keys, {order.name for order in orders})
        self._note_joins(joins)
        return Plan(
            base,
            joins,
            tuple(self.filters),
            outputs,
            orders=tuple(orders),
            limit=self.reading.limit,
            distinct=self.reading.distinct,
            once_per=tuple(name_of[key] for key in keys) if once else (),
            absences=tuple(self.absences),
            whole_rows=not joins and [(o.column, o.name) for o in outputs] == self._as_they_are(base),
        )

    def _shown(self, tables: Sequence[str], base: str, subjects: Subjects, by: Column | None) -> list[Column]:
        """The columns asked for, all without any; of ranked rows also what tells them apart."""
        asked = [column for _, column in subjects.columns]
        if asked and (by or (subjects.beside and subjects.tables)):
            return [*self._identity_columns(base), *asked]
        return asked or [column for alias in tables for column in self.lexicon.columns(alias)]

    def _as_they_are(self, alias: str) -> list[tuple[Column, str]]:
        return [(column, column.name) for column in self.lexicon.columns(alias) if usable(column.name) == column.name]

    def _ties(self, outputs: Sequence[Output], keys: Sequence[Column], ordered: set[str]) -> list[Order]:
        """By the key where the result holds it, else by everything that can be ordered: always the same order."""
        held = keys and set(keys) <= {output.column for output in outputs}
        ties = [o for o in outputs if (o.column in keys if held else o.column.family is not Family.OTHER)]
        return [Order(output.name) for output in ties if output.name not in ordered]

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

    def _sort_column(self, sort: Sort, base: str) -> tuple[Column, bool]:
        if not sort.wanted.phrase and sort.wanted.spoken is not None:
            if sort.wanted.spoken.text.lower() in BY_TIME:
                return self.resolver.moment(base, (), sort.wanted.spoken.text), bool(sort.descending)
            if (only := self.resolver.only_number(sort.wanted, [base])) is not None:
                return only, bool(sort.descending)
            raise Ask(f"“{sort.wanted.spoken.text}”: by which column should the rows be sorted?")
        is_plain = sort.wanted.function is None
        column = self.resolver.column(sort.wanted.phrase) if is_plain else self.resolver.whole_name(sort.wanted)
        if column is None or column.family is Family.OTHER:
            raise self.resolver.unknown(sort.wanted.phrase)
        return column, bool(sort.descending)
