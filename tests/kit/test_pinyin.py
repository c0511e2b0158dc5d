"""Tests by which pinyin a Chinese name is found."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.kit.pinyin import LONGEST, MOST_SPELLINGS, pinyin_of


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("张三", {"zs", "zhangsan", "zhang", "san"}),
        ("吕布", {"lb", "lvbu"}),
        ("欧阳修", {"oyx", "ouyangxiu"}),
        ("王芳 Fang", {"wf", "wangfang"}),
        ("张三、李四", {"zs", "ls"}),
    ],
)
def test_a_name_is_found_by_initials_and_by_syllables(name: str, words: set[str]) -> None:
    assert words <= set(pinyin_of(name))


@pytest.mark.parametrize(("name", "initials"), [("单雄信", "sxx"), ("曾国藩", "zgf"), ("解缙", "xj"), ("仇英", "qy")])
def test_a_surname_is_found_by_its_rare_reading_too(name: str, initials: str) -> None:
    assert initials in pinyin_of(name)


@pytest.mark.parametrize("name", ["", "Li Lei", "1001", "😀", "㐀", "٣"])
def test_a_name_without_chinese_characters_has_no_pinyin(name: str) -> None:
    assert pinyin_of(name) == ()


@given(st.text(max_size=200))
def test_any_text_has_few_words_of_plain_letters(text: str) -> None:
    words = pinyin_of(text)
    assert len(words) <= LONGEST * (2 * MOST_SPELLINGS + 4)
    assert all(word.isascii() and word.isalpha() and word.islower() for word in words)


def test_the_phrases_of_the_library_stay_unloaded() -> None:
    program = (
        "import sys; from callcenter.kit.pinyin import pinyin_of; pinyin_of('张'); print('pypinyin' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert run.stdout.strip() == "False"
