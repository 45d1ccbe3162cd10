"""Rehearsals as they are stored, and the sources stored with them."""

from __future__ import annotations

from typing import Any

SOURCES: list[dict[str, Any]] = [
    {
        "alias": "customers",
        "kind": "POSTGRES",
        "database": "shop",
        "schema": "public",
        "table": "customers",
        "columns": [{"name": name, "type": "text"} for name in ("id", "name", "country")],
    },
    {
        "alias": "orders",
        "kind": "POSTGRES",
        "database": "shop",
        "schema": "public",
        "table": "orders",
        "columns": [{"name": name, "type": "text"} for name in ("id", "customer_id", "amount", "status")],
    },
    {"alias": "targets", "kind": "CSV", "uri": "s3://example/uploads/targets.csv", "columns": []},
]


def step(number: int, kind: str, *details: str, inputs: tuple[int, ...] = (), **more: int) -> dict[str, Any]:
    return {"id": number, "kind": kind, "details": list(details), "inputs": list(inputs), **more}


def scan(alias: str, *columns: str, pushed: tuple[str, ...] = (), after: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"alias": alias, "columns": list(columns), "pushed": list(pushed), "filtered_after": list(after)}


def join(**facts: Any) -> dict[str, Any]:
    plain = {"kind": "inner", "left": ["orders"], "right": ["customers"], "on": ["customer_id = id"]}
    return plain | {"is_cross": False, "compares_all": False, "fans_out": False} | facts


def column(name: str, kind: str = "string") -> dict[str, Any]:
    return {"name": name, "type": kind, "nullable": True}


def origin(name: str, expression: str, *origins: tuple[str, str]) -> dict[str, Any]:
    listed = [{"alias": alias, "column": column} for alias, column in origins]
    return {"column": name, "from": listed, "expression": expression}


def rehearsal(steps: list[dict[str, Any]], **facts: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {name: [] for name in ("scans", "joins", "schema", "lineage", "ordering", "read")}
    return {"state": "done", "seconds": 0.1, "facts": 2, "limit": None, "steps": steps, **plain, **facts}


TOP = rehearsal(
    [
        step(0, "source", "orders", scan=0),
        step(1, "filter", "status != 'cancelled'", "upper(status) != 'LOST'", inputs=(0,)),
        step(2, "aggregate", "by customer_id", "total: sum(amount)", inputs=(1,)),
        step(3, "source", "customers", scan=1),
        step(4, "inner join", "orders.customer_id = customers.id", inputs=(2, 3), join=0),
        step(5, "sort", "total DESC", inputs=(4,)),
        step(6, "limit", "10", inputs=(5,)),
    ],
    scans=[
        scan(
            "orders",
            *("customer_id", "amount", "status"),
            pushed=('"status" IS NOT NULL', "NOT (\"status\" = 'cancelled')", '"customer_id" IS NOT NULL'),
            after=("upper(status) != 'LOST'",),
        ),
        scan("customers", "id", "name"),
    ],
    joins=[join()],
    schema=[column("name"), column("total", "decimal(22,2)")],
    lineage=[
        origin("name", "customers.name", ("customers", "name")),
        origin("total", "sum(orders.amount)", ("orders", "amount")),
    ],
    limit=10,
)
"""The ten best customers, of orders that were neither cancelled nor lost."""


def older(stored: dict[str, Any]) -> dict[str, Any]:
    """The same as the first version of the facts told it."""
    steps = [{name: one[name] for name in ("id", "kind", "details", "inputs")} for one in stored["steps"]]
    for one in steps:
        if one["kind"].endswith(" join"):
            one["details"] = [text.replace("orders.", "").replace("customers.", "") for text in one["details"]]
    lineage = [{"column": one["column"], "from": one["from"]} for one in stored["lineage"]]
    kept = {name: value for name, value in stored.items() if name not in ("facts", "steps_left_out")}
    return kept | {"steps": steps, "lineage": lineage}


def chain_of_joins(count: int) -> dict[str, Any]:
    """Sources joined one after the other, none of them known to be unique on its key."""
    steps, joins = [step(0, "source", "orders", scan=0)], []
    last = 0
    for number in range(count):
        right = len(steps)
        steps.append(step(right, "source", f"table_{number}", scan=number + 1))
        steps.append(step(right + 1, "inner join", "a.id = b.id", inputs=(last, right), join=number))
        joins.append(join(right=[f"table_{number}"], fans_out=True))
        last = right + 1
    scans = [scan("orders", "id"), *(scan(f"table_{number}", "id") for number in range(count))]
    return rehearsal(steps, scans=scans, joins=joins, schema=[column("id")])


def union_of(count: int) -> dict[str, Any]:
    steps = [step(number, "source", f"part_{number}", scan=number) for number in range(count)]
    steps.append(step(count, "union", inputs=tuple(range(count))))
    return rehearsal(steps, scans=[scan(f"part_{number}", "id") for number in range(count)], schema=[column("id")])


def bushy(depth: int) -> dict[str, Any]:
    """A full binary tree of joins."""
    steps: list[dict[str, Any]] = []

    def grow(level: int) -> int:
        inputs = (grow(level - 1), grow(level - 1)) if level else ()
        kind = "inner join" if level else "source"
        steps.append(step(len(steps), kind, "a.id = b.id" if level else f"t{len(steps)}", inputs=inputs))
        return len(steps) - 1

    grow(depth)
    return rehearsal(steps, schema=[column("id")])
