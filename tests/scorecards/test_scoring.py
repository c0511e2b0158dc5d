"""Tests the score of a scorecard's answers (S2): weights, what does not apply, automatic fails."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.scorecards.forms.model import BadForm, ScoreForm, default_source, look_through, read_form
from callcenter.scorecards.scoring import (
    Answer,
    BadScoreAnswer,
    FlagSeen,
    ScoreIncomplete,
    checked,
    hints,
    missing,
    must_be_complete,
    possible,
    score,
)

FORM = read_form(default_source())


def forms() -> st.SearchStrategy[ScoreForm]:
    def item(draw: st.DrawFn, key: str) -> dict[str, object]:
        scale, fails = draw(st.booleans()), draw(st.booleans())
        return {
            "key": key,
            "clause": "C1",
            "text": {"en": key},
            "kind": "scale" if scale else "yes_no",
            "top": draw(st.integers(1, 10)) if scale else 1,
            "weight": draw(st.integers(1, 50)),
            "automatic_fail": fails and not scale,
        }

    @st.composite
    def form(draw: st.DrawFn) -> ScoreForm:
        sections = [
            {
                "key": f"s{number}",
                "title": {"en": "s"},
                "weight": draw(st.integers(1, 50)),
                "items": [item(draw, f"i{number}_{place}") for place in range(draw(st.integers(1, 4)))],
            }
            for number in range(draw(st.integers(1, 4)))
        ]
        on_fail = draw(st.sampled_from(["zero", "fails"]))
        shape = {"name": "f", "title": {"en": "f"}, "languages": ["en"], "sections": sections, "on_fail": on_fail}
        return ScoreForm.model_validate(shape)

    return form()


@st.composite
def graded(draw: st.DrawFn) -> tuple[ScoreForm, dict[str, Answer]]:
    form = draw(forms())
    answers = {}
    for item in form.items:
        word = draw(st.sampled_from(possible(item)))
        answers[item.key] = Answer(int(word) if word.isdigit() else word)
    return form, answers


@given(graded())
def test_a_score_is_between_0_and_100_or_nothing_applied(case: tuple[ScoreForm, dict[str, Answer]]) -> None:
    form, answers = case
    result = score(form, answers)
    applies = [answer for answer in answers.values() if answer.value != "na"]
    assert (result.earned is None) == (not applies)
    for total in (result.total, result.earned):
        assert total is None or 0 <= total <= 100
    if set(result.items.values()) == {1.0}:
        assert (result.total, result.passed) == (100, True)


@given(graded())
def test_an_automatic_fail_dominates_whatever_else_was_answered(case: tuple[ScoreForm, dict[str, Answer]]) -> None:
    form, answers = case
    result = score(form, answers)
    broken = [entry.key for entry in form.items if entry.automatic_fail and answers[entry.key].value == "no"]
    assert list(result.failed) == broken
    if broken:
        assert result.passed is False
        assert result.total == (0 if form.on_fail == "zero" else result.earned)


@given(graded(), st.data())
def test_what_does_not_apply_weighs_nothing(case: tuple[ScoreForm, dict[str, Answer]], data: st.DataObject) -> None:
    form, answers = case
    gone = data.draw(st.sampled_from(form.items))
    left = {**answers, gone.key: Answer("na")}
    without = {key: entry for key, entry in left.items() if key != gone.key}
    assert score(form, left) == score(form, without)


@given(graded(), st.data())
def test_a_better_answer_never_lowers_the_score(case: tuple[ScoreForm, dict[str, Answer]], data: st.DataObject) -> None:
    form, answers = case
    item = data.draw(st.sampled_from(form.items))
    if answers[item.key].value == "na":
        return
    better = {**answers, item.key: Answer("yes" if item.kind == "yes_no" else item.top)}
    before, after = score(form, answers), score(form, better)
    assert before.total is not None
    assert after.total is not None
    assert after.total >= before.total


def test_weights_are_relative_in_the_section_and_sections_in_the_card() -> None:
    source = """
