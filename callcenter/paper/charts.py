"""Draws charts as SVG with Matplotlib: named groups as horizontal bars, numbers over time as columns.

Names are user input: they are cut to what fits, and a chart contains no links, scripts or mathematics. Texts stay text,
so that the page's fonts show Chinese and a reader can search them. Blocking, a tenth of a second: call from a thread.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_BARS: Final = 40
LONGEST_NAME: Final = 18
MOST_TICKS: Final = 8
BAR, INK, GRID = "#3b7dd8", "#4a5568", "#d5dae3"
FONTS: Final = ("Noto Sans CJK SC", "Noto Serif CJK SC", "DejaVu Sans")
WIDTH: Final = 9.0
_LOCK: Final = Lock()
"""Matplotlib's settings belong to the process."""
_NAMED: Final = re.compile(r' id="(?:figure|axes|patch|text|matplotlib\.axis|xtick|ytick|line2d|LineCollection)_\d+"')


@dataclass(frozen=True, slots=True)
class Bar:
    """`cumulative` is the share of this bar and those before it, from 0 to 1; None where there is no such share."""

    name: str
    value: float
    cumulative: float | None = None


def ranked(title: str, values: Sequence[Bar]) -> str:
    """Groups as horizontal bars, the first on top, with value and cumulative share; above 40 the last is the rest."""
    bars = list(values[:MOST_BARS])
    if len(values) > MOST_BARS:
        rest = values[MOST_BARS - 1 :]
        bars[-1] = Bar("…", sum(bar.value for bar in rest), rest[-1].cumulative)
    with _LOCK:
        figure, axes = _begin(title, 0.9 + 0.28 * max(len(bars), 1))
        places = range(len(bars))
        axes.barh(places, [bar.value for bar in bars], color=BAR, height=0.7)
        axes.set_yticks(list(places), [_plain(bar.name, LONGEST_NAME) for bar in bars])
        axes.invert_yaxis()
        most = max((bar.value for bar in bars), default=0) or 1
        axes.set_xlim(0, most * 1.18)
        for place, bar in zip(places, bars, strict=True):
            share = "" if bar.cumulative is None else f"  ({100 * bar.cumulative:.0f} %)"
            axes.text(bar.value + most * 0.01, place, f"{bar.value:g}{share}", va="center", fontsize=8, color=INK)
        _whole(axes.xaxis, [bar.value for bar in bars])
        axes.grid(axis="x", color=GRID, linewidth=0.6)
        return _svg(figure, title, bars)


def over_time(title: str, values: Sequence[Bar]) -> str:
    """Numbers in the order of time as columns; so many names stand below that none has to slant."""
    bars = list(values)
    with _LOCK:
        figure, axes = _begin(title, 3.2)
        places = range(len(bars))
        axes.bar(places, [bar.value for bar in bars], color=BAR, width=0.8)
        step = max(1, -(-len(bars) // MOST_TICKS))
        axes.set_xticks(list(places)[::step], [_plain(bar.name, LONGEST_NAME) for bar in bars[::step]])
        axes.set_ylim(0, (max((bar.value for bar in bars), default=0) or 1) * 1.1)
        _whole(axes.yaxis, [bar.value for bar in bars])
        axes.grid(axis="y", color=GRID, linewidth=0.6)
        return _svg(figure, title, bars)


def _begin(title: str, height: float) -> tuple[Figure, Any]:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    # A glyph that no font here has is still text in the chart, and the page's fonts may have it.
    warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
    mpl.rcParams.update(
        {
            "svg.fonttype": "none",
            "svg.hashsalt": title,
            "font.family": list(FONTS),
            "text.parse_math": False,
            "text.usetex": False,
        }
    )
    figure = Figure(figsize=(WIDTH, height))
    axes = figure.add_axes((0.2, 0.45 / height, 0.77, 1 - 0.9 / height))
    axes.set_title(_plain(title), loc="left", fontsize=12, color=INK)
    axes.tick_params(labelsize=9, colors=INK, length=0)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
    return figure, axes


def _whole(axis: Any, values: Sequence[float]) -> None:
    """Whole numbers have no ticks between them: there are no half cases."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(nbins=6, integer=all(float(value).is_integer() for value in values)))


def _svg(figure: Figure, title: str, bars: Sequence[Bar]) -> str:
    stream = io.StringIO()
    figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = stream.getvalue()
    # Ids that nothing refers to would occur twice in a page with two charts.
    drawn = _NAMED.sub("", text[text.index("<svg ") :])
    begin, inner = drawn.split(">", 1)
    begin = re.sub(r' (?:width|height)="[^"]*"', "", begin)
    description = "; ".join(f"{_plain(bar.name)}: {bar.value:g}" for bar in bars)
    return f'{begin} role="img"><title>{escape(_plain(title))}</title><desc>{escape(description)}</desc>{inner}'


def _plain(name: str, longest: int = 200) -> str:
    """A name without characters that XML forbids or that break a line, cut to its maximum length."""
    known = "".join(sign if sign.isprintable() else " " for sign in name) or "-"
    return known if len(known) <= longest else known[: longest - 1] + "…"
