"""Tests PIPL 47: a person's numbers are found in every spelling, and no one else's are changed."""

from __future__ import annotations

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from callcenter.customers.numbers import read_number
from callcenter.privacy.redaction import ERASED, Redactor, national

NUMBER, LANDLINE = "+8613974812346", "+8673188886005"
REDACTOR = Redactor((NUMBER, LANDLINE), ("li@example.cn",), ("李小龙", "王平"), "erased-1", outside="9")


@pytest.mark.parametrize(
    "spelling",
    [
        "13974812346",
        "+8613974812346",
        "008613974812346",
        "08613974812346",
        "8613974812346",
        "013974812346",
        "139 7481 2346",
        "139-7481-2346",
        "+86 139-7481-2346",
        "１３９７４８１２３４６",
        "913974812346",
        "073188886005",
        "0731-8888-6005",
        "0731-88886005",
        "(0731)88886005",
        "+86 731 88886005",
        "73188886005",
    ],
)
def test_every_spelling_of_a_number_is_replaced(spelling: str) -> None:
    for text in (spelling, f"电话{spelling}，", f'{{"num":"{spelling}"}}', f"sip:{spelling}@10.0.0.1"):
        left = REDACTOR.text(text)
        assert "erased-1" in left
        assert not REDACTOR.holds(left)


@pytest.mark.parametrize("text", ["13974812345", "113974812346", "139748123467", "1795747762.0", "8012", "王平安回电"])
def test_what_is_not_theirs_stays(text: str) -> None:
    assert REDACTOR.text(text) == text


def test_a_short_name_is_looked_for_only_where_something_else_points_at_the_person() -> None:
    assert REDACTOR.text("李小龙和王平") == f"{ERASED}和王平"
    assert REDACTOR.text("李小龙和王平", linked=True) == f"{ERASED}和{ERASED}"
    shared = Redactor((), (), ("李小龙",), "x", frozenset({"李小龙"}))
    assert shared.text("李小龙") == "李小龙"


def test_values_within_lists_and_objects_and_names_in_json_are_replaced() -> None:
    value = {"to": ["13974812346", 7], "text": json.dumps({"name": "李小龙", "mail": "li@example.cn"})}
    left = REDACTOR.value(value)
    assert not REDACTOR.holds(left)
    assert left["to"][1] == 7


def test_a_line_that_is_masked_keeps_its_length_and_its_other_bytes() -> None:
    line = '{"num":"13974812346","name":"李小龙"}\n'.encode() + b"\xff"
    masked = REDACTOR.masked(line)
    assert len(masked) == len(line)
    assert masked.endswith(b'"}\n\xff')
    assert b"2346" not in masked


@given(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.sampled_from(["", "+86", "0086", "0", "86", "086"]), st.data()
)
def test_whatever_the_centre_reads_as_the_number_is_found(digits: str, prefix: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(1, 10))
    spelled = prefix + digits[:place] + data.draw(st.sampled_from(["", " ", "-"])) + digits[place:]
    read = read_number(spelled, "CN", "")
    assume(read.text == f"+86{digits}")
    mine = Redactor((read.text,), (), (), "gone")
    assert national(read.text) == digits
    assert mine.text(f"来电 {spelled}。").split() == ["来电", "gone。"]