name = "small"
title = { en = "Small" }
languages = ["en"]
[[sections]]
key = "a"
title = { en = "A" }
weight = 3
items = [
  { key = "a1", clause = "R2", text = { en = "a1" }, weight = 2 },
  { key = "a2", clause = "R2", text = { en = "a2" }, weight = 1, kind = "scale", top = 4 },
]
[[sections]]
key = "b"
title = { en = "B" }
weight = 1
items = [{ key = "b1", clause = "C1", text = { en = "b1" } }]
"""
    form = read_form(source)
    answers = {"a1": Answer("yes"), "a2": Answer(1), "b1": Answer("no")}
    # Section A: (2*1 + 1*0.25) / 3 = 0.75; the card: (3*0.75 + 1*0) / 4.
    assert score(form, answers).total == 56.25
    assert score(form, answers).sections == {"a": 0.75, "b": 0.0}
    # B does not apply: its weight goes to A.
    assert score(form, {**answers, "b1": Answer("na")}).total == 75.0


def test_C1_C2_C3_R2_R5_R9_R10_the_default_form_covers_these_in_two_languages() -> None:
    assert {"C1", "C2", "C3", "R2", "R5", "R9", "R10"} <= {item.clause for item in FORM.items}
    assert look_through(default_source())[1] == []
    assert all(set(item.text) == set(item.guidance) == {"zh-CN", "en"} for item in FORM.items)
    full = {item.key: Answer("yes" if item.kind == "yes_no" else item.top) for item in FORM.items}
    assert score(FORM, full).total == 100
    rude = score(FORM, {**full, "not_rude": Answer("no", "“不关我的事”", 31.5)})
    assert (rude.total, rude.passed, rude.failed) == (0, False, ("not_rude",))
    assert rude.earned is not None
    assert rude.earned > 80


def test_a_low_mark_needs_a_comment_and_every_item_an_answer() -> None:
    full = {item.key: Answer("yes" if item.kind == "yes_no" else item.top) for item in FORM.items}
    must_be_complete(FORM, full)
    low = {**full, "goodbye": Answer("no"), "please_and_you": Answer(1)}
    assert missing(FORM, low).comments == ("please_and_you", "goodbye")
    with pytest.raises(ScoreIncomplete):
        must_be_complete(FORM, low)
    must_be_complete(FORM, {**full, "goodbye": Answer("no", "直接挂机"), "please_and_you": Answer(1, "很少说请")})
    assert missing(FORM, {key: entry for key, entry in full.items() if key != "calm"}).answers == ("calm",)


@pytest.mark.parametrize(
    ("item", "value"), [("goodbye", 1), ("please_and_you", 5), ("please_and_you", "yes"), ("not_rude", "na"), ("no", 1)]
)
def test_an_answer_that_an_item_does_not_take_is_refused(item: str, value: str | int) -> None:
    with pytest.raises(BadScoreAnswer):
        checked(FORM, {item: Answer(value)})


def test_flags_suggest_and_annulled_ones_do_not() -> None:
    facts = {"parts": ["goodbye"], "seconds": [70.5, 88.0], "recording": "r1"}
    result = hints(FORM, [FlagSeen("f1", "C1", "raised", facts), FlagSeen("f2", "C2", "annulled", {})])
    assert [(entry.item, entry.value, entry.second, entry.recording) for entry in result] == [
        ("goodbye", "no", 70.5, "r1")
    ]
    assert [hint.item for hint in hints(FORM, [FlagSeen("f3", "R5", "confirmed", {})])] == ["caller_hangs_up_first"]


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ('key = "goodbye"\nclause = "C1"', "key"),
        ('automatic_fail = true\nkind = "scale"\ntop = 2\nkey = "x"\nclause = "C1"', "automatic_fail"),
        ('key = "x"\nclause = "C1"\nweight = 0', "weight"),
        ('key = "x"\nclause = "courtesy"', "clause"),
    ],
)
def test_a_form_that_cannot_be_published_names_the_place(wrong: str, where: str) -> None:
    source = default_source() + f'\n[[sections.items]]\n{wrong}\ntext = {{ zh-CN = "一", en = "one" }}\n'
    if where == "key":
        source = source.replace('key = "goodbye"\nclause = "C1"\ntext', 'key = "calm"\nclause = "C1"\ntext')
    with pytest.raises(BadForm) as refused:
        read_form(source)
    assert str(refused.value.facts["where"]).endswith(where)
