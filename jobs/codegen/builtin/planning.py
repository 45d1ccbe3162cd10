"""What every kind of plan shares: the reading, its ties to tables, the base table, periods and joins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from jobs.codegen.base import GenerationRequest
from jobs.codegen.builtin.joins import Paths, condition_text
from jobs.codegen.builtin.lexer import text_of
from jobs.codegen.builtin.lexicon import Lexicon
from jobs.codegen.builtin.naming import Names
from jobs.codegen.builtin.plan import Absence, Family, Filter, JoinStep
from jobs.codegen.builtin.reading import Ask, Met, Reading
from jobs.codegen.builtin.resolve import Figure, Resolver
from jobs.codegen.builtin.subjects import Subjects


class Planning:
    def __init__(self, request: GenerationRequest, lexicon: Lexicon, reading: Reading) -> None:
        self.reading = reading
        self.lexicon = lexicon
        self.paths = Paths(request, lexicon)
        self.resolver = Resolver(request, lexicon, self.paths)
        self.request = request
        self.names = Names()
        self.ignored: list[str] = list(reading.ignored)
        self.filters: list[Filter] = []
        self.joined: list[str] = []
        self.absences: list[Absence] = []
        # The figures of the plan that was made last, in the order of its measures.
        self.figures: list[Figure] = []

    def _base(self, aliases: Sequence[str]) -> str:
        """The finest of the tables: the one from which the others are met without multiplying rows."""
        for base in aliases:
            if all(self.paths.distance(base, other) is not None for other in aliases):
                return base
        return aliases[0]

    def _meet(self, base: str, subjects: Subjects) -> str:
        """Notes what rows of `base` must have met or lack; the table whose time "in 2024" and "by month" are about."""
        anchor = base
        for phrase in self.reading.events:
            table = self.resolver.event_table(phrase, base)
            if table != base:
                self.joined.append(table)
                anchor = table if self._is_finer(table, anchor) else anchor
        for table in subjects.tables:
            if self._is_finer(table, anchor):
                self.joined.append(table)
                anchor = table
        entity = subjects.tables[0] if subjects.tables else base
        for met in self.reading.absences:
            self._miss(met, entity)
        if self.absences and entity != base:
            self.joined.append(entity)
        return anchor

    def _is_finer(self, table: str, anchor: str) -> bool:
        """Whether one row of `anchor` may meet several of `table`."""
        return table != anchor and table in self.paths.reach(anchor) and self.paths.distance(anchor, table) is None

    def _miss(self, met: Met, entity: str) -> None:
        """ "customers without cancelled orders" have none; "revenue without cancelled orders" leaves these out."""
        table = self.resolver.event_table(met.phrase, entity)
        belongs = self.paths.distance(entity, table) is not None
        if belongs and met.known and not met.periods:
            self.filters += [self.resolver.known(replace(known, negated=not known.negated)) for known in met.known]
        elif table == entity:
            raise Ask(f"{table} without {text_of(met.phrase)}: what should be left out? Name a column and a value.")
        else:
            self.absences.append(self._absence(met, entity, table))

    def _absence(self, met: Met, entity: str, table: str) -> Absence:
        filters = [self.resolver.known(known) for known in met.known]
        for period in met.periods:
            column = self.resolver.moment(table, (), period.text)
            filters += self.resolver.period_filters(column, period)
        steps = self.paths.joins(entity, [table, *(item.column.alias for item in filters)])
        elsewhere = [item.column for item in filters if item.column.alias not in {step.right for step in steps}]
        if elsewhere:
            raise Ask(f"{table} has no time of its own; should {elsewhere[0]} narrow the rows that are missed?")
        if sum(step.left == entity for step in steps) != 1:
            raise Ask(f"“{text_of(met.phrase)}” can be missed in several ways; write this part in the code.")
        self._note_likely(steps)
        return Absence(steps, tuple(filters))

    def _add_periods(self, base: str) -> None:
        whole = [period.text for period in self.reading.periods if period.start and period.end]
        if len(whole) > 1:
            raise Ask(f"“{whole[0]}” and “{whole[1]}” cannot both hold. Ask for one stretch of time.")
        for period in self.reading.periods:
            column = self.resolver.column(period.hint, (Family.TIME,)) if period.explicit else None
            if period.explicit and column is None:
                raise self.resolver.unknown(period.hint)
            column = column or self.resolver.moment(base, period.hint, period.text)
            self.filters += self.resolver.period_filters(column, period)

    def _note_likely(self, joins: Sequence[JoinStep]) -> None:
        for step in joins:
            if step.why:
                self.resolver.assume(f"{condition_text(step)} joins them, though no foreign key says so: {step.why}.")

    def _refuse_both(self, base: str, joins: Sequence[JoinStep]) -> None:
        """Rows of one table cannot be met and missed in one question: which of the two its words narrow is unclear."""
        read = {base, *(step.right for step in joins)}
        for absence in self.absences:
            if both := [step.right for step in absence.steps if step.right in read]:
                raise Ask(f"Should {both[0]} be met or missing? The rules take only one of these in a question.")

    def _note_joins(self, joins: Sequence[JoinStep]) -> None:
        self._note_likely(joins)
        nullable = {(s.alias, c.name) for s in self.request.sources for c in s.columns if c.nullable}
        for step in joins:
            if step.fans_out:
                self.resolver.assume(f"{step.left} without {step.right} are left out.")
                continue
            if step.right in self.resolver.near:
                self.resolver.assume(f"{step.right} without {step.left} do not appear.")
            if any((step.left, name) in nullable for name in step.left_columns):
                self.resolver.assume(f"{step.left} whose {' and '.join(step.left_columns)} is empty are left out.")
