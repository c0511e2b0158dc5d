"""Names in the packages, the tests and the benchmarks keep to the words of docs/architecture.md."""

from __future__ import annotations

import pytest

from tests.docs.test_words import ALLOWED, ROOT, modules, named, names, names_of, vague


def test_no_name_uses_a_word_that_has_a_better_one() -> None:
    assert named() - ALLOWED.keys() == set()


def test_every_exception_is_still_needed() -> None:
    assert ALLOWED.keys() - named() == set()


def test_nothing_in_a_function_is_named_for_what_was_done_to_it() -> None:
    used = {str(path.relative_to(ROOT)): vague(names_of(path)) for path in modules()}
    assert {path: words for path, words in used.items() if words} == {}


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n made = 1",
        "def f(kept): ...",
        "def f():\n [0 for shown in a]",
        "async def made(): ...",
        "def f():\n async def kept(): ...",
        "class A:\n def f(self):\n  shown = 1",
    ],
)
def test_each_vague_name_is_noticed(source: str) -> None:
    assert vague(names(source))


@pytest.mark.parametrize("source", ["class A:\n kept: int = 1", "class A:\n def shown(self): ...", "made = 1"])
def test_fields_and_methods_are_words_of_an_interface(source: str) -> None:
    assert not vague(names(source))
