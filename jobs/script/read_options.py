"""What a person may decide about reading a table, instead of the plan: the values, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connections.errors import PortalError
from jobs.script.key_ranges import keys_of
from jobs.script.row_filter import checked_filter

MIN_FETCH, MAX_FETCH = 1, 100_000


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """A person's own choices; what is None or empty is the plan's to decide. `row_filter` is checked, quoted SQL."""

    partition_column: str = ""
    partitions: int | None = None
    fetch_size: int | None = None
    row_filter: str = ""
    as_text: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Only what was chosen, as `SelectedSource.read_options` keeps it."""
        chosen = {
            "partition_column": self.partition_column,
            "partitions": self.partitions,
            "fetch_size": self.fetch_size,
            "row_filter": self.row_filter,
            "as_text": list(self.as_text),
        }
        return {name: value for name, value in chosen.items() if value}


def read_options(
    raw: Mapping[str, Any], *, columns: Sequence[Mapping[str, Any]], facts: Mapping[str, Any], most_partitions: int
) -> ReadOptions:
    """The options of a PostgreSQL table, checked against it. Raises READ_OPTION_INVALID."""
    names = [column["name"] for column in columns]
    column = str(raw.get("partition_column") or "")
    if column and column not in (able := [key.column for key in keys_of(facts)]):
        choice = f"It can be cut by {', '.join(able)}." if able else "It has no index that it can be cut by."
        raise PortalError("READ_OPTION_INVALID", problem=f"the table cannot be cut by {column}", remedy=choice)
    as_text = tuple(raw.get("as_text") or ())
    if unknown := [name for name in as_text if name not in names]:
        raise PortalError(
            "READ_OPTION_INVALID", problem=f"the table has no column {unknown[0]}", remedy="Check the spelling."
        )
    return ReadOptions(
        partition_column=column,
        partitions=_number(raw.get("partitions"), "partitions", 1, most_partitions),
        fetch_size=_number(raw.get("fetch_size"), "rows per round trip", MIN_FETCH, MAX_FETCH),
        row_filter=checked_filter(str(raw.get("row_filter") or ""), names),
        as_text=as_text,
    )


def _number(value: object, what: str, least: int, most: int) -> int | None:
    if value in (None, ""):
        return None
    text = str(value)
    if not (text.isascii() and text.isdecimal()) or len(text) > 9 or not least <= int(text) <= most:
        raise PortalError(
            "READ_OPTION_INVALID",
            problem=f"the number of {what} is not between {least} and {most}",
            remedy="Leave it empty to let the plan decide.",
        )
    return int(text)
