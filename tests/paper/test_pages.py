"""Tests forms on screen: what is written, what is cut, and what a hostile caller cannot do."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.paper.model import Form, Head, TrackingForm
from callcenter.paper.pages import FIELD_LIMIT, page_of, printable
from callcenter.paper.texts import TEXTS
from tests.paper.samples import STORY, analysis, call_record, evaluation, handling, scorecard, tracking
from tests.paper.seed import SEED, in_order

MAKERS: list[Callable[[str, str], Form]] = [tracking, handling, call_record, evaluation, scorecard, analysis]


class Shown(HTMLParser):
    """The page as a browser reads it: its tags and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_form_shows_what_it_was_given_in_both_languages(make: Any, language: str) -> None:
    form = make("退款 & 道歉", language)
    printed = Shown(page_of(form)).text
    assert TEXTS["zh-CN"][form.kind.value] in printed
    assert TEXTS["en"][form.kind.value] in printed
    assert "退款 & 道歉" in printed
    assert form.head.number in printed
    assert ("2026年11月24日 08:30" if language == "zh-CN" else "2026-11-24 08:30") in printed


@pytest.mark.parametrize("make", SEED)
def test_the_texts_of_the_policy_are_on_the_page_in_order(make: Any) -> None:
    printed = Shown(page_of(make())).text
    assert in_order(SEED[make], printed) == list(SEED[make])


def test_additions_of_the_system_follow_the_texts_of_the_policy() -> None:
    printed = Shown(page_of(handling())).text
    assert printed.index("产品") > printed.index("验证人（年月日）")
    assert printed.index("签名记录") > printed.index("验证人（年月日）")
    page = page_of(tracking())
    assert page.index('class="qr"') > page.index("领导签名")
    assert printed.rindex("进度：") > printed.index("证据附件")


def test_Chinese_words_have_full_width_punctuation() -> None:
    wrong = {
        key: text
        for key, text in TEXTS["zh-CN"].items()
        if re.search(r"[\u4e00-\u9fff] ?[,:;()!?]|[,:;()!?][\u4e00-\u9fff]", text)
    }
    assert wrong == {}
    for make in SEED:
        printed = Shown(page_of(make("退款"))).text
        labels = re.findall(r"[\u4e00-\u9fff][:;()!?]", printed.replace(STORY, ""))
        assert [label for label in labels if label not in ("格(", "吗?", "方?")] == []


def test_W1_times_on_the_telephone_have_seconds_and_days_on_complaints_have_none() -> None:
    assert "2026年11月24日 08:30:00" in Shown(page_of(call_record())).text
    assert "2026年11月24日 08:30:00" in Shown(page_of(evaluation())).text
    k1 = Shown(page_of(tracking())).text
    assert re.search(r"投诉日期（年月日）\s*2026年11月24日\s*客户姓名", k1)


def test_F1_the_evaluation_form_ticks_one_box_of_five() -> None:
    printed = Shown(page_of(evaluation())).text
    assert (printed.count("☑"), printed.count("☐")) == (1, 4)
    assert re.search(r"☑\s*4 满意", printed)


def test_S2_a_scorecard_shows_points_what_failed_it_and_where_it_is_heard() -> None:
    printed = Shown(page_of(scorecard())).text
    for text in ("得分", "一票否决项", "72.5", "C2", "0:32", "维持原分", "0" * 64):
        assert text in printed


def test_a_signature_shows_who_when_and_whether_it_is_valid() -> None:
    printed = Shown(page_of(tracking())).text
    for text in ("王敏", "有效", "李大勇", "已失效", "正文在签署后有修改", "待签", "9f2c41d07a5be833"):
        assert text in printed


def test_a_missing_transcript_is_shown_as_none() -> None:
    assert "文字记录" in (printed := Shown(page_of(tracking())).text)
    assert "无" in printed


@pytest.mark.parametrize("make", MAKERS)
def test_markup_from_a_caller_is_shown_and_never_obeyed(make: Any) -> None:
    evil = '"><script>alert(1)</script><img src="file:///etc/passwd"><link rel=stylesheet href=http://evil>{{ 7*7 }}'
    harmless, attacked = Shown(page_of(make("x", "zh-CN"))), Shown(page_of(make(evil, "zh-CN")))
    assert attacked.tags == harmless.tags
    assert attacked.attributes == harmless.attributes
    assert evil in attacked.text.replace("\u200b", "")


def test_an_empty_form_is_lines_to_write_on() -> None:
    page = page_of(TrackingForm(Head("TS20261124-0002", "湘味到家")))
    assert "None" not in Shown(page).text


@pytest.mark.parametrize("what", ["长", "a", "<b>&", " x\n"])
def test_a_megabyte_is_cut_with_a_note(what: str) -> None:
    page = page_of(tracking(what * (1_000_000 // len(what))))
    assert len(page) < 12 * FIELD_LIMIT
    assert "此处省略" in page


def test_text_cannot_be_turned_round_or_carry_controls() -> None:
    assert printable("a\u202eb\x00c\x1b[31m\r\nd\ud800") == "abc[31m\nd"


@given(st.text(max_size=300))
def test_any_text_makes_a_page_with_the_same_tags(text: str) -> None:
    assert Shown(page_of(tracking(text))).tags == Shown(page_of(tracking("x"))).tags


def test_both_languages_have_the_same_words() -> None:
    assert set(TEXTS["zh-CN"]) == set(TEXTS["en"])
