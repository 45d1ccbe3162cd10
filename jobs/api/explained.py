"""What a version's code does, from its rehearsal, as the JSON API shows it."""

from __future__ import annotations

from pydantic import BaseModel

from jobs import models
from jobs.explanation.boxes import Box
from jobs.explanation.columns import ResultColumn
from jobs.explanation.explain import explain


class ExplainedStep(BaseModel):
    """A step of the optimised plan; `inputs` are the ids of the steps that feed it. The last step is the result."""

    id: int
    title: str
    details: list[str]
    warnings: list[str]
    inputs: list[int]


class SourceColumn(BaseModel):
    alias: str
    column: str


class ExplainedColumn(BaseModel):
    """A column of the result in Spark's type, the source columns behind it, and how it is made of them, in short."""

    name: str
    type: str
    nullable: bool
    expression: str
    origins: list[SourceColumn]


class Explained(BaseModel):
    """What the code does: in sentences, as steps that feed each other, and column by column."""

    sentences: list[str]
    warnings: list[str]
    steps: list[ExplainedStep]
    columns: list[ExplainedColumn]


def explained(version: models.CodeVersion) -> Explained | None:
    told = explain(version.rehearsal, version.sources)
    if told is None:
        return None
    return Explained(
        sentences=[sentence.text for sentence in told.sentences],
        warnings=told.warnings,
        steps=[_step(box) for box in told.boxes],
        columns=[_column(column) for column in told.columns],
    )


def _step(box: Box) -> ExplainedStep:
    return ExplainedStep(
        id=box.id,
        title=box.title,
        details=[line.text for line in box.lines if line.style != "warn"],
        warnings=[line.text for line in box.lines if line.style == "warn"],
        inputs=list(box.inputs),
    )


def _column(column: ResultColumn) -> ExplainedColumn:
    return ExplainedColumn(
        name=column.name,
        type=column.type,
        nullable=column.nullable,
        expression=column.expression,
        origins=[SourceColumn(alias=origin.alias, column=origin.column) for origin in column.origins],
    )
