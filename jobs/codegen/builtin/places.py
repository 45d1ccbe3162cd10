"""Which rows and values are meant: a place, what tells the rows of a table apart, "active", "cancelled"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from jobs.codegen.builtin.lexer import Item, Phrase, parts_of, text_of
from jobs.codegen.builtin.plan import Column, Comparison, Family, Filter
from jobs.codegen.builtin.reading import Ask, Known
from jobs.codegen.builtin.ties import Ties, replaced
from jobs.codegen.builtin.vocabulary import HUMAN_NAMES, PLACE_WORDS, Key


@dataclass(slots=True)
class Places(Ties):
    def place(self, values: tuple[Item, ...]) -> Filter:
        said = text_of(values)
        if named := self._named_place(values):
            return named
        columns = self._place_columns(self.near) or self._place_columns(self.lexicon.sources)
        if all(len(value.text) == 2 and value.text.isupper() for value in values):
            columns = [c for c in columns if "country" in parts_of(c.name)] or columns
        if len(columns) == 1 and (length := self._longest(columns[0])) and any(len(v.text) > length for v in values):
            raise Ask(
                f"{columns[0]} holds codes of at most {length} characters. Which of them is “{said}”?",
            )
        if len(columns) != 1 or not all(value.quoted or value.text[:1].isupper() for value in values):
            names = f" Is it a value of {' or '.join(map(str, columns))}?" if columns else ""
            options = [f"where {column} equals {value.text}" for column in columns for value in values[:1]]
            raise Ask(f"“{said}” is not a table or column that I know.{names}", *self._instead_of_place(said, options))
        self.assume(f"“{said}” is read as a value of {columns[0]}.")
        texts = tuple(str(value.meaning) if value.quoted else value.text for value in values)
        return Filter(columns[0], Comparison.EQ if len(texts) == 1 else Comparison.ANY_OF, texts)

    def _named_place(self, values: tuple[Item, ...]) -> Filter | None:
        """ "in the Kitchen category": a name, then the column that holds it."""
        value, _, last = values[0].text.rpartition(" ")
        if len(values) != 1 or values[0].quoted or not value[:1].isupper():
            return None
        phrase = (Item(Key.WORD, last),)
        column = self.column(phrase, (Family.TEXT,)) if self.lexicon.matches(phrase, (Family.TEXT,)) else None
        return Filter(column, Comparison.EQ, (value,)) if column else None

    def _longest(self, column: Column) -> int | None:
        """The most characters that a value of the column may have, where its type says so."""
        type_ = self.info(column).type
        head, _, rest = type_.partition("(")
        digits = rest.partition(")")[0]
        return (
            int(digits) if head.strip() in ("character", "character varying", "varchar") and digits.isdigit() else None
        )

    def place_left_out(self, values: tuple[Item, ...]) -> Filter:
        """ "excluding DE"."""
        found = self.place(values)
        return Filter(found.column, negation(found.comparison), found.values)

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

    def known(self, known: Known) -> Filter:
        """The filter for "cancelled" beside the rows that it describes. Asks where the value is not one of theirs."""
        said = " or ".join(item.text for item in known.values)
        spelled = [dict(self.lexicon.values.columns(item.text)) for item in known.values]
        columns = [column for column in spelled[0] if all(column in others for others in spelled)]
        nouns = self._nouns(known.noun)
        if nouns:
            columns = [c for c in columns if c.alias in nouns] or [
                c for c in columns if any(self.paths.distance(noun, c.alias) is not None for noun in nouns)
            ]
        if not columns:
            raise self.unknown_beside(said, (*known.values, *known.noun))
        if len(columns) > 1:
            options = [f"where {column} equals {said}" for column in columns]
            names = " or ".join(map(str, columns))
            raise Ask(f"“{said}” may be a value of {names}. Which one do you mean?", *self._with_condition(options))
        column = columns[0]
        self.assume(f"“{said}” is read as a value of {column}, whose comment lists it.")
        values = tuple(others[column] for others in spelled)
        comparison = Comparison.EQ if len(values) == 1 else Comparison.ANY_OF
        if known.negated:
            comparison = negation(comparison)
            if self.info(column).nullable:
                self.assume(f"Rows whose {column} is empty are left out too.")
        return Filter(column, comparison, values)

    def _with_condition(self, conditions: list[str]) -> list[str]:
        return [f"{self.request.prompt.rstrip(' .?!')} {condition}" for condition in conditions]

    def _nouns(self, noun: Phrase) -> list[str]:
        if not noun or noun[0].key is Key.EVENT:
            return []
        whole = self.lexicon.tables(noun)
        return whole or [alias for item in noun[:8] for alias in self.lexicon.tables((item,))]

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


def negation(comparison: Comparison) -> Comparison:
    return Comparison.NE if comparison is Comparison.EQ else Comparison.NONE_OF
