"""Writes a plan as PySpark, as an engineer would: one named step per line."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.codegen.builtin.expressions import Expressions, literal, quoted_name
from jobs.codegen.builtin.plan import Absence, JoinStep, Order, Plan, ShareOfAll, Within

WIDTH = 100
_INDENT = "    "


def render(plan: Plan, aliases: Sequence[str], title: str) -> str:
    """The whole `transform` with the picked aliases as its parameters, in order."""
    writer = _Writer(plan, aliases)
    body = "\n\n".join(writer.steps())
    return f"def transform({', '.join(['spark', *aliases])}):\n{_INDENT}{_docstring(title)}\n{body}\n"


def _docstring(title: str) -> str:
    words = " ".join("".join(c for c in title if c.isprintable()).replace("\\", " ").replace('"', "'").split())
    return f'"""{words}"""'


class _Writer:
    def __init__(self, plan: Plan, aliases: Sequence[str]) -> None:
        self.plan = plan
        self.words = Expressions(joined=bool(plan.joins))
        self.taken = {*aliases, "spark", "F", "T", "Window", "transform"}
        self.frame = plan.base
        self.lines: list[str] = []

    def steps(self) -> list[str]:
        plan = self.plan
        if plan.joins:
            self._assign("joined", [self._join(step) for step in plan.joins])
        if plan.absences:
            self._assign("remaining", [self._without(absence) for absence in plan.absences])
        if plan.filters:
            self._assign("kept", [self._where()])
        if plan.measures and not plan.outputs:
            return [*self.lines, _chain("return ", self.frame, self._aggregate())]
        calls = self._aggregate() if plan.measures else self._selection()
        if plan.within is not None:
            if calls:
                self._assign("totals" if plan.measures else "rows", calls)
            self._rank(plan.within)
            calls = []
        elif plan.measures:
            self._assign("totals", calls)
            calls = []
        calls += self._afterwards()
        return [*self.lines, self._return(calls)]

    def _afterwards(self) -> list[str]:
        """What is done with the groups: limits on their figures, their number, their share of all."""
        plan = self.plan
        calls = [f".where(F.col({literal(one.name)}) {one.comparison} {literal(one.value)})" for one in plan.thresholds]
        if plan.share is not None:
            calls.append(_share_of_all(plan.share))
        if plan.counted_as:
            calls.append(f'.agg(F.count("*").alias({literal(plan.counted_as)}))')
        return calls

    def _assign(self, wish: str, calls: Sequence[str]) -> str:
        name = self._name(wish)
        self.lines.append(_chain(f"{name} = ", self.frame, calls))
        self.frame = name
        return name

    def _name(self, wish: str) -> str:
        while wish in self.taken:
            wish += "_rows"
        self.taken.add(wish)
        return wish

    def _rank(self, within: Within) -> None:
        """The first rows of each group, by their place in it."""
        name, place = self._name("order_in_group"), literal(within.place)
        keys = ", ".join(literal(quoted_name(key)) for key in within.keys)
        orders = _call(".orderBy", [self._order(order) for order in within.orders])
        self.lines.append(_chain(f"{name} = ", "Window", [f".partitionBy({keys})", orders]))
        calls = [
            f".withColumn({place}, F.row_number().over({name}))",
            f".where(F.col({place}) <= {within.count})",
            f".drop({place})",
        ]
        self._assign("first", calls)

    def _return(self, calls: Sequence[str]) -> str:
        calls = list(calls)
        if self.plan.orders:
            orders = [self._order(order) for order in self.plan.orders]
            calls.append(_call(".orderBy", orders))
        if self.plan.limit is not None:
            calls.append(f".limit({self.plan.limit})")
        return _chain("return ", self.frame, calls)

    def _join(self, step: JoinStep) -> str:
        right = step.right
        if step.filters:
            tests = " & ".join(Expressions(joined=True).all_of(step.filters))
            right = f"{right}.where({tests})"
        return _call(".join", [right, _condition(step), *(['"left"'] if step.keeps_left else [])])

    def _without(self, absence: Absence) -> str:
        """An anti join against the rows that must not be met, however many tables they come from."""
        first, *others = absence.steps
        right, calls = first.right, [f".join({step.right}, {_condition(step)})" for step in others]
        if absence.filters:
            calls.append(_call(".where", Expressions(joined=True).all_of(absence.filters), between=" & "))
        if calls:
            right = self._name("met")
            self.lines.append(_chain(f"{right} = ", first.right, calls))
        return f'.join({right}, {_condition(first)}, "left_anti")'

    def _where(self) -> str:
        tests = self.words.all_of(self.plan.filters)
        return f".where({tests[0]})" if len(tests) == 1 else _call(".where", tests, between=" & ")

    def _aggregate(self) -> list[str]:
        keys = [self.words.output(output) for output in self.plan.outputs]
        measures = [self.words.measure(measure) for measure in self.plan.measures]
        grouped = [_call(".groupBy", keys)] if keys else []
        return [*grouped, _call(".agg", measures)]

    def _selection(self) -> list[str]:
        plan = self.plan
        calls = []
        if plan.outputs and not plan.whole_rows:
            calls.append(_call(".select", [self.words.output(output) for output in plan.outputs]))
        if plan.distinct:
            calls.append(".distinct()")
        elif plan.once_per:
            calls.append(f".dropDuplicates([{', '.join(literal(name) for name in plan.once_per)}])")
        return calls

    def _order(self, order: Order) -> str:
        name = literal(order.name)
        if order.descending:
            return f"F.desc({name})"
        keys = {output.name for output in self.plan.outputs if output.column.is_key}
        limited = self.plan.limit is not None or self.plan.within is not None
        first = (self.plan.within.orders if self.plan.within else self.plan.orders)[0]
        ranked = order is first and limited and order.name not in keys
        return f"F.asc_nulls_last({name})" if ranked else name


def _condition(step: JoinStep) -> str:
    pairs = [
        f"{step.left}[{literal(quoted_name(left))}] == {step.right}[{literal(quoted_name(right))}]"
        for left, right in zip(step.left_columns, step.right_columns, strict=True)
    ]
    return pairs[0] if len(pairs) == 1 else " & ".join(f"({pair})" for pair in pairs)


def _share_of_all(share: ShareOfAll) -> str:
    of, whole = literal(share.of), f"{share.whole} * " if share.whole > 1 else ""
    part = f"{whole}F.col({of}) / F.sum({of}).over(Window.partitionBy())"
    return f".withColumn({literal(share.name)}, {part})"


def _call(head: str, parts: Sequence[str], between: str = ", ") -> str:
    """One call on one line where it fits, else one argument per line."""
    line = f"{head}({between.join(parts)})"
    if len(line) + 16 <= WIDTH and "\n" not in line:
        return line
    if between == ", ":
        lines = [f"{_indented(part, 1)}," for part in parts]
    else:
        lines = [f"{_INDENT}{between.lstrip() if at else ''}{part}" for at, part in enumerate(parts)]
    return "\n".join([f"{head}(", *lines, ")"])


def _chain(head: str, frame: str, calls: Sequence[str]) -> str:
    """`head` and a chain of calls, broken over lines in parentheses where one line is too long."""
    line = _INDENT + head + frame + "".join(calls)
    if len(line) <= WIDTH and "\n" not in line:
        return line
    if len(calls) == 1:
        return _indented(head + frame + calls[0], 1)
    return (
        f"{_INDENT}{head}(\n{_indented(frame, 2)}\n" + "\n".join(_indented(call, 2) for call in calls) + f"\n{_INDENT})"
    )


def _indented(text: str, levels: int) -> str:
    return "\n".join(_INDENT * levels + line for line in text.split("\n"))
