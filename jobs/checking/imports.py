"""What a transform may import, and what its names mean after that."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from jobs.checking.findings import Finding, blocking
from jobs.checking.python_names import MODULE_MEMBERS, MODULE_PATHS, Module
from jobs.checking.suggestions import did_you_mean

Origin = tuple[Module, str]
"""A module and the dotted path inside it; the path is empty for the module itself."""

_PRELUDE: dict[str, Origin] = {"F": ("functions", ""), "T": ("types", ""), "Window": ("window", "Window")}
_SUBMODULES: dict[str, Origin] = {
    "functions": ("functions", ""),
    "types": ("types", ""),
    "Window": ("window", "Window"),
}
_HINT = "Allowed are pyspark.sql.functions as F, pyspark.sql.types as T, Window, datetime, decimal and math."


@dataclass(slots=True)
class Imports:
    """The platform's own imports and those of the transform, in one table for the whole text."""

    names: dict[str, Origin] = field(default_factory=lambda: dict(_PRELUDE))
    findings: list[Finding] = field(default_factory=list)

    def origin(self, node: ast.AST) -> Origin | None:
        """Where an imported name, or a dotted path that starts with one, comes from."""
        path: list[str] = []
        while isinstance(node, ast.Attribute):
            path.insert(0, node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self.names:
            return None
        module, member = self.names[node.id]
        return module, ".".join([member, *path] if member else path)


def collect(tree: ast.Module) -> Imports:
    imports = Imports()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imports.findings += _modules(node, imports.names)
        elif isinstance(node, ast.ImportFrom):
            imports.findings += _members(node, imports.names)
    return imports


def _modules(node: ast.Import, names: dict[str, Origin]) -> Iterator[Finding]:
    for item in node.names:
        module = MODULE_PATHS.get(item.name)
        if module is None or (item.asname is None and "." in item.name) or module == "pyspark.sql":
            yield blocking("import", node, f"import {item.name} is not allowed.", _HINT)
        else:
            yield from _bind(node, names, item.asname or item.name, (module, ""))


def _members(node: ast.ImportFrom, names: dict[str, Origin]) -> Iterator[Finding]:
    module = MODULE_PATHS.get(node.module or "")
    if node.module == "__future__":
        yield blocking("import", node, "The script around this code has its own __future__ lines.", "Delete this line.")
        return
    if module is None or node.level:
        yield blocking("import", node, f"Importing from {node.module or 'here'} is not allowed.", _HINT)
        return
    for item in node.names:
        if item.name not in MODULE_MEMBERS[module]:
            yield _unknown_member(node, module, item.name)
        else:
            origin = _SUBMODULES.get(item.name, (module, item.name)) if module == "pyspark.sql" else (module, item.name)
            yield from _bind(node, names, item.asname or item.name, origin)


def _unknown_member(node: ast.ImportFrom, module: Module, name: str) -> Finding:
    if name == "*":
        hint = "Import the names you need, or use F.name."
        return blocking("star-import", node, "Importing * hides where names come from.", hint)
    hint = did_you_mean(name, MODULE_MEMBERS[module]) or _HINT
    return blocking("import", node, f"{name} may not be imported from {node.module}.", hint)


def _bind(node: ast.stmt, names: dict[str, Origin], name: str, origin: Origin) -> Iterator[Finding]:
    if names.get(name, origin) != origin:
        message = f"{name} already means something else here."
        yield blocking("shadowed-name", node, message, f"Import it under another name: ... as my_{name.lower()}.")
    elif name.startswith("_") or name in ("spark", "transform"):
        yield blocking("reserved-name", node, f"The name {name} belongs to the platform.", "Choose another name.")
    else:
        names[name] = origin
