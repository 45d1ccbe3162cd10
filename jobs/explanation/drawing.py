"""Gives boxes and arrows their place: the sources above, the result below, text wrapped. Pixels, whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.explanation.boxes import Box
from jobs.explanation.folding import depths, folded, lanes
from jobs.explanation.wrapping import Face, wrap

LANE = 228
GAP_X, GAP_Y = 20, 34
PAD_X, PAD_Y = 12, 9
MARK = 14  # the room of the square before a source's name, and of the sign before a warning
LINES = {"title": 2, "note": 2, "code": 3, "warn": 4}
LEADING = {"title": 18, "note": 16, "code": 15, "warn": 16}
_BASE = {"title": 13, "note": 12, "code": 11, "warn": 12}
MARGIN = 1
HEAD = 5


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text; `y` is its base line. `mark` is the top of the sign before it, None without one."""

    x: int
    y: int
    face: Face
    text: str
    mark: int | None = None


@dataclass(frozen=True, slots=True)
class PlacedBox:
    x: int
    y: int
    width: int
    height: int
    texts: tuple[Text, ...]
    box: Box


@dataclass(frozen=True, slots=True)
class Arrow:
    """`line` and `head` are SVG paths. `is_warning`: more rows come along it than need be."""

    line: str
    head: str
    is_warning: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    width: int
    height: int
    boxes: tuple[PlacedBox, ...]
    arrows: tuple[Arrow, ...]


def drawing_of(boxes: Sequence[Box]) -> Drawing:
    """Of the boxes of a plan, the result last; a large plan is folded first."""
    kept = {box.id: box for box in folded(boxes)}
    root = boxes[-1].id
    lane, depth = lanes(kept, root), depths(kept, root)
    texts = {number: _texts(box) for number, box in kept.items()}
    heights = {number: (lines[-1].y + PAD_Y + 2 if lines else 2 * PAD_Y) for number, lines in texts.items()}
    rows = {level: max(heights[n] for n in kept if depth[n] == level) for level in set(depth.values())}
    tops: dict[int, int] = {}
    y = MARGIN
    for level in sorted(rows, reverse=True):
        tops[level] = y
        y += rows[level] + GAP_Y
    placed = {
        number: _placed(box, texts[number], lane[number], tops[depth[number]], rows[depth[number]], heights[number])
        for number, box in kept.items()
    }
    arrows = [arrow for number in kept for arrow in _arrows(placed, kept[number])]
    width = 2 * MARGIN + (max(lane.values()) + 1) * (LANE + GAP_X) - GAP_X
    return Drawing(width, y - GAP_Y + MARGIN, tuple(placed.values()), tuple(arrows))


def _texts(box: Box) -> tuple[Text, ...]:
    """The lines of a box, from its own upper left corner."""
    parts: list[tuple[Face, str]] = [("title", box.title), *((line.style, line.text) for line in box.lines)]
    texts: list[Text] = []
    y = PAD_Y
    for face, text in parts:
        has_mark = face == "warn" or (face == "title" and bool(box.source))
        indent = MARK if has_mark else 0
        for at, line in enumerate(wrap(text, face, LANE - 2 * PAD_X - indent, LINES[face])):
            texts.append(Text(PAD_X + indent, y + _BASE[face], face, line, y if has_mark and not at else None))
            y += LEADING[face]
    return tuple(texts)


def _placed(box: Box, texts: tuple[Text, ...], lane: int, top: int, row: int, height: int) -> PlacedBox:
    """At the lower end of its row: what feeds the same step stands at the same height."""
    return PlacedBox(MARGIN + lane * (LANE + GAP_X), top + row - height, LANE, height, texts, box)


def _arrows(placed: dict[int, PlacedBox], box: Box) -> list[Arrow]:
    return [_arrow(placed[child], placed[box.id], at, len(box.inputs)) for at, child in enumerate(box.inputs)]


def _arrow(start: PlacedBox, end: PlacedBox, at: int, of: int) -> Arrow:
    """Down, across in the gap above the box that is fed, and down again."""
    x1, y1 = start.x + start.width // 2, start.y + start.height
    # Each arrow ends at a place of its own; the first comes straight down.
    x2 = end.x + end.width // 2 + (0 if not at else at * (end.width // 2 - 24) // max(of - 1, 1))
    y2 = end.y - 1
    bend = end.y - GAP_Y // 2
    line = f"M{x1} {y1}V{y2 - HEAD}" if x1 == x2 else _bent(x1, y1, x2, y2 - HEAD, bend)
    head = f"M{x2 - HEAD} {y2 - HEAD}h{2 * HEAD}l{-HEAD} {HEAD}z"
    grows = start.box.is_join and start.box.is_warning
    late = end.box.is_warning and not end.box.is_join and bool(start.box.source)
    return Arrow(line, head, is_warning=grows or late)


def _bent(x1: int, y1: int, x2: int, y2: int, bend: int, radius: int = 6) -> str:
    side = 1 if x2 > x1 else -1
    return (
        f"M{x1} {y1}V{bend - radius}Q{x1} {bend} {x1 + side * radius} {bend}"
        f"H{x2 - side * radius}Q{x2} {bend} {x2} {bend + radius}V{y2}"
    )
