"""Tests that every text of the pages can be read on its ground, in both themes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).parents[2] / "dashboards" / "web" / "src" / "styles" / "tokens.css"


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(entry: str, other: str) -> float:
    light, dark = sorted((_luminance(entry), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_text_colour_keeps_the_contrast_of_wcag_aa(scheme: int) -> None:
    pairs_of = re.findall(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", TOKENS.read_text("utf-8"))
    colours = {name: (light, dark)[scheme] for name, light, dark in pairs_of}
    pairs = [(ink, ground) for ink in ("text", "soft", "accent") for ground in ("ground", "card")]
    tones = ("good", "warn", "bad", "busy", "ring", "calm", "off")
    pairs += [(tone, ground) for tone in tones for ground in (f"{tone}-ground", "card")]
    pairs += [("accent-text", "accent"), ("text", "off-ground"), ("text", "ring-ground")]
    weak = {pair: _contrast(colours[pair[0]], colours[pair[1]]) for pair in pairs}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}
