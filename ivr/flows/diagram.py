"""Draws a flow as SVG. Pure: equal flows give equal drawings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from xml.sax.saxutils import escape

from ivr.flows.layout import BEGIN, Arrow, Box, Layout, lay_out
from ivr.flows.model import ENDS, Choice, Flow, Step

WIDTH: Final = 190
HEIGHT: Final = 56
GAP_X: Final = 50
GAP_Y: Final = 76
MARGIN: Final = 40
STYLE: Final = (
    "text{font:13px sans-serif;fill:#1a1a1a}.kind{font-size:11px;fill:#555}.way{font-size:11px;fill:#1a4d8f}"
    "rect{fill:#fff;stroke:#444;stroke-width:1.2}.ask{fill:#eaf2fb}.end{fill:#edf7ed}.begin{fill:#f3f3f3}"
    "path{fill:none;stroke:#777;stroke-width:1.2}.misses{stroke-dasharray:4 3}"
)
Words = Callable[[str], str]
"""The text of a prompt, for the second line of a box."""
LONGEST: Final = 24


def draw(flow: Flow, words: Words = str) -> str:
    """The flow as an SVG document."""
    layout = lay_out(flow)
    width = 2 * MARGIN + layout.columns * (WIDTH + GAP_X)
    height = 2 * MARGIN + layout.rows * (HEIGHT + GAP_Y) - GAP_Y
    arrows = "".join(_arrow(layout, arrow, place) for place, arrow in enumerate(layout.arrows))
    boxes = "".join(_box(flow, box, words) for box in layout.boxes.values())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{escape(flow.name)}"><style>{STYLE}</style>'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0,0 L8,4 L0,8 z" style="fill:#777;stroke:none"/></marker></defs>'
        f"{arrows}{boxes}</svg>\n"
    )


def _place(box: Box) -> tuple[int, int]:
    return MARGIN + box.column * (WIDTH + GAP_X), MARGIN + box.row * (HEIGHT + GAP_Y)


def _box(flow: Flow, box: Box, words: Words) -> str:
    x, y = _place(box)
    if box.name == BEGIN:
        kind, title, line = "begin", flow.name, words(flow.greeting)
    else:
        step = flow.step(box.name)
        kind, title, line = "end" if step.kind in ENDS else "ask", step.name, _line(step, words)
    return (
        f'<g><rect class="{kind}" x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="6"/>'
        f'<text x="{x + 10}" y="{y + 23}">{escape(_short(title))}</text>'
        f'<text class="kind" x="{x + 10}" y="{y + 42}">{escape(_short(line))}</text></g>'
    )


def _line(step: Step, words: Words) -> str:
    """The prompt of a step, or its kind."""
    if step.say:
        return words(step.say)
    if step.sets is not None:
        return "language" if step.sets is Choice.LANGUAGE else "dialect"
    return step.queue or step.line or step.kind.value


def _short(text: str) -> str:
    # A Chinese sign is about two Latin letters wide.
    room, label = LONGEST, ""
    for char in text:
        room -= 2 if ord(char) > 0x2E80 else 1
        if room < 0:
            return f"{label}…"
        label += char
    return label


def _arrow(layout: Layout, arrow: Arrow, place: int) -> str:
    start, end = layout.boxes[arrow.start], layout.boxes[arrow.end]
    (x1, y1), (x2, y2) = _place(start), _place(end)
    misses = ' class="misses"' if arrow.label == "otherwise" else ""
    if end.row > start.row:
        # Several arrows leave and reach a box at different places of its edge.
        out, into = x1 + 30 + 28 * (place % 5), x2 + 20 + 30 * (place % 6)
        top, bottom = y1 + HEIGHT, y2
        middle = (top + bottom) // 2
        path = f"M{out},{top} C{out},{middle} {into},{middle} {into},{bottom}"
        at = (out + 4, top + 14 + 12 * (place % 3))
    else:
        side, into = x1 + WIDTH, x2 + WIDTH
        bend = max(side, into) + 18 + 6 * (place % 4)
        up = y2 + (14 if arrow.start != arrow.end else 10)
        path = f"M{side},{y1 + HEIGHT - 14} C{bend},{y1 + HEIGHT - 14} {bend},{up} {into},{up}"
        at = (side + 4, y1 + HEIGHT - 2)
    label = f'<text class="way" x="{at[0]}" y="{at[1]}">{escape(arrow.label)}</text>' if arrow.label else ""
    return f'<path{misses} d="{path}" marker-end="url(#tip)"/>{label}'
