"""What is shown of one table: its columns, the first of them or all, and with what the planner knows of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from catalog.statistics import ColumnStatistics
from catalog.table_rows import short_type
from catalog.types import Column, TableDetail

# A table may have 1 600 columns, and a rail has room for some.
FIRST_COLUMNS = 100


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    column: Column
    short_type: str
    statistics: ColumnStatistics | None


def column_list(detail: TableDetail, *, everything: bool) -> dict[str, Any]:
    """Context of templates/catalog/partials/table_columns.html."""
    shown = detail.columns if everything else detail.columns[:FIRST_COLUMNS]
    return {
        "columns": [(column, short_type(column.type)) for column in shown],
        "more_columns": len(detail.columns) - len(shown),
        "column_count": len(detail.columns),
    }


def profile(detail: TableDetail, statistics: Mapping[str, ColumnStatistics]) -> list[ColumnProfile]:
    return [ColumnProfile(column, short_type(column.type), statistics.get(column.name)) for column in detail.columns]
