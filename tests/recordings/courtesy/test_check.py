"""Tests C1-C3 and R2: each clause is met, not met, or not assessable; only the agent is judged."""

from __future__ import annotations

from dataclasses import replace

import pytest

from callcenter.facts import CallId, RecordingId
from recordings.courtesy.model import Finding, Heard, Limits, Result, check
from recordings.courtesy.phrases import load
from recordings.courtesy.service import flags_of
from recordings.transcripts.model import AGENT, CALLER, Utterance, Word
from tests.recordings.transcripts.sounds import ANSWERED

ZH, EN = load("zh-CN-hunan"), load("en")
COMPANY = ("湘味到家", "Xiangwei Home")
MET, NOT_MET, UNKNOWN = Result.MET, Result.NOT_MET, Result.NOT_ASSESSABLE


def agent(start: float, text: str, *, span: float = 3, number: str = "1001", sure: float | None = 0.9) -> Utterance:
    return Utterance(start, start + span, AGENT, number, text, sure)


def caller(start: float, text: str) -> Utterance:
    return Utterance(start, start + 3, CALLER, None, text, 0.9)


GOOD = (
    agent(0.5, "您好，湘味到家，我是客服小李"),
    caller(4, "你们的腊肉发霉了，我要退货"),
    agent(8, "非常抱歉，给您添麻烦了"),
    agent(15, "请您说一下订单号"),
    caller(20, "一二三四五"),
    agent(40, "已经登记了，感谢您的来电，再见"),
)


def results(*utterances: Utterance, transferred: bool = False, words: object = ZH) -> dict[str, Result]:
    result = check(Heard(utterances, COMPANY, transferred), words, Limits())  # type: ignore[arg-type]
    return {f"{entry.clause}.{entry.part}": entry.result for entry in result}


def finding(part: str, *utterances: Utterance) -> Finding:
    return next(entry for entry in check(Heard(utterances, COMPANY), ZH, Limits()) if entry.part == part)


def test_a_courteous_call_meets_everything() -> None:
    assert set(results(*GOOD).values()) == {MET}


def test_R2_an_opening_without_company_or_name_names_what_is_missing() -> None:
    assert finding("opening", agent(0, "您好，我姓王，请讲"), *GOOD[2:]).missing == ("company",)
    assert finding("opening", agent(0, "您好，湘味到家"), *GOOD[2:]).missing == ("name",)
    assert finding("opening", agent(0, "喂，哪位"), *GOOD[2:]).missing == ("company", "name")


def test_R2_company_and_name_given_too_late_are_no_opening() -> None:
    late = (agent(0, "喂"), agent(14, "我是湘味到家的客服小李"), *GOOD[2:])
    assert results(*late)["R2.opening"] is NOT_MET


def test_R2_the_opening_may_be_in_two_breaths() -> None:
    assert results(agent(0, "您好，湘味到家"), agent(4, "我是客服小李"), *GOOD[2:])["R2.opening"] is MET


@pytest.mark.parametrize(
    ("dropped", "part"),
    [("请", "C1.please"), ("您", "C1.polite_you"), ("再见", "C1.goodbye")],
)
def test_C1_each_of_the_three_musts_is_missed_by_itself(dropped: str, part: str) -> None:
    utterances = tuple(replace(entry, text=entry.text.replace(dropped, "")) for entry in GOOD)
    assert results(*utterances)[part] is NOT_MET
    assert results(*GOOD)[part] is MET


def test_C1_goodbye_at_the_beginning_is_no_goodbye_at_the_end() -> None:
    utterances = (agent(0.5, "您好，湘味到家，我是客服小李，再见"), agent(60, "请您等一下", span=9))
    assert results(*utterances)["C1.goodbye"] is NOT_MET


def test_C1_the_callers_please_is_not_the_agents() -> None:
    utterances = (agent(0, "喂，干什么", span=9), caller(10, "请问您贵姓，再见"))
    assert [results(*utterances)[part] for part in ("C1.please", "C1.polite_you", "C1.goodbye")] == [NOT_MET] * 3


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("有话快说", "curt"),
        ("不关我的事", "shirking"),
        ("谁让你不看说明", "blaming"),
        ("冇得办法", "shirking"),
    ],
)
def test_C2_a_forbidden_phrase_has_its_second(text: str, part: str) -> None:
    result = finding(part, *GOOD, agent(50, f"哎呀{text}"))
    assert result.result is NOT_MET
    (hit,) = [entry for entry in result.hits if entry.second >= 50]
    assert 50 < hit.second < 53


