"""Which moment a date is about: the column that the words beside it name, else the time of the rows themselves."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.codegen.builtin.lexer import Phrase, parts_of, stem, text_of
from jobs.codegen.builtin.plan import Column, Comparison, Family, Filter
from jobs.codegen.builtin.reading import Ask, Period
from jobs.codegen.builtin.ties import Ties, replaced
from jobs.codegen.builtin.vocabulary import EVENTS, Key


@dataclass(slots=True)
class Moments(Ties):
    def moment(self, base: str, hint: Phrase, text: str) -> Column:
        """The time column that "in 2024" or "by month" is about, seen from rows of `base`."""
        if hint and hint[0].key is Key.EVENT:
            return self.moment(self.event_table(hint, base), (), text)
        hint = hint or self.about
        found = self._hinted(base, hint) or self._nearest_times(base, self._tables_in(hint))
        if not found:
            raise Ask(f"None of the picked tables that belong to {base} has a date or time column for “{text}”.")
        if len(found) > 1:
            names = ", ".join(map(str, found))
            raise Ask(f"Which date is meant by “{text}”: {names}?", *self._with_column(text, found))
        others = len(self._times(found[0].alias)) > 1
        own = ", the time of the row itself" if others and not self._hinted(base, hint) else ""
        self.assume(f"“{text}” is about {found[0]}{own}.")
        return found[0]

    def _hinted(self, base: str, hint: Phrase) -> list[Column]:
        """The time column that words beside the date name: of the tables meant, else of any."""
        if not hint:
            return []
        for among in ({base, *self._tables_in(hint)}, None):
            found = self.lexicon.matches(hint, (Family.TIME,), among)
            if len(found) == 1:
                return [found[0].column]
        return []

    def event_table(self, phrase: Phrase, base: str) -> str:
        """The table whose rows a verb such as "ordered" makes, or that plain words name; the nearest to `base`."""
        if phrase[0].key is not Key.EVENT:
            table = self.lexicon.table(phrase)
            if table is None:
                raise Ask(f"“{text_of(phrase)}” is none of the picked tables.")
            return table
        said = phrase[0].text
        words = {stem(word) for word in EVENTS[said.lower()]}
        named = [alias for alias, source in self.lexicon.sources.items() if words & _stems(alias, source.table)]
        if base in named:
            return base
        ways = self.paths.reach(base)
        steps = {alias: len(ways[alias][0]) for alias in named if alias in ways}
        nearest = [alias for alias, count in steps.items() if count == min(steps.values())]
        if len(nearest) != 1:
            found = f" It may be {' or '.join(nearest)}." if nearest else ""
            raise Ask(f"Which of the picked tables holds what was “{said}”?{found} Name the table, or pick it.")
        self.assume(f"“{said}” is about rows of {nearest[0]}.")
        return nearest[0]

    def _tables_in(self, hint: Phrase) -> list[str]:
        return [alias for item in hint for alias in self.lexicon.tables((item,))]

    def _nearest_times(self, base: str, hinted: list[str]) -> list[Column]:
        """The times of `base`, else of one that it is a part of, of a hinted table, or of the nearest one."""
        for alias in (base, *self._wholes(base), *hinted):
            if times := self._own_times(alias):
                return times
        by_distance: dict[int, list[Column]] = {}
        for alias in self.lexicon.sources:
            distance = self.paths.distance(base, alias)
            if distance is not None:
                by_distance.setdefault(distance, []).extend(self._own_times(alias))
        return next((by_distance[distance] for distance in sorted(by_distance) if by_distance[distance]), [])

    def _wholes(self, alias: str) -> list[str]:
        """What rows are lines of: the tables whose key is a part of theirs, as orders is of order_items."""
        key = {column.name for column in self.lexicon.primary_key(alias)}
        return [s.right for s in self.paths.steps(alias) if not s.fans_out and set(s.left_columns) < key]

    def _times(self, alias: str) -> list[Column]:
        return [column for column in self.lexicon.columns(alias) if column.family is Family.TIME]

    def _own_times(self, alias: str) -> list[Column]:
        """The times of a table; of several the one named after it (ordered_at), else the only one never empty."""
        times = self._times(alias)
        if len(times) < 2:
            return times
        own = _stems(alias, self.lexicon.sources[alias].table)
        named = [c for c in times if any(parts_of(c.name)[0].startswith(word) for word in own if len(word) > 2)]
        filled = [column for column in times if not self.info(column).nullable]
        return next((group for group in (named, filled) if len(group) == 1), times)

    def _with_column(self, text: str, columns: list[Column]) -> list[str]:
        verb = text.split(" ")[0].lower()
        if verb in ("in", "during", "for", "since", "from", "after", "before", "until", "till", "between"):
            known = "in" if verb in ("during", "for") else "since" if verb == "from" else verb
            rest = text.split(" ", 1)[-1].replace(" to ", " and ") if verb == "between" else text.split(" ", 1)[-1]
            return replaced(self.request.prompt, text, [f"where {column} {known} {rest}" for column in columns])
        return replaced(self.request.prompt, text, [f"{column} {text}" for column in columns])

    def period_filters(self, column: Column, period: Period) -> list[Filter]:
        bounds = ((Comparison.GE, period.start), (Comparison.LT, period.end))
        return [Filter(column, comparison, (day.isoformat(),)) for comparison, day in bounds if day is not None]


def _stems(alias: str, table: str) -> set[str]:
    return {stem(part) for part in (*parts_of(alias), *parts_of(table))}
