"""Keeps a large plan small enough to look at: what is far from the result folds into boxes that say what they hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from jobs.explanation.boxes import Box, Line

MOST_BOXES = 18
MOST_LANES = 3
MOST_INPUTS = 3
_MOST_NAMES = 4
Tree = dict[int, Box]


def folded(boxes: Sequence[Box]) -> list[Box]:
    """Boxes of the same kind, few enough; the last one is the result, which stays."""
    root = boxes[-1].id
    tree = _fold_inputs({box.id: box for box in boxes}, root)
    depth = max(depths(tree, root).values())
    kept = _within(tree, root, depth)
    while depth > 2 and (len(kept) > MOST_BOXES or max(lanes(kept, root).values()) >= MOST_LANES):
        depth -= 1
        kept = _within(tree, root, depth)
    return list(kept.values())


def lanes(boxes: Tree, root: int) -> dict[int, int]:
    """The column of each box from 0: a first input stands above what it feeds, others as far left as there is room."""
    shapes: dict[int, dict[int, int]] = {}  # of each box: which columns it and its inputs take at most, by distance
    shifts: dict[int, int] = {}
    for number in _upwards(boxes, root):
        shape = {0: 0}
        for at, child in enumerate(boxes[number].inputs):
            own = {distance + 1: width for distance, width in shapes[child].items()}
            shift = max((shape[level] + 1 for level in own if level in shape), default=0) if at else 0
            shifts[child] = shift
            shape |= {level: max(shape.get(level, 0), width + shift) for level, width in own.items()}
        shapes[number] = shape
    placed = {root: 0}
    for number in reversed(_upwards(boxes, root)):
        placed |= {child: placed[number] + shifts[child] for child in boxes[number].inputs}
    return placed


def depths(boxes: Tree, root: int) -> dict[int, int]:
    """How many arrows each box is away from the result, the result first and each before its inputs."""
    found = {root: 0}
    waiting = [root]
    while waiting:
        number = waiting.pop()
        for child in boxes[number].inputs:
            found[child] = found[number] + 1
            waiting.append(child)
    return found


def _upwards(tree: Tree, root: int) -> list[int]:
    """All boxes, each after its inputs."""
    found = depths(tree, root)
    return sorted(found, key=lambda number: -found[number])


def _fold_inputs(tree: Tree, root: int) -> Tree:
    """Of many inputs of one box the first stay, one box stands for the others."""
    for number in depths(tree, root):
        box = tree[number]
        if len(box.inputs) > MOST_INPUTS:
            stay, rest = box.inputs[: MOST_INPUTS - 1], box.inputs[MOST_INPUTS - 1 :]
            one = _summary(rest[0], [inside for other in rest for inside in _inside(tree, other)])
            tree |= {number: replace(box, inputs=(*stay, one.id)), one.id: one}
    return tree


def _within(tree: Tree, root: int, most: int) -> Tree:
    """The boxes at most so far from the result; those at the limit stand for what is behind them."""
    kept: Tree = {}
    for number, depth in depths(tree, root).items():
        if depth < most or not tree[number].inputs:
            if depth <= most:
                kept[number] = tree[number]
        elif depth == most:
            kept[number] = _summary(number, _inside(tree, number))
    return kept


def _inside(tree: Tree, number: int) -> list[Box]:
    """The box and all behind it."""
    return [tree[one] for one in depths(tree, number)]


def _summary(number: int, inside: Iterable[Box]) -> Box:
    boxes = list(inside)
    steps = sum(box.steps for box in boxes)
    read = list(dict.fromkeys(box.title for box in boxes if box.source))
    names = [*read[:_MOST_NAMES], *([f"{len(read) - _MOST_NAMES} more"] if len(read) > _MOST_NAMES else [])]
    lines = [Line("note", "reading"), *(Line("code", name) for name in names)] if names else []
    warned = sum(box.is_warning for box in boxes)
    if warned:
        lines.append(Line("warn", f"{warned} warning{'' if warned == 1 else 's'} in these steps."))
    return Box(number, f"{steps} steps", tuple(lines), steps=steps)
