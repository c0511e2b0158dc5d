"""Tests that the text catalogues and the pages agree, in every language."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "dashboards" / "static"


def catalogue(language: str) -> dict[str, str]:
    return {
        str(key): str(text) for key, text in json.loads((STATIC / "texts" / f"{language}.json").read_text()).items()
    }


def test_both_languages_hold_the_same_keys() -> None:
    assert catalogue("zh-CN").keys() == catalogue("en").keys()


def test_both_languages_fill_the_same_places() -> None:
    chinese, english = catalogue("zh-CN"), catalogue("en")
    for key, text in chinese.items():
        assert set(re.findall(r"{(\w+)}", text)) == set(re.findall(r"{(\w+)}", english[key])), key


def test_no_text_is_empty() -> None:
    assert [key for language in ("zh-CN", "en") for key, text in catalogue(language).items() if not text.strip()] == []


@pytest.mark.parametrize(
    "path", sorted([*STATIC.glob("*.html"), *STATIC.glob("*.js")]), ids=lambda path: str(path.name)
)
def test_every_text_a_page_asks_for_exists(path: Path) -> None:
    source = path.read_text()
    asked = set(re.findall(r'data-(?:text|label|title)="([^"]+)"', source)) | set(re.findall(r'\bt\("([^"]+)"', source))
    asked |= set(re.findall(r'"((?:wall|live|login|call|me|state|stage)\.[a-z_]+)"', source))
    assert asked - catalogue("zh-CN").keys() == set()


@pytest.mark.parametrize("path", sorted(STATIC.glob("*.js")), ids=lambda path: str(path.name))
def test_no_script_can_turn_a_callers_name_into_html(path: Path) -> None:
    source = path.read_text()
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "DOMParser"):
        assert way not in source


@pytest.mark.parametrize("path", sorted(STATIC.glob("*.html")), ids=lambda path: str(path.name))
def test_no_page_holds_inline_script_or_style(path: Path) -> None:
    source = path.read_text()
    assert re.findall(r"<script(?![^>]*\bsrc=)", source) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=", source) == []


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(entry: str, other: str) -> float:
    light, dark = sorted((_luminance(entry), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_text_colour_keeps_the_contrast_of_wcag_aa(scheme: int) -> None:
    block = re.findall(r":root \{(.*?)\}", (STATIC / "face.css").read_text(), re.DOTALL)[scheme]
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))
    pairs = [(ink, ground) for ink in ("text", "soft", "accent") for ground in ("ground", "card")]
    tones = ("good", "warn", "bad", "busy", "ring", "calm", "off")
    pairs += [(tone, ground) for tone in tones for ground in (f"{tone}-ground", "card")]
    pairs += [("accent-text", "accent"), ("card", "ring"), ("card", "warn"), ("card", "bad")]
    weak = {pair: _contrast(colours[pair[0]], colours[pair[1]]) for pair in pairs}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}
