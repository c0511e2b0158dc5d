"""Tests how texts are tokenised so that Chinese is found, the same on both databases."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from callcenter.storage.tokenizer import MOST_PIECES, Piece, around, folded, pieces_of, place_in, query_of

TEXTS = st.text(alphabet=st.sampled_from("薯片受潮𬭚ＡbÇ1 ，-_%'\"\\&|:*\0\nこ한ß"), max_size=40)


def test_chinese_is_found_by_neighbours_and_by_single_characters() -> None:
    assert pieces_of("薯片受潮") == ["薯片", "片受", "受潮", "潮"]
    assert query_of("薯片受").pieces == (Piece("薯片"), Piece("片受"))
    assert query_of("片").pieces == (Piece("片", begins=True),)


def test_words_with_spaces_are_found_by_their_beginning_whatever_their_case_and_width() -> None:
    assert pieces_of("Order Ａ1001, Xiāng") == ["order", "a1001", "xiāng"]
    assert query_of("ORDER a10").pieces == (Piece("order", begins=True), Piece("a10", begins=True))


def test_what_is_no_letter_and_no_digit_asks_for_nothing() -> None:
    for text in ("", "  ", "%%", "' -- ;", "***", "\0"):
        assert query_of(text).pieces == ()


def test_a_match_is_shown_with_its_context() -> None:
    text = "客户说" + "很" * 50 + "昨天买的薯片受潮了\n要求" + "退" * 50
    cells = around(text, query_of("薯片"))
    assert "薯片受潮了 要求" in cells
    assert cells.startswith("…")
    assert cells.endswith("…")
    assert len(cells) < 80


@given(TEXTS)
def test_folding_keeps_every_place(text: str) -> None:
    assert len(folded(text)) == len(text)
    assert folded(folded(text)) == folded(text)


@given(TEXTS, st.integers(0, 39), st.integers(1, 6))
def test_any_word_of_a_text_is_found_by_its_beginning(text: str, start: int, length: int) -> None:
    """Soundness of the cut: a piece of the query is a piece of the text, or begins one."""
    plain, start = folded(text), min(start, len(text))
    part = plain[start : start + length]
    before = plain[start - 1] if start else " "
    dense = bool(part) and ("\u2e80" <= part[0] <= "\u9fff" or ord(part[0]) > 0xFFFF)
    if not part.strip() or (before.isalnum() and not dense):
        return
    pieces = pieces_of(text)
    for piece in query_of(part).pieces:
        assert any(entry.startswith(piece.text) if piece.begins else entry == piece.text for entry in pieces), part
    assert place_in(text, query_of(part.split()[0])) is not None


def test_a_text_of_nonsense_is_cut_short() -> None:
    nonsense = " ".join(str(number) for number in range(MOST_PIECES + 100))
    assert len(pieces_of(nonsense)) == MOST_PIECES
