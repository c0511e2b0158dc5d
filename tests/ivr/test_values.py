"""Tests that values are read aloud as people read them, from pieces that exist."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.complaints.model import State, case_number
from ivr.prompts.errors import BadPromptValue
from ivr.prompts.pieces import DIALECTS, PAUSE, PIECES
from ivr.prompts.values import KINDS, LARGEST, READERS, case_groups, phone_groups, read_aloud

CHINESE = [
    ("number", 0, "零"),
    ("number", 10, "十"),
    ("number", 12, "十二"),
    ("number", 20, "二十"),
    ("number", 99, "九十九"),
    ("number", 100, "一百"),
    ("number", 101, "一百零一"),
    ("number", 110, "一百一十"),
    ("number", 115, "一百一十五"),
    ("number", 200, "二百"),
    ("number", 1000, "一千"),
    ("number", 1001, "一千零一"),
    ("number", 1010, "一千零一十"),
    ("number", 1100, "一千一百"),
    ("number", 2002, "两千零二"),
    ("number", 9999, "九千九百九十九"),
    ("number", 10_000, "一万"),
    ("number", 10_010, "一万零一十"),
    ("number", 10_500, "一万零五百"),
    ("number", 12_345, "一万二千三百四十五".replace("二千", "两千")),
    ("number", 20_000, "两万"),
    ("number", 100_000, "十万"),
    ("number", 100_500, "十万零五百"),
    ("number", 120_000, "十二万"),
    ("number", 1_150_000, "一百一十五万"),
    ("number", 10_050_000, "一千零五万"),
    ("number", 100_000_000, "一亿"),
    ("number", 105_000_000, "一亿零五百万"),
    ("number", 150_000_000, "一亿五千万"),
    ("number", 100_005_000, "一亿零五千"),
    ("number", 200_000_001, "两亿零一"),
    ("number", 1_000_000_000, "十亿"),
    ("number", -5, "负五"),
    ("count", 2, "两"),
    ("count", 12, "十二"),
    ("count", 22, "二十二"),
    ("ordinal", 2, "第二"),
    ("decimal", Decimal("3.05"), "三点零五"),
    ("decimal", "0.50", "零点五"),
    ("decimal", 7, "七"),
    ("percent", 15, "百分之十五"),
    ("percent", Decimal("99.5"), "百分之九十九点五"),
    ("percent", 0, "百分之零"),
    ("amount", Decimal("12.50"), "十二元五角"),
    ("amount", Decimal("3.05"), "三元零五分"),
    ("amount", Decimal("2.22"), "两元两角两分"),
    ("amount", Decimal("0.80"), "八角"),
    ("amount", Decimal("0.03"), "三分"),
    ("amount", 0, "零元"),
    ("amount", 20, "二十元"),
    ("amount", "-1.10", "负一元一角"),
    ("digits", "1002", "一零零二"),
    ("phone", "13812345678", "幺三八，幺二三四，五六七八"),
    ("phone", "+86 138-1234-5678", "幺三八，幺二三四，五六七八"),
    ("phone", "073188881234", "零七三幺，八八八八，幺二三四"),
    ("phone", "4001234567", "四零零，幺二三，四五六七"),
    ("phone", "12345", "幺二三四五"),
    ("phone", "110", "幺幺零"),
    ("case", "TS20261123-0001", "TS，二零二六，幺幺二三，零零零幺"),
    ("date", date(2026, 11, 27), "二零二六年十一月二十七日"),
    ("day", date(2027, 1, 1), "一月一日"),
    ("weekday", date(2026, 11, 29), "星期日"),
    ("time", time(0, 0), "凌晨零点"),
    ("time", time(2, 0), "凌晨两点"),
    ("time", time(8, 15), "早上八点十五分"),
    ("time", time(9, 30), "上午九点半"),
    ("time", time(12, 5), "中午十二点零五分"),
    ("time", time(14, 2), "下午两点零二分"),
    ("time", time(20, 59), "晚上八点五十九分"),
    ("moment", datetime(2026, 11, 30, 9, 0, tzinfo=UTC), "星期一，十一月三十日，上午九点"),
    ("minutes", 2, "两分钟"),
    ("minutes", 10, "十分钟"),
    ("minutes", 45, "四十五分钟"),
    ("duration", 60, "一小时"),
    ("duration", 125, "两小时五分钟"),
    ("press", "1", "请按一号键"),
    ("press", "#", "请按井号键"),
    ("state", "closed", "已经办结"),
    ("dialect", "xiang-changsha", "长沙话"),
]
ENGLISH = [
    ("number", 0, "zero"),
    ("number", 21, "twenty one"),
    ("number", 100, "one hundred"),
    ("number", 105, "one hundred five"),
    ("number", 1205, "one thousand two hundred five"),
    ("number", 12_345, "twelve thousand three hundred forty five"),
    ("number", 1_000_001, "one million one"),
    ("number", 2_000_000_000, "two billion"),
    ("number", -5, "minus five"),
    ("count", 2, "two"),
    ("ordinal", 3, "number three"),
    ("decimal", Decimal("3.05"), "three point zero five"),
    ("percent", Decimal("99.5"), "ninety nine point five percent"),
    ("amount", Decimal("12.50"), "twelve yuan and fifty fen"),
    ("amount", Decimal("0.05"), "five fen"),
    ("amount", 0, "zero yuan"),
    ("digits", "1002", "one zero zero two"),
    ("phone", "13812345678", "one three eight, one two three four, five six seven eight"),
    ("phone", "+442079460000", "four four two zero, seven nine four six, zero zero zero zero"),
    ("case", "TS20261123-0001", "T S, two zero two six, one one two three, zero zero zero one"),
    ("date", date(2026, 11, 27), "November twenty-seventh twenty twenty six"),
    ("date", date(2005, 3, 2), "March second two thousand five"),
    ("date", date(1905, 3, 3), "March third nineteen oh five"),
    ("date", date(1900, 2, 1), "February first nineteen hundred"),
    ("day", date(2027, 1, 31), "January thirty-first"),
    ("day", date(2027, 1, 12), "January twelfth"),
    ("weekday", date(2026, 11, 29), "Sunday"),
    ("time", time(0, 0), "midnight"),
    ("time", time(0, 15), "twelve fifteen a.m."),
    ("time", time(9, 5), "nine oh five a.m."),
    ("time", time(12, 0), "noon"),
    ("time", time(12, 30), "twelve thirty p.m."),
    ("time", time(14, 0), "two p.m."),
    ("moment", datetime(2026, 11, 30, 9, 30, tzinfo=UTC), "Monday, November thirtieth, nine thirty a.m."),
    ("minutes", 1, "one minute"),
    ("minutes", 2, "two minutes"),
    ("duration", 61, "one hour one minute"),
    ("duration", 120, "two hours"),
    ("press", "*", "press star"),
    ("state", "withdrawn", "has been withdrawn"),
    ("dialect", "hakka", "Hakka"),
]
ROWS = [("zh-CN", *row) for row in CHINESE] + [("en", *row) for row in ENGLISH]


def spoken(kind: str, value: object, language: str) -> str:
    words = [PIECES[language].get(piece, ",") for piece in read_aloud(kind, value, language)]
    return "".join(words).replace(",", "，") if language == "zh-CN" else " ".join(words).replace(" ,", ",")


@pytest.mark.parametrize(("language", "kind", "value", "words"), ROWS)
def test_a_value_is_read_as_people_read_it(language: str, kind: str, value: object, words: str) -> None:
    assert spoken(kind, value, language) == words


def test_every_kind_has_an_example_in_both_languages() -> None:
    for language, rows in (("zh-CN", CHINESE), ("en", ENGLISH)):
        assert {kind for kind, _, _ in rows} == set(READERS[language]) == KINDS


WHOLE = st.integers(-LARGEST, LARGEST) | st.integers(0, 200_000)
COUNTED = st.integers(0, LARGEST) | st.integers(0, 20_000)
DECIMAL = st.decimals(-LARGEST, LARGEST, places=4, allow_nan=False) | st.decimals(-100, 100, places=2, allow_nan=False)
VALUES: dict[str, st.SearchStrategy[object]] = {
    "number": WHOLE,
    "count": COUNTED,
    "ordinal": COUNTED,
    "decimal": DECIMAL,
    "percent": DECIMAL,
    "amount": DECIMAL,
    "digits": st.text("0123456789", min_size=1, max_size=32),
    "phone": st.from_regex(r"\+?[0-9]{1,20}", fullmatch=True),
    "case": st.from_regex(r"[A-Za-z]{1,3}[0-9]{1,12}(-[0-9]{1,8})?", fullmatch=True),
    "date": st.dates(),
    "day": st.dates(),
    "weekday": st.dates(),
    "time": st.times(),
    "moment": st.datetimes(),
    "minutes": COUNTED,
    "duration": COUNTED,
    "press": st.sampled_from("0123456789*#"),
    "state": st.sampled_from(State),
    "dialect": st.sampled_from(sorted(DIALECTS)),
}


@given(st.sampled_from(sorted(KINDS)).flatmap(lambda kind: st.tuples(st.just(kind), VALUES[kind])))
def test_every_value_is_composed_of_pieces_that_exist(case: tuple[str, object]) -> None:
    kind, value = case
    for language, pieces in PIECES.items():
        names = read_aloud(kind, value, language)
        assert names
        assert set(names) <= {*pieces, PAUSE}


@given(COUNTED, COUNTED)
def test_different_numbers_sound_different(first: int, second: int) -> None:
    for language in PIECES:
        same = spoken("number", first, language) == spoken("number", second, language)
        assert same == (first == second)


@given(st.integers(0, 10**8 - 1))
def test_a_mandarin_number_means_what_it_was_made_of(value: int) -> None:
    assert meaning(spoken("number", value, "zh-CN")) == value


def meaning(words: str) -> int:
    """A reader of its own, by the place values of the characters."""
    total = group = digit = 0
    for char in words:
        if char in "零一二三四五六七八九":
            digit = "零一二三四五六七八九".index(char)
        elif char == "两":
            digit = 2
        elif char == "万":
            total, group, digit = (group + digit) * 10_000, 0, 0
        else:
            group += (digit or 1) * {"十": 10, "百": 100, "千": 1000}[char]
            digit = 0
    return total + group + digit


@given(st.from_regex(r"[0-9]{1,20}", fullmatch=True))
def test_no_digit_of_a_telephone_number_is_lost(number: str) -> None:
    groups = phone_groups(number)
    assert "".join(groups) == number
    assert all(1 <= len(group) <= 5 for group in groups)
    assert len(number) == 1 or all(len(group) > 1 for group in groups)


@given(st.dates(), st.integers(1, 99_999))
def test_the_groups_of_a_case_number_hold_all_of_it(day: date, serial: int) -> None:
    number = case_number(day, serial)
    assert "".join(case_groups(number)) == number.replace("-", "").lower()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("number", 10**12),
        ("number", True),
        ("number", "12"),
        ("count", -1),
        ("decimal", "NaN"),
        ("decimal", "1e99"),
        ("decimal", "ten"),
        ("percent", None),
        ("digits", "12a"),
        ("digits", "１２"),
        ("digits", ""),
        ("digits", "1" * 33),
        ("phone", "anonymous"),
        ("phone", "+"),
        ("phone", "1" * 21),
        ("phone", "13812345678\nExec"),
        ("case", "TS 1"),
        ("case", "案件1"),
        ("case", "../../etc"),
        ("date", "2026-11-27"),
        ("moment", date(2026, 11, 27)),
        ("time", 9),
        ("press", "12"),
        ("press", "A"),
        ("state", "lost"),
        ("dialect", "klingon"),
        ("surprise", 1),
    ],
)
def test_a_value_that_cannot_be_read_is_refused(kind: str, value: object) -> None:
    for language in PIECES:
        with pytest.raises(BadPromptValue):
            read_aloud(kind, value, language)


def test_every_state_of_a_case_has_words_for_the_caller() -> None:
    for language in PIECES:
        assert all(spoken("state", state, language) for state in State)