def test_C2_the_second_is_the_words_own_where_it_is_known() -> None:
    words = (Word(50.0, 50.4, "哎呀", 0.9), Word(52.5, 53.0, "有话快说", 0.9))
    result = finding("curt", *GOOD, replace(agent(50, "哎呀有话快说"), words=words))
    assert result.hits[0].second == 52.5


def test_C2_the_callers_words_raise_nothing() -> None:
    utterances = (*GOOD, caller(50, "有话快说，不关我的事，谁让你"))
    assert set(results(*utterances).values()) == {MET}


def test_C2_words_the_engine_was_not_sure_of_raise_nothing() -> None:
    assert results(*GOOD, agent(50, "不关我的事", span=1, sure=0.3))["C2.shirking"] is MET


def test_C2_after_a_transfer_each_agent_has_their_own() -> None:
    utterances = (*GOOD, agent(60, "不关我的事", number="1002"))
    result = [entry for entry in check(Heard(utterances, COMPANY, True), ZH, Limits()) if entry.part == "shirking"]
    assert [entry.agent for entry in result] == ["1002"]


def test_C3_a_complaint_without_an_apology_first() -> None:
    utterances = (GOOD[0], GOOD[1], agent(8, "订单号多少"), agent(40, "抱歉，请您稍等，再见"))
    assert results(*utterances)["C3.apology"] is NOT_MET


def test_C3_without_a_complaint_there_is_nothing_to_apologise_for() -> None:
    utterances = (GOOD[0], caller(4, "你们几点关门"), agent(8, "九点，请您记一下", span=5), agent(15, "再见"))
    assert results(*utterances)["C3.apology"] is UNKNOWN


@pytest.mark.parametrize(
    ("utterances", "reason"),
    [
        ((caller(1, "喂"),), "the agent is not heard"),
        ((agent(0, "喂", span=2),), "the agent is heard for 2 s only"),
        (tuple(replace(entry, confidence=0.3) for entry in GOOD), "the transcript is not sure enough"),
        ((), "the agent is not heard"),
    ],
)
def test_an_unclear_clause_is_not_assessable_with_a_reason(utterances: tuple[Utterance, ...], reason: str) -> None:
    result = check(Heard(utterances, COMPANY), ZH, Limits())
    assert {(entry.result, entry.reason) for entry in result} == {(UNKNOWN, reason)}
    assert {entry.clause for entry in result} == {"R2", "C1", "C2", "C3"}


def test_after_a_transfer_the_first_agent_owes_no_goodbye_but_an_opening() -> None:
    utterances = (agent(0, "喂", span=9), agent(30, "请您讲", number="1002"))
    outcomes = results(*utterances, transferred=True)
    assert (outcomes["R2.opening"], outcomes["C1.goodbye"]) == (NOT_MET, UNKNOWN)


def test_in_english_too() -> None:
    utterances = (
        agent(0, "Good morning, Xiangwei Home, this is Mary, how can I help?"),
        caller(5, "The sausages were rotten, I want my money back"),
        agent(9, "I am so sorry to hear that. Could you tell me the order number, please?"),
        agent(20, "All done. Thank you, goodbye."),
    )
    assert set(results(*utterances, words=EN).values()) == {MET}
    rude = (
        *utterances[:2],
        agent(9, "Well, that's not my problem, you should have read the label."),
        agent(20, "Bye."),
    )
    outcomes = results(*rude, words=EN)
    assert (outcomes["C2.shirking"], outcomes["C2.blaming"], outcomes["C3.apology"]) == (NOT_MET, NOT_MET, NOT_MET)


def test_flags_are_of_findings_only_one_per_clause_and_agent_and_the_same_again() -> None:
    assert (
        flags_of(check(Heard(GOOD, COMPANY), ZH, Limits()), CallId("c"), RecordingId("r"), ANSWERED, "v", "2026-11")
        == []
    )
    utterances = (*GOOD, agent(70, "不关我的事"), agent(75, "有话快说"))
    first, again = (
        flags_of(
            check(Heard(utterances, COMPANY), ZH, Limits()),
            CallId("c"),
            RecordingId("r"),
            ANSWERED,
            ZH.version,
            "2026-11",
        )
        for _ in "ab"
    )
    assert first == again
    (c1, c2) = first
    assert (c1.clause, c2.clause) == ("C1", "C2")
    facts = dict(c2.facts)
    assert [hit["phrase"] for hit in facts["hits"]] == ["不关我的事", "有话快说"]
    assert facts["word_list"] == ZH.version
    assert (c2.agent, c2.policy_version) == ("1001", "2026-11")
