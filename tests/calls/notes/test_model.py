"""Tests when a call record is complete and which trees of reasons are valid."""

from __future__ import annotations

from dataclasses import replace

import pytest

from callcenter.calls.notes.errors import BadReasonTree, NoteIncomplete, UnknownReason
from callcenter.calls.notes.model import Note, NoteState, Question, Reason, check_note, check_tree, missing_in, path_of

GOODS = Reason("goods", {"zh-CN": "商品"})
DAMAGED = Reason("goods_damaged", {"zh-CN": "破损"}, "goods")
OLD = Reason("goods_old", {"zh-CN": "旧"}, "goods_damaged", active=False)
TREE = {reason.code: reason for reason in (GOODS, DAMAGED, OLD)}
WHOLE = Note("goods_damaged", progress="已答复", state=NoteState.DONE)


def test_W1_a_record_is_done_with_the_most_precise_reason_and_how_far_it_got() -> None:
    check_note(WHOLE, TREE, [])
    for note, missing in (
        (replace(WHOLE, reason=None), "reason"),
        (replace(WHOLE, reason="goods"), "reason"),
        (replace(WHOLE, progress=" "), "progress"),
    ):
        assert missing_in(note, TREE) == [missing]
        with pytest.raises(NoteIncomplete):
            check_note(note, TREE, [])
        check_note(replace(note, state=NoteState.DRAFT), TREE, [])


def test_W1_without_a_tree_the_reason_is_given_in_words() -> None:
    assert missing_in(replace(WHOLE, reason=None, reason_text="问发货时间"), {}) == []


def test_W2_a_question_is_read_back_before_a_record_is_done() -> None:
    asked = replace(WHOLE, questions=(Question("什么时候发货", checked=False),))
    with pytest.raises(NoteIncomplete):
        check_note(asked, TREE, [])
    check_note(replace(asked, questions=(Question("什么时候发货", checked=True),)), TREE, [])


@pytest.mark.parametrize("note", [replace(WHOLE, reason="nothing"), replace(WHOLE, department="nowhere")])
def test_a_draft_names_only_reasons_and_departments_that_exist(note: Note) -> None:
    with pytest.raises(UnknownReason):
        check_note(replace(note, state=NoteState.DRAFT), TREE, ["sales"])


@pytest.mark.parametrize(
    "tree",
    [
        [GOODS, GOODS],
        [DAMAGED],
        [replace(GOODS, parent="goods")],
        [replace(GOODS, parent="goods_damaged"), DAMAGED],
        [replace(GOODS, code="Goods!")],
        [replace(GOODS, names={})],
        [Reason(f"r{n}", {"en": "x"}, f"r{n - 1}" if n else None) for n in range(7)],
        [Reason(f"r{n}", {"en": "x"}) for n in range(501)],
    ],
)
def test_a_tree_with_a_fault_is_refused(tree: list[Reason]) -> None:
    with pytest.raises(BadReasonTree):
        check_tree(tree)


def test_a_tree_of_three_levels_is_valid_and_gives_the_path_of_a_reason() -> None:
    check_tree(list(TREE.values()))
    assert [reason.code for reason in path_of("goods_old", TREE)] == ["goods", "goods_damaged", "goods_old"]
    assert path_of("gone", TREE) == []
