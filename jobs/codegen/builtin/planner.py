"""Makes the plan of a reading: which kind of plan it is, and what "top 10" ranks."""

from __future__ import annotations

from jobs.codegen.builtin.grouped import Grouped
from jobs.codegen.builtin.lexer import Phrase, text_of
from jobs.codegen.builtin.plan import Family, Function, Plan
from jobs.codegen.builtin.reading import Ask, KeyWish
from jobs.codegen.builtin.resolve import Figure
from jobs.codegen.builtin.rows import Rows
from jobs.codegen.builtin.subjects import Subjects, all_filters, subjects_of


class Planner(Grouped, Rows):
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
            return self._grouped(self._wanted(subjects), self.reading.keys, subjects)
        return self._listed(subjects)

    def _ranked(self, table: str | None, subjects: Subjects) -> Plan:
        phrase = self.reading.ranked or ()
        wanted = self.reading.ranked_by or (self.reading.measures[0] if self.reading.measures else None)
        if not phrase or wanted is None:
            raise self._rank_by_what(table, phrase)
        if table is None and (column := self.resolver.column(phrase)):
            self.resolver.mention(column.alias)
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
        return self._grouped([wanted, *others], [KeyWish(phrase)], subjects)

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


def _adds_nothing(figure: Figure) -> bool:
    """Summing one row gives its own value."""
    return figure.function in (Function.SUM, Function.MAX, Function.MIN)
