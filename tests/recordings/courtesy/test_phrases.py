"""Tests the word lists: what counts as a phrase and what only resembles one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.courtesy.phrases import BadWordList, Kind, WordList, load, names_company, word_list

ZH, HUNAN, EN = load("zh-CN"), load("zh-CN-hunan"), load("en")

HITS = [
    (ZH, Kind.NAME, "我是客服小李"),
    (ZH, Kind.NAME, "您好，我姓王"),
    (ZH, Kind.NAME, "工号1001为您服务"),
    (ZH, Kind.NAME, "1023号客服为您服务"),
    (ZH, Kind.NAME, "小张很高兴为您服务"),
    (ZH, Kind.PLEASE, "请问有什么可以帮您"),
    (ZH, Kind.PLEASE, "请您稍等"),
    (ZH, Kind.POLITE_YOU, "您好"),
    (ZH, Kind.GOODBYE, "感谢来电，再见！"),
    (ZH, Kind.GOODBYE, "拜拜"),
    (ZH, Kind.APOLOGY, "非常抱歉"),
    (ZH, Kind.APOLOGY, "对不起，给您添麻烦了"),
    (ZH, Kind.APOLOGY, "给您带来不便，请您谅解"),
    (ZH, Kind.COMPLAINT, "我要投诉你们"),
    (ZH, Kind.COMPLAINT, "你们的腊肉发霉了"),
    (ZH, Kind.CURT, "不知道"),
    (ZH, Kind.CURT, "有话快说。"),
    (ZH, Kind.CURT, "没事我挂了"),
    (ZH, Kind.SHIRKING, "这个不关我的事"),
    (ZH, Kind.SHIRKING, "不归我们管，你去找别人"),
    (ZH, Kind.SHIRKING, "我也没办法"),
    (ZH, Kind.SHIRKING, "公司规定就是这样"),
    (ZH, Kind.BLAMING, "谁让你买这么多的"),
    (ZH, Kind.BLAMING, "你怎么不早说"),
    (ZH, Kind.BLAMING, "是你自己弄坏的"),
    (HUNAN, Kind.SHIRKING, "我哪晓得"),
    (HUNAN, Kind.SHIRKING, "冇得办法咯"),
    (HUNAN, Kind.CURT, "你搞么子"),
    (HUNAN, Kind.APOLOGY, "对不住"),
    (HUNAN, Kind.BLAMING, "哪个要你买的"),
    (HUNAN, Kind.SHIRKING, "这个不关我的事"),
    (EN, Kind.NAME, "Good morning, this is Mary."),
    (EN, Kind.NAME, "Xiangwei Home, Tom speaking"),
    (EN, Kind.PLEASE, "Could you hold, please?"),
    (EN, Kind.GOODBYE, "Thank you, good-bye!"),
    (EN, Kind.APOLOGY, "I’m so sorry about that"),
    (EN, Kind.COMPLAINT, "I want a refund"),
    (EN, Kind.CURT, "What do you want?"),
    (EN, Kind.SHIRKING, "That's not my problem."),
    (EN, Kind.BLAMING, "Well, why didn't you say so"),
]
MISSES = [
    (ZH, Kind.PLEASE, "我要请假"),
    (ZH, Kind.PLEASE, "退款申请已经提交"),
    (ZH, Kind.POLITE_YOU, "你好"),
    (ZH, Kind.NAME, "我是问你要不要"),
    (ZH, Kind.NAME, "您是哪位"),
    (ZH, Kind.CURT, "不知道您方便吗"),
    (ZH, Kind.CURT, "让您等着急了"),
    (ZH, Kind.SHIRKING, "不管是不是我们的责任，我们都会处理"),
    (ZH, Kind.SHIRKING, "这是我们的责任"),
    (ZH, Kind.BLAMING, "这不是您的错"),
    (ZH, Kind.BLAMING, "您的问题我记下来了"),
    (ZH, Kind.BLAMING, "你的问题我马上解决"),
    (ZH, Kind.COMPLAINT, "我不投诉，问一下价格"),
    (ZH, Kind.GOODBYE, "再说一遍"),
    (HUNAN, Kind.CURT, "莫怪我啰嗦"),
    (HUNAN, Kind.SHIRKING, "我不晓得您方便不咯"),
    (EN, Kind.NAME, "I am sorry"),
    (EN, Kind.NAME, "this is not possible"),
    (EN, Kind.PLEASE, "I am pleased"),
    (EN, Kind.GOODBYE, "bytes"),
    (EN, Kind.CURT, "take whatever you like"),
    (EN, Kind.BLAMING, "it is not your fault at all"),
    (EN, Kind.BLAMING, "you should have received an e-mail"),
    (EN, Kind.COMPLAINT, "no complaints from me"),
]


@pytest.mark.parametrize(("words", "kind", "text"), HITS)
def test_a_phrase_is_found(words: WordList, kind: Kind, text: str) -> None:
    assert words.has(kind, text)


@pytest.mark.parametrize(("words", "kind", "text"), MISSES)
def test_what_only_looks_like_a_phrase_is_not(words: WordList, kind: Kind, text: str) -> None:
    assert words.find(kind, text) == []


def test_an_exception_bars_only_its_own_place() -> None:
    result = ZH.find(Kind.PLEASE, "您要请假的话，请说")
    assert [entry.at for entry in result] == [6]


def test_a_dialect_has_its_languages_words_and_its_own_and_both_versions() -> None:
    assert set(ZH.phrases[Kind.CURT]) < set(HUNAN.phrases[Kind.CURT])
    assert HUNAN.version == "zh-CN-hunan 2026-11-24 + zh-CN 2026-11-24"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("您好，湘味到家，我是小李", True),
        ("您好香味到家", True),
        ("您好，这里是湘味道家客服", True),
        ("您好，请问有什么事", False),
        ("您好，到家了", False),
        ("", False),
    ],
)
def test_R2_the_companys_name_may_be_misheard_by_one_character(text: str, named: bool) -> None:
    assert names_company(text, ["湘味到家"], spaced=False) is named


def test_R2_in_english_too() -> None:
    assert names_company("welcome to Shangwei home", ["Xiangwei Home"], spaced=True)
    assert not names_company("welcome to the shop", ["Xiangwei Home"], spaced=True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name = 1",
        'name = "x"\nversion = "1"\nspaced = false\n[phrases.swearing]\nwords = []',
        'name = "x"\nversion = "1"\nspaced = false\n[phrases.name]\npatterns = ["("]',
    ],
)
def test_a_list_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadWordList):
        word_list(text)


@pytest.mark.parametrize("name", ["../settings", "no-such", "", "zh CN"])
def test_only_the_centres_own_word_lists_are_loaded(name: str) -> None:
    with pytest.raises(BadWordList):
        load(name)


@given(st.text(max_size=200))
def test_any_text_can_be_looked_through(text: str) -> None:
    for words in (HUNAN, EN):
        for kind in Kind:
            words.find(kind, text)
