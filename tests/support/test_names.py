"""Tests that names in the packages, the tests and the benchmarks use the words of docs/architecture.md."""

from __future__ import annotations

from tests.docs.test_words import ALLOWED, named


def test_no_name_uses_a_word_that_has_a_better_one() -> None:
    assert named() - ALLOWED.keys() == set()


def test_every_exception_is_still_needed() -> None:
    assert ALLOWED.keys() - named() == set()
