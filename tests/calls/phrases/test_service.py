"""Tests the phrases of a centre, on both databases."""

from __future__ import annotations

import pytest

from callcenter.calls.phrases.errors import BadPhrases
from callcenter.calls.phrases.model import Phrase, standard_phrases
from callcenter.calls.phrases.service import Phrases
from callcenter.errors import Conflict
from callcenter.storage.database import Database
from tests.support.rooms import CHIEF, Rooms

OWN = [Phrase("查", {"zh-CN": "已查询订单。"}), Phrase("b2", {"zh-CN": "已登记。", "en": "Noted."})]


async def test_a_new_centre_has_phrases_in_both_languages_and_replaces_them(database: Database) -> None:
    phrases = Phrases(database, Rooms(database).audit)
    assert await phrases.all() == standard_phrases()
    assert all(phrase.texts.keys() == {"zh-CN", "en"} for phrase in standard_phrases())
    await phrases.replace(OWN, CHIEF, lambda _: None)
    assert await phrases.all() == OWN
    await phrases.replace([], CHIEF, lambda _: None)
    assert await phrases.all() == standard_phrases()


async def test_an_edit_of_a_version_that_was_not_seen_changes_nothing(database: Database) -> None:
    phrases = Phrases(database, Rooms(database).audit)

    def refuse(_: object) -> None:
        raise Conflict("changed")

    with pytest.raises(Conflict):
        await phrases.replace(OWN, CHIEF, refuse)
    assert await phrases.all() == standard_phrases()


@pytest.mark.parametrize(
    "phrases",
    [
        [Phrase("a", {"en": "x"}), Phrase("a", {"en": "y"})],
        [Phrase("a b", {"en": "x"})],
        [Phrase("", {"en": "x"})],
        [Phrase("a", {})],
        [Phrase("a", {"en": " "})],
    ],
)
async def test_phrases_that_cannot_be_typed_or_say_nothing_are_refused(
    database: Database, phrases: list[Phrase]
) -> None:
    with pytest.raises(BadPhrases):
        await Phrases(database, Rooms(database).audit).replace(phrases, CHIEF, lambda _: None)
