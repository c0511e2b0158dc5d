"""Lays a flow out as rows of boxes with arrows between them. Pure; no program draws it but this one.

The row of a step is its distance from where callers enter, so that every first way to a step points downwards; an arrow
that leads back up or stays in its row is drawn beside the boxes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ivr.flows.model import Flow

BEGIN: Final = "begin"


@dataclass(frozen=True, slots=True)
class Box:
    """A step at its place; `row` and `column` are counted from 0."""

    name: str
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class Arrow:
    """A way from one box to another; `label` has the keys or the condition that lead along it."""

    start: str
    end: str
    label: str


@dataclass(frozen=True, slots=True)
class Layout:
    boxes: Mapping[str, Box]
    arrows: tuple[Arrow, ...]
    rows: int
    columns: int


def lay_out(flow: Flow) -> Layout:
    """The boxes of every step that a caller can reach, and one arrow for each pair of steps."""
    arrows = _arrows(flow)
    depth = _depths(arrows)
    rows: dict[int, list[str]] = {}
    for name in depth:
        rows.setdefault(depth[name], []).append(name)
    boxes = {name: Box(name, row, column) for row, names in rows.items() for column, name in enumerate(names)}
    return Layout(boxes, arrows, len(rows), max(len(names) for names in rows.values()))


def _arrows(flow: Flow) -> tuple[Arrow, ...]:
    labels: dict[tuple[str, str], list[str]] = {}
    for field, target in flow.entries():
        labels.setdefault((BEGIN, target), []).append(field.rpartition(".")[2].replace("then", "overflow"))
    for step in flow.steps.values():
        for field, target in step.targets():
            word = field.removeprefix("keys.")
            labels.setdefault((step.name, target), []).append("" if word == "then" else word)
    return tuple(Arrow(*pair, ", ".join(word for word in words if word)) for pair, words in labels.items())


def _depths(arrows: tuple[Arrow, ...]) -> dict[str, int]:
    """The distance of each box from the entry, in the order in which they are reached."""
    following: dict[str, list[str]] = {}
    for arrow in arrows:
        following.setdefault(arrow.start, []).append(arrow.end)
    depth, waiting = {BEGIN: 0}, deque([BEGIN])
    while waiting:
        name = waiting.popleft()
        for end in following.get(name, ()):
            if end not in depth:
                depth[end] = depth[name] + 1
                waiting.append(end)
    return depth
