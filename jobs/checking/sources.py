"""The picked sources as a rehearsal needs them: columns with the types that the engine's reader delivers, and keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Keys = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Source:
    """`columns` are names and Spark types, as DDL spells them. `keys` are sets of columns that are unique together;
    None says that nothing is known about them, which is not the same as none.
    """

    alias: str
    kind: str
    columns: tuple[tuple[str, str], ...]
    keys: Keys | None = None

    def as_dict(self) -> dict[str, Any]:
        keys = None if self.keys is None else [list(key) for key in self.keys]
        return {"alias": self.alias, "kind": self.kind, "columns": [list(pair) for pair in self.columns], "keys": keys}


def keys_of(snapshot: Mapping[str, Any]) -> Keys | None:
    """The unique keys of a stored source (`CodeVersion.sources`): of PostgreSQL they are known, of others never."""
    if snapshot["kind"] != "POSTGRES":
        return None
    primary = tuple(column["name"] for column in snapshot.get("columns", ()) if column.get("is_primary_key"))
    unique: Sequence[Mapping[str, Any]] = (snapshot.get("statistics") or {}).get("unique_keys") or ()
    return tuple(key for key in (primary, *(tuple(key["columns"]) for key in unique)) if key)
