"""Renders charts as SVG: bars with a cumulative line (Pareto) and bars over time. Pure.

Names are user input: they are escaped and cut to what fits, and a chart contains no links or scripts. Colours work on
light and dark backgrounds; each chart has a title and a description for screen readers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

WIDTH: Final = 900
HEIGHT: Final = 420
LEFT, RIGHT, TOP, BOTTOM = 56, 48, 40, 110
MOST_BARS: Final = 40
LONGEST_NAME: Final = 16
BAR, LINE, INK, GRID = "#3b7dd8", "#d9822b", "#7a869a", "#7a869a55"


@dataclass(frozen=True, slots=True)
class Bar:
    """`line` is the height of the line above this bar, from 0 to 1; None where there is no line."""

    name: str
    value: int
    line: float | None = None


def bars(title: str, values: Sequence[Bar]) -> str:
    """The chart; above 40 bars the last one aggregates the rest."""
    bars = list(values[:MOST_BARS])
    if len(values) > MOST_BARS:
        rest = values[MOST_BARS - 1 :]
        bars[-1] = Bar("…", sum(bar.value for bar in rest), rest[-1].line)
    most = max((bar.value for bar in bars), default=0) or 1
    space = (WIDTH - LEFT - RIGHT) / max(len(bars), 1)
    description = "; ".join(f"{_plain(bar.name)}: {bar.value}" for bar in bars)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'font-family="Noto Sans CJK SC, sans-serif" font-size="12">',
        f"<title>{_plain(title)}</title><desc>{description}</desc>",
        f'<text x="{LEFT}" y="22" font-size="16" fill="{INK}">{_plain(title)}</text>',
        *_grid(most),
    ]
    line = []
    for place, bar in enumerate(bars):
        x, height = LEFT + place * space, _height() * bar.value / most
        parts.append(
            f'<rect x="{x + space * 0.1:.1f}" y="{HEIGHT - BOTTOM - height:.1f}" width="{space * 0.8:.1f}" '
            f'height="{height:.1f}" fill="{BAR}"><title>{_plain(bar.name)}: {bar.value}</title></rect>'
        )
        foot = f"{x + space / 2:.1f} {HEIGHT - BOTTOM + 14}"
        parts.append(
            f'<text transform="translate({foot}) rotate(40)" fill="{INK}">{_plain(bar.name, LONGEST_NAME)}</text>'
        )
        if bar.line is not None:
            line.append(f"{x + space / 2:.1f},{HEIGHT - BOTTOM - _height() * bar.line:.1f}")
    if line:
        parts.append(f'<polyline points="{" ".join(line)}" fill="none" stroke="{LINE}" stroke-width="2"/>')
        parts.append(f'<text x="{WIDTH - RIGHT + 6}" y="{TOP + 4}" fill="{LINE}">100 %</text>')
    return "".join([*parts, "</svg>"])


def _height() -> float:
    return HEIGHT - TOP - BOTTOM


def _grid(most: int) -> list[str]:
    parts = []
    for quarter in range(5):
        y = HEIGHT - BOTTOM - _height() * quarter / 4
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{GRID}"/>')
        parts.append(
            f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" fill="{INK}">{most * quarter / 4:g}</text>'
        )
    return parts


def _plain(name: str, longest: int = 200) -> str:
    """A name as XML text: without characters that XML forbids, cut to its maximum length."""
    known = "".join(sign if sign.isprintable() else " " for sign in name) or "-"
    return escape(known if len(known) <= longest else known[: longest - 1] + "…", {'"': "&quot;"})
