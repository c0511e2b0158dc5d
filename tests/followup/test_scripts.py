"""Tests the follow-up script: what the agent sees, where answers lead, and what they add up to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.facts import ReturnCallId
from callcenter.followup.conversations.model import (
    AnswersMissing,
    BadAnswer,
    ScriptContext,
    Session,
    answer,
    begin,
    filled,
)
from callcenter.followup.evaluations.model import evaluate
from callcenter.followup.scripts.model import (
    BadScript,
    Script,
    StepNotReached,
    default_source,
    look_through,
    read_script,
    values_of,
)

AT = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
SCRIPT = read_script(default_source())
CONTEXT = ScriptContext("湘味到家", "客户服务中心", "陈", "1001", "TS20261124-0001", "4008001234", "刘女士")


Turn = tuple[str, dict[str, str | int]]


def talk(*turns: Turn, script: Script = SCRIPT, context: ScriptContext = CONTEXT) -> Session:
    session = begin(script, 1, ReturnCallId("item1"), context)
    for step, answers in turns:
        session = answer(script, session, step, answers)
    return session


YES: Turn = ("introduction", {"convenient": "yes"})
FOUR: Turn = ("experience", {"unsatisfactory": "汤汁漏了", "satisfaction": 4})
SOLVED: Turn = ("suggestions", {"solved": "yes"})
UNSOLVED: Turn = ("suggestions", {"solved": "no", "unclear": "什么时候退款?"})
PROBLEM: Turn = ("problem", {"problem": "还没有收到退款"})
HOTLINE: Turn = ("hotline", {})
GOODBYE: Turn = ("goodbye", {"notes": "很客气"})


def text_of(language: str, key: str, context: ScriptContext = CONTEXT) -> str:
    return filled(SCRIPT.step(key).say[language], context)


def test_F2_the_default_script_has_the_six_steps_in_order() -> None:
    assert [step.key for step in SCRIPT.steps] == [
        "introduction",
        "experience",
        "suggestions",
        "problem",
        "hotline",
        "goodbye",
    ]
    assert SCRIPT.languages == ("zh-CN", "en")


def test_F2_the_first_step_names_company_centre_and_surname() -> None:
    for part in ("湘味到家", "客户服务中心", "我姓陈", "TS20261124-0001"):
        assert part in text_of("zh-CN", "introduction")


def test_F2_a_problem_is_apologised_for_and_the_hotline_is_given() -> None:
    assert "抱歉" in text_of("zh-CN", "problem")
    assert "sorry" in text_of("en", "problem")
    assert "4008001234" in text_of("zh-CN", "hotline")


def test_C1_the_default_script_has_please_the_polite_you_and_goodbye() -> None:
    spoken = "".join(
        [step.say["zh-CN"] for step in SCRIPT.steps]
        + [question.text["zh-CN"] for step in SCRIPT.steps for question in step.questions]
    )
    assert "请" in spoken
    assert "你" not in spoken.replace("您", "")
    assert "再见" in SCRIPT.steps[-1].say["zh-CN"]


def test_a_satisfied_customer_is_not_asked_for_a_problem() -> None:
    session = talk(YES, FOUR, SOLVED, HOTLINE, GOODBYE)
    assert session.path == ("introduction", "experience", "suggestions", "hotline", "goodbye")
    assert session.step == ""
    evaluation = evaluate(SCRIPT, session, "e1", AT)
    assert (evaluation.satisfaction, evaluation.solved, evaluation.problem, evaluation.reopens) == (4, True, "", False)
    assert (evaluation.complete, evaluation.opt_out, evaluation.notes) == (True, False, "很客气")
    assert [entry.answer for entry in evaluation.answers] == ["是", "汤汁漏了", "4", "是", "很客气"]


def test_F2_a_problem_in_step_four_reopens_the_case() -> None:
    evaluation = evaluate(SCRIPT, talk(YES, FOUR, UNSOLVED, PROBLEM, HOTLINE, GOODBYE), "e1", AT)
    assert (evaluation.solved, evaluation.problem, evaluation.reopens) == (False, "还没有收到退款", True)


def test_who_has_no_time_is_only_thanked() -> None:
    session = talk(("introduction", {"convenient": "no"}))
    assert session.step == "goodbye"
    assert evaluate(SCRIPT, talk(("introduction", {"convenient": "no"}), GOODBYE), "e1", AT).satisfaction is None


def test_missing_answers_are_reported_and_keep_the_conversation_at_its_step() -> None:
    session = talk(YES, ("experience", {"unsatisfactory": "没有"}))
    assert (session.step, session.missing) == ("experience", ("satisfaction",))
    with pytest.raises(AnswersMissing) as refused:
        evaluate(SCRIPT, session, "e1", AT)
    assert refused.value.facts == {"step": "experience", "question": "satisfaction"}


def test_answers_before_the_customer_hung_up_count() -> None:
    evaluation = evaluate(SCRIPT, talk(YES, FOUR), "e1", AT, broken_off=True)
    assert (evaluation.satisfaction, evaluation.solved, evaluation.complete) == (4, None, False)


def test_a_corrected_answer_changes_the_path_and_answers_off_the_path_do_not_count() -> None:
    session = talk(YES, FOUR, UNSOLVED, PROBLEM, HOTLINE, GOODBYE, SOLVED)
    assert "problem" not in session.path
    evaluation = evaluate(SCRIPT, session, "e1", AT)
    assert (evaluation.problem, evaluation.reopens) == ("", False)
    again = answer(SCRIPT, session, "suggestions", UNSOLVED[1])
    assert evaluate(SCRIPT, again, "e1", AT).problem == "还没有收到退款"


@pytest.mark.parametrize(
    ("step", "answers", "code"),
    [
        ("goodbye", {}, "step_not_reached"),
        ("nothing", {}, "step_not_reached"),
        ("introduction", {"convenient": "perhaps"}, "bad_answer"),
        ("introduction", {"satisfaction": 3}, "bad_answer"),
        ("introduction", {"convenient": "yes" * 2000}, "bad_answer"),
    ],
)
def test_a_wrong_answer_is_refused_by_step_and_question(step: str, answers: dict[str, Any], code: str) -> None:
    with pytest.raises((BadAnswer, StepNotReached)) as refused:
        talk((step, answers))
    assert refused.value.code == code
    assert refused.value.facts["step"] == step


@pytest.mark.parametrize("stars", [0, 6, -1, "five", 4.5])
def test_satisfaction_is_one_to_five(stars: Any) -> None:
    with pytest.raises(BadAnswer):
        talk(YES, ("experience", {"satisfaction": stars}))


def test_a_customers_name_in_braces_is_only_a_name() -> None:
    context = ScriptContext(customer="{hotline}{company.__class__}", hotline="4008001234")
    assert "{hotline}{company.__class__}" in text_of("zh-CN", "introduction", context)


def test_without_a_case_or_a_name_the_sentence_is_still_one() -> None:
    for language in ("zh-CN", "en"):
        text = text_of(language, "introduction", ScriptContext("湘味到家", "中心", "陈", language=language))
        assert "{" not in text
        assert "()" not in text
        assert "None" not in text


def changed(old: str, new: str) -> str:
    source = default_source()
    assert old in source
    return source.replace(old, new, 1)


@pytest.mark.parametrize(
    ("source", "step", "field"),
    [
        ("name = [", "", ""),
        (changed('kind = "satisfaction"', 'kind = "stars"'), "experience", "questions.1.kind"),
        (changed('go = "goodbye"', 'go = "introduction"'), "introduction", "branches.0.go"),
        (changed('go = "hotline"', 'go = "nowhere"'), "suggestions", "branches.0.go"),
        (changed("{hotline}", "{telephone}"), "hotline", "say.zh-CN"),
        (changed('is = ["no"]', 'is = ["never"]'), "introduction", "branches.0.is"),
        (changed('question = "solved"', 'question = "unclear"'), "suggestions", "branches.0.question"),
        (changed('key = "hotline"', 'key = "problem"'), "problem", "key"),
        (changed('means = "problem"', 'means = "solved"'), "problem", "questions.0.means"),
        (changed('languages = ["zh-CN", "en"]', 'languages = ["zh-CN", "en", "fr"]'), "", "languages"),
        (changed('en = "1. Introduce yourself"', 'en = " "'), "introduction", "title.en"),
        (changed('key = "convenient"\nkind = "yes_no"', 'key = "convenient"\nkind = "choice"'), "introduction", ""),
    ],
)
def test_what_is_wrong_with_a_script_names_the_step_and_the_field(source: str, step: str, field: str) -> None:
    _, problems = look_through(source)
    assert any(problem.part == step and problem.where.startswith(field) for problem in problems), problems
    with pytest.raises(BadScript):
        read_script(source)


def test_a_script_that_is_too_long_or_too_deep_is_refused_at_once() -> None:
    for source in ("x" * 70_000, "a = " + "[" * 30_000, "\0"):
        with pytest.raises(BadScript):
            read_script(source)


answers_of = {
    step.key: st.fixed_dictionaries(
        {},
        optional={
            entry.key: st.sampled_from(values_of(entry)) if values_of(entry) else st.text(max_size=20)
            for entry in step.questions
        },
    )
    for step in SCRIPT.steps
}
turns = st.lists(
    st.sampled_from(sorted(answers_of)).flatmap(lambda key: st.tuples(st.just(key), answers_of[key])), max_size=25
)


@given(turns)
def test_any_conversation_stays_on_its_path_and_can_be_taken_up_again(turns: list[tuple[str, dict[str, Any]]]) -> None:
    session = begin(SCRIPT, 1, ReturnCallId("item1"), CONTEXT)
    for step, answers in turns:
        if step not in session.path:
            with pytest.raises(StepNotReached):
                answer(SCRIPT, session, step, answers)
            continue
        session = answer(SCRIPT, session, step, answers)
        # The order of the steps is kept, the last one is the current one, and nothing required was skipped.
        places = [[entry.key for entry in SCRIPT.steps].index(key) for key in session.path]
        assert places == sorted(set(places))
        assert session.step in ("", session.path[-1])
        for gone in session.path[: -1 if session.step else None]:
            required = {question.key for question in SCRIPT.step(gone).questions if question.required}
            assert required <= set(session.answers[gone])
        # Writing the same again changes nothing, and the answers alone are enough to take it up.
        assert answer(SCRIPT, session, step, session.answers[step]) == session
        resumed = begin(SCRIPT, 1, ReturnCallId("item1"), CONTEXT)
        for key in session.path:
            if key in session.answers:
                resumed = answer(SCRIPT, resumed, key, session.answers[key])
        assert (resumed.step, resumed.missing, resumed.path) == (session.step, session.missing, session.path)
    evaluation = evaluate(SCRIPT, session, "e1", AT, broken_off=True)
    assert evaluation.complete == (session.step == "")
    assert evaluation.reopens == ("problem" in session.path and "problem" in session.answers)
