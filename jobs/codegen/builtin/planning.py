"""What every kind of plan shares: the reading, its ties to tables, the base table, periods and joins."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.codegen.base import GenerationRequest
from jobs.codegen.builtin.joins import Paths
from jobs.codegen.builtin.lexicon import Lexicon
from jobs.codegen.builtin.naming import Names
from jobs.codegen.builtin.plan import Family, Filter, JoinStep
from jobs.codegen.builtin.reading import Ask, Reading
from jobs.codegen.builtin.resolve import Resolver


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

    def _base(self, aliases: Sequence[str]) -> str:
        """The finest of the tables: the one from which the others are met without multiplying rows."""
        for base in aliases:
            if all(self.paths.distance(base, other) is not None for other in aliases):
                return base
        return aliases[0]

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
