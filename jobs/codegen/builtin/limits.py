"""Plans that keep groups by a figure: "customers with more than 3 orders", "countries with revenue above 5000"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from jobs.codegen.builtin.grouped import Grouped
from jobs.codegen.builtin.lexer import Item, Phrase, text_of
from jobs.codegen.builtin.plan import (
    Column,
    Comparison,
    Family,
    Filter,
    Function,
    JoinStep,
    Measure,
    Order,
    Plan,
    Threshold,
)
from jobs.codegen.builtin.predicates import filters_on
from jobs.codegen.builtin.reading import Ask, Condition, KeyWish, Limit, Wanted
from jobs.codegen.builtin.resolve import Figure, is_revenue
from jobs.codegen.builtin.subjects import Subjects
from jobs.codegen.builtin.ties import replaced
from jobs.codegen.builtin.vocabulary import Key

_ORDERING = (Comparison.LT, Comparison.LE, Comparison.GT, Comparison.GE)
_UPPER = (Comparison.LT, Comparison.LE)


class Limited(Grouped):
    def _take_limits(self, subjects: Subjects) -> None:
        """Moves comparisons to where they belong: of a row's own column to the filters, of many rows' to the limits."""
        entity = self._entity_table(subjects)
        alone = subjects.columns[0][1].alias if len(subjects.columns) == 1 and not subjects.tables else None
        of_rows = entity or alone
        for condition in list(self.reading.conditions):
            if of_rows is not None and self._is_of_many(condition, of_rows):
                self.reading.conditions.remove(condition)
                self.reading.limits.append(self._limit_of(condition))
        for limit in list(self.reading.limits):
            column = self._own_column(limit.wanted, entity)
            if column is not None:
                self.reading.limits.remove(limit)
                self.filters += filters_on(column, Condition(limit.wanted.phrase, limit.comparison, (limit.value,)))

    def _entity_table(self, subjects: Subjects) -> str | None:
        counted = [one for one in self.reading.measures if one.function is Function.COUNT and one.phrase]
        if counted:
            return self.lexicon.table(counted[0].phrase)
        return subjects.tables[0] if len(subjects.tables) == 1 and not self.reading.measures else None

    def _own_column(self, wanted: Wanted, entity: str | None) -> Column | None:
        """The column of the very rows that are listed, where one is compared and not a figure of many rows."""
        if wanted.function is not None:
            column = self.resolver.whole_name(wanted)
            return column if column is not None and column.alias == entity else None
        phrase = wanted.phrase
        found = self.lexicon.matches(phrase, (Family.NUMBER,), [entity]) if entity and phrase else []
        return found[0].column if len(found) == 1 and not self.lexicon.tables(phrase) else None

    def _is_of_many(self, condition: Condition, entity: str) -> bool:
        """ "customers with revenue above 5000": each customer meets many rows that have it."""
        if condition.comparison not in _ORDERING or self.reading.keys or self.lexicon.tables(condition.phrase):
            return False
        found = self.lexicon.matches(condition.phrase, (Family.NUMBER,))
        revenue = is_revenue(Wanted(condition.phrase))
        if not revenue and self.reading.measures:
            return False
        if revenue and not found:
            return True
        return bool(found) and all(self._is_finer(match.column.alias, entity) for match in found)

    def _limit_of(self, condition: Condition) -> Limit:
        wanted = Wanted(condition.phrase)
        comparison = Comparison(str(condition.comparison))
        if not is_revenue(wanted):
            said = text_of(condition.phrase)
            raise Ask(
                f"Should any {said} be {comparison} {condition.values[0].text}, or all of them added up?",
                *replaced(self.request.prompt, said, [f"total {said}", f"maximum {said}"]),
            )
        return Limit(wanted, comparison, condition.values[0])

    def _limited(self, subjects: Subjects) -> Plan:
        """The groups for which every limit holds; their number where "how many" asked."""
        counted = self._counted_entity()
        keys = self.reading.keys or [KeyWish(counted.phrase if counted else self._entity_phrase(subjects))]
        wanted = [] if counted else list(self.reading.measures)
        wanted += [self._limit_wanted(limit, keys) for limit in self.reading.limits]
        few = self._few(keys, subjects)
        plan = few if few is not None else self._grouped(wanted, keys, subjects)
        names = {figure: measure.name for figure, measure in zip(self.figures, plan.measures, strict=True)}
        thresholds = tuple(
            Threshold(names[self.resolver.figure(one)], limit.comparison, self._number(limit.value))
            for one, limit in zip(wanted[-len(self.reading.limits) :], self.reading.limits, strict=True)
        )
        plan = replace(plan, thresholds=thresholds)
        if counted is None:
            return plan
        table = self.lexicon.table(counted.phrase)
        name = self.names.of_figure(Figure(Function.COUNT, table)) if table else self.names.claim("count")
        return replace(plan, counted_as=name, orders=(), limit=None)

    def _counted_entity(self) -> Wanted | None:
        """ "how many customers have more than 3 orders" counts the customers that are kept."""
        measures = self.reading.measures
        if len(measures) != 1 or measures[0].function is not Function.COUNT or not measures[0].phrase:
            return None
        if self.reading.keys:
            raise Ask(
                "A number of groups for each of other groups is not among the built-in rules. "
                "Ask for it without the grouping, or write this part in the code."
            )
        return measures[0]

    def _entity_phrase(self, subjects: Subjects) -> Phrase:
        tables = [phrase for phrase in self.reading.subjects if self.lexicon.tables(phrase)]
        phrases = tables or [phrase for phrase, _ in subjects.columns]
        if self.reading.measures:
            raise Ask("For each of what should the figure be compared? Say “per …”.")
        if len(phrases) != 1:
            limit = self.reading.limits[0]
            raise Ask(f"Of what should there be {limit.comparison} {limit.value.text}? Name one table or column first.")
        return phrases[0]

    def _limit_wanted(self, limit: Limit, keys: Sequence[KeyWish]) -> Wanted:
        """The figure that is compared: rows are counted, numbers added up."""
        wanted = limit.wanted
        if wanted.function is not None:
            return wanted
        if wanted.phrase[0].text.lower() in self._verbs():
            entities = [*self._key_tables(keys[0]), *self.resolver.near, *self.lexicon.sources]
            alias = self.resolver.event_table(wanted.phrase, entities[0])
            return Wanted((Item(Key.WORD, alias),), Function.COUNT)
        if self.lexicon.tables(wanted.phrase):
            return replace(wanted, function=Function.COUNT)
        return wanted if is_revenue(wanted) else replace(wanted, function=Function.SUM)

    def _verbs(self) -> set[str]:
        return {phrase[0].text.lower() for phrase in self.reading.events}

    def _few(self, keys: Sequence[KeyWish], subjects: Subjects) -> Plan | None:
        """ "fewer than 10 orders" holds for those without any too: the plan that keeps them, where there are such."""
        entity = self.lexicon.table(keys[0].phrase) if len(keys) == 1 else None
        if entity is None or not any(limit.comparison in _UPPER for limit in self.reading.limits):
            return None
        wanted = [self._limit_wanted(limit, keys) for limit in self.reading.limits]
        figures = list(dict.fromkeys(self.resolver.figure(one) for one in wanted))
        self.figures = figures
        if len(figures) != 1 or figures[0].function not in (Function.COUNT, Function.SUM) or self.absences:
            raise Ask("“Fewer than” together with other figures is beyond the built-in rules. Ask for one figure.")
        figure = figures[0]
        if figure.alias == entity:
            return None
        self.resolver.mention(entity)
        self._add_periods(figure.alias)
        own = [item for item in self.filters if item.column.alias == entity]
        others = [item for item in self.filters if item.column.alias != entity]
        steps = self.paths.joins(entity, [figure.alias, *(item.column.alias for item in others)])
        if steps[-1].right != figure.alias or any(step.left == entity for step in steps[1:]):
            raise Ask(f"“Fewer than” over {figure.alias} is beyond the built-in rules here. Write it in the code.")
        outputs = self._entity_outputs(entity)
        measure = self._or_zero(figure)
        self._note_likely(steps)
        self.resolver.assume(f"{entity} without any {figure.alias} are kept, with 0.")
        orders = tuple(Order(output.name) for output in outputs)
        return Plan(
            entity, self._kept(steps, others), tuple(own), tuple(outputs), (measure,), orders, self.reading.limit
        )

    def _kept(self, steps: Sequence[JoinStep], filters: Sequence[Filter]) -> tuple[JoinStep, ...]:
        return tuple(
            replace(step, keeps_left=True, filters=tuple(f for f in filters if f.column.alias == step.right))
            for step in steps
        )

    def _or_zero(self, figure: Figure) -> Measure:
        name = self.names.of_figure(figure)
        if figure.function is Function.SUM:
            columns = (figure.column,) if figure.column else ()
            return Measure(Function.SUM, columns, name, times=figure.times, or_zero=True)
        key = self.lexicon.primary_key(figure.alias)
        if not key:
            raise Ask(f"{figure.alias} has no key, so that rows of it cannot be told from none. Write it in the code.")
        return Measure(Function.COUNT_DISTINCT, key, name)

    def _number(self, item: Item) -> int | float:
        assert isinstance(item.meaning, int | float)  # noqa: S101 - the grammar takes nothing else as a limit
        return item.meaning
