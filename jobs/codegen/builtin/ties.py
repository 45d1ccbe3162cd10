"""What all ties of words to columns share: the request, the tables that the question mentions, the assumptions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from jobs.codegen.base import ColumnInfo, GenerationRequest
from jobs.codegen.builtin.joins import Paths
from jobs.codegen.builtin.lexer import Phrase, text_of
from jobs.codegen.builtin.lexicon import Lexicon
from jobs.codegen.builtin.plan import Column, Family, Filter
from jobs.codegen.builtin.reading import Ask


@dataclass(slots=True)
class Ties:
    """`near` are the tables that the question mentions: their columns come first. Assumptions collect here.

    `about`: words beside what is counted that say which of its times is meant: "products added".
    """

    request: GenerationRequest
    lexicon: Lexicon
    paths: Paths
    near: list[str] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)
    flags: list[Filter] = field(default_factory=list)
    about: Phrase = ()

    def assume(self, sentence: str) -> None:
        if sentence not in self.assumptions:
            self.assumptions.append(sentence)

    def forget(self, sentence: str) -> None:
        if sentence in self.assumptions:
            self.assumptions.remove(sentence)

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

    def info(self, column: Column) -> ColumnInfo:
        """The column as the request describes it."""
        return next(info for info in self.lexicon.sources[column.alias].columns if info.name == column.name)


def replaced(prompt: str, old: str, news: Sequence[str]) -> list[str]:
    """The prompt once for each wording, or nothing when the words do not stand in it like this."""
    return [prompt.replace(old, new, 1) for new in news] if old and prompt.count(old) == 1 else []
