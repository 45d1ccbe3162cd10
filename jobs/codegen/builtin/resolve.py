"""Ties wishes to columns: which measure, which moment, which place. Asks wherever two readings are equally good."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from jobs.codegen.base import GenerationRequest
from jobs.codegen.builtin.joins import Paths
from jobs.codegen.builtin.lexer import Item, Phrase, parts_of, text_of
from jobs.codegen.builtin.lexicon import Lexicon
from jobs.codegen.builtin.plan import Column, Comparison, Family, Filter, Function
from jobs.codegen.builtin.reading import Ask, Period, Wanted
from jobs.codegen.builtin.vocabulary import HUMAN_NAMES, NOT_ADDITIVE, PLACE_WORDS

MEASURABLE = (Family.NUMBER,)
ORDERED = (Family.NUMBER, Family.TIME)


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure tied to a table. `column` is None where rows of the table are counted."""

    function: Function
    alias: str
    column: Column | None = None


@dataclass(slots=True)
class Resolver:
    """`near` are the tables that the question mentions: their columns come first. Assumptions collect here."""

    request: GenerationRequest
    lexicon: Lexicon
    paths: Paths
    near: list[str] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)
    flags: list[Filter] = field(default_factory=list)

    def assume(self, sentence: str) -> None:
        if sentence not in self.assumptions:
            self.assumptions.append(sentence)

    def mention(self, alias: str) -> None:
        if alias not in self.near:
            self.near.append(alias)

    def column(self, phrase: Phrase, families: Sequence[Family] = tuple(Family), *, keys: bool = True) -> Column | None:
        """The column that the phrase names; a reading that is not word for word is noted as an assumption."""
        column = self.lexicon.find(phrase, families, self.near, keys=keys)
        if column is not None:
            self._refuse_twins(column)
            said = text_of(phrase)
            if said.lower().replace(" ", "_") not in (column.name.lower(), str(column).lower()):
                self.assume(f"“{said}” is read as {column}.")
        return column

    def _refuse_twins(self, column: Column) -> None:
        twins = [c for c in self.lexicon.columns(column.alias) if c.name.lower() == column.name.lower()]
        if len(twins) > 1:
            names = " and ".join(twin.name for twin in twins)
            raise Ask(f"{column.alias} has the columns {names}, which Spark cannot tell apart. Use another column.")

    # Measures

    def figure(self, wanted: Wanted) -> Figure:
        if wanted.function is Function.COUNT:
            return self._count(wanted)
        column = self._whole_name(wanted) or (self._measurable(wanted) if wanted.phrase else None)
        if column is not None:
            return Figure(wanted.function or self._usual_function(wanted, column), column.alias, column)
        table = self.lexicon.table(wanted.phrase) if wanted.phrase else None
        if table is not None and wanted.function in (None, Function.SUM):
            self.assume(f"“{_spoken(wanted)}” is read as the number of {table}.")
            return Figure(Function.COUNT, table)
        raise self._no_measure(wanted)

    def _count(self, wanted: Wanted) -> Figure:
        if not wanted.phrase:
            if len(self.near) == 1 or len(self.request.sources) == 1:
                return Figure(Function.COUNT, (self.near or list(self.lexicon.sources))[0])
            raise Ask("What should be counted?", *(f"how many {alias}" for alias in self.lexicon.sources))
        table = self.lexicon.table(wanted.phrase)
        if table is not None:
            return Figure(Function.COUNT, table)
        if flagged := self.flagged(wanted.phrase):
            return Figure(Function.COUNT, flagged)
        column = self.column(wanted.phrase)
        if column is None:
            raise self.unknown(wanted.phrase)
        if not wanted.distinct:
            self.assume(f"Counting {text_of(wanted.phrase)} counts the different values of {column}.")
        return Figure(Function.COUNT_DISTINCT, column.alias, column)

    def _whole_name(self, wanted: Wanted) -> Column | None:
        """The column whose name holds the function's own word, as total_amount holds "total"."""
        if wanted.spoken is None:
            return None
        phrase = (wanted.spoken, *wanted.phrase)
        exact = self.lexicon.matches(phrase, MEASURABLE, keys=False)
        return self.column(phrase, MEASURABLE, keys=False) if exact and exact[0].tier == 0 else None

    def _measurable(self, wanted: Wanted) -> Column | None:
        families = ORDERED if wanted.function in (Function.MIN, Function.MAX) else MEASURABLE
        return self.column(wanted.phrase, families, keys=False)

    def _usual_function(self, wanted: Wanted, column: Column) -> Function:
        if NOT_ADDITIVE & set(parts_of(column.name)):
            said = text_of(wanted.phrase)
            options = [self.request.prompt.replace(said, f"{word} {said}") for word in ("total", "average", "max")]
            raise Ask(f"Should {column} be added up or averaged?", *options)
        self.assume(f"{column} is added up.")
        return Function.SUM

    def _no_measure(self, wanted: Wanted) -> Ask:
        said = _spoken(wanted)
        figures = [c for alias in self._near_first() for c in self.lexicon.columns(alias)]
        numbers = [c for c in figures if c.family is Family.NUMBER and not c.is_key][:5]
        if not numbers:
            return Ask(f"None of the picked tables has a numeric column for “{said}”.")
        return Ask(
            f"Which column is meant by “{said}”? The numeric columns are {', '.join(map(str, numbers))}.",
            *replaced(self.request.prompt, said, [f"{wanted.function or 'total'} {number}" for number in numbers]),
        )

    # Moments

    def moment(self, base: str, hint: Phrase, text: str) -> Column:
        """The time column that "in 2024" or "by month" is about, seen from rows of `base`."""
        near = self.lexicon.matches(hint, (Family.TIME,), {base, *self._tables_in(hint)}) if hint else []
        if len(near) == 1:
            self.assume(f"“{text}” is about {near[0].column}.")
            return near[0].column
        found = self._nearest_times(base, self._tables_in(hint))
        if not found:
            raise Ask(f"None of the picked tables that belong to {base} has a date or time column for “{text}”.")
        if len(found) > 1:
            names = ", ".join(map(str, found))
            raise Ask(f"Which date is meant by “{text}”: {names}?", *self._with_column(text, found))
        self.assume(f"“{text}” is about {found[0]}.")
        return found[0]

    def _tables_in(self, hint: Phrase) -> list[str]:
        return [alias for item in hint for alias in self.lexicon.tables((item,))]

    def _nearest_times(self, base: str, hinted: list[str]) -> list[Column]:
        """The time columns of `base`, else of a hinted table, else of the nearest one met without fanning out."""
        for alias in (base, *hinted):
            if times := self._times(alias):
                return times
        by_distance: dict[int, list[Column]] = {}
        for alias in self.lexicon.sources:
            distance = self.paths.distance(base, alias)
            if distance is not None:
                by_distance.setdefault(distance, []).extend(self._times(alias))
        return next((by_distance[distance] for distance in sorted(by_distance) if by_distance[distance]), [])

    def _times(self, alias: str) -> list[Column]:
        return [column for column in self.lexicon.columns(alias) if column.family is Family.TIME]

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

    # Places

    def place(self, values: tuple[Item, ...]) -> Filter:
        said = text_of(values)
        columns = self._place_columns(self.near) or self._place_columns(self.lexicon.sources)
        if all(len(value.text) == 2 and value.text.isupper() for value in values):
            columns = [c for c in columns if "country" in parts_of(c.name)] or columns
        if len(columns) != 1 or not all(value.quoted or value.text[:1].isupper() for value in values):
            names = f" Is it a value of {' or '.join(map(str, columns))}?" if columns else ""
            options = [f"where {column} equals {value.text}" for column in columns for value in values[:1]]
            raise Ask(f"“{said}” is not a table or column that I know.{names}", *self._instead_of_place(said, options))
        self.assume(f"“{said}” is read as a value of {columns[0]}.")
        texts = tuple(str(value.meaning) if value.quoted else value.text for value in values)
        return Filter(columns[0], Comparison.EQ if len(texts) == 1 else Comparison.ANY_OF, texts)

    def _instead_of_place(self, said: str, options: list[str]) -> list[str]:
        prompt = self.request.prompt
        for opener in ("in", "from", "for"):
            if f"{opener} {said}" in prompt:
                return replaced(prompt, f"{opener} {said}", options)
        return []

    def _place_columns(self, aliases: Iterable[str]) -> list[Column]:
        return [
            column
            for alias in aliases
            for column in self.lexicon.columns(alias)
            if column.family is Family.TEXT and set(parts_of(column.name)) & set(PLACE_WORDS)
        ]

    # Tables

    def identity(self, alias: str) -> tuple[tuple[Column, ...], tuple[Column, ...]]:
        """What tells the rows of a table apart, and the columns by which a person knows them."""
        keys, columns = self.lexicon.primary_key(alias), self.lexicon.columns(alias)
        names = {column.name.lower(): column for column in columns if column.family is Family.TEXT}
        if "first_name" in names and "last_name" in names:
            return keys, (names["first_name"], names["last_name"])
        human = next((names[name] for name in HUMAN_NAMES if name in names and names[name] not in keys), None)
        return keys, (human,) if human else ()

    def flagged(self, phrase: Phrase) -> str | None:
        """The table of "active customers": a yes-or-no column before its table filters the table."""
        table = self.lexicon.table(phrase[1:]) if 1 < len(phrase) <= 8 else None
        flags = self.lexicon.matches(phrase[:1], (Family.FLAG,), [table]) if table else []
        if len(flags) != 1:
            return None
        self.assume(f"“{text_of(phrase)}” keeps the rows where {flags[0].column} is true.")
        self.flags.append(Filter(flags[0].column, Comparison.EQ, (True,)))
        return table

    def unknown_beside(self, word: str, phrase: Phrase) -> Ask:
        """What to ask about "shipped" in "shipped orders": of which column is it a value?"""
        texts = [
            column
            for alias in self.near or self.lexicon.sources
            for column in self.lexicon.columns(alias)
            if column.family is Family.TEXT and not column.is_key
        ][:4]
        said, bare = text_of(phrase), " ".join(i.text for i in phrase if i.text not in word.split(" "))
        wheres = [f" where {column} equals {word}" for column in texts]
        prompts = replaced(self.request.prompt, said, [bare] * len(wheres)) if bare else []
        options = [prompt.rstrip(" .?!") + where for prompt, where in zip(prompts, wheres, strict=False)]
        beside = f" in “{said}”" if bare else ""
        return Ask(f"I do not know what “{word}” means{beside}. Is it a value of a column?", *options)

    def unknown(self, phrase: Phrase) -> Ask:
        known = [item for item in phrase[:8] if self.lexicon.tables((item,))]
        if known and len(phrase) <= 8:
            for item in known:
                self.mention(self.lexicon.tables((item,))[0])
            return self.unknown_beside(text_of([item for item in phrase if item not in known]), phrase)
        tables = self.near or list(self.lexicon.sources)
        columns = [column.name for alias in tables[:2] for column in self.lexicon.columns(alias)]
        return Ask(
            f"“{text_of(phrase)}” is neither a picked table nor a column. The picked tables are "
            f"{', '.join(self.lexicon.sources)}; columns of {' and '.join(tables[:2])}: {', '.join(columns[:20])}."
        )

    def _near_first(self) -> list[str]:
        return self.near + [alias for alias in self.lexicon.sources if alias not in self.near]


def _spoken(wanted: Wanted) -> str:
    return text_of((wanted.spoken, *wanted.phrase) if wanted.spoken else wanted.phrase)


def replaced(prompt: str, old: str, news: Sequence[str]) -> list[str]:
    """The prompt once for each wording, or nothing when the words do not stand in it like this."""
    return [prompt.replace(old, new, 1) for new in news] if old and prompt.count(old) == 1 else []
