"""Tests full-text search on a real SQLite and a real PostgreSQL; every case runs on both."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callcenter.storage import fulltext
from callcenter.storage.database import Database
from callcenter.storage.tokenizer import query_of
from tests.support.profiles import examples

KINDS = ("case", "transcript")


async def put(database: Database, **texts: str) -> None:
    async with database.write() as session:
        for ref, body in texts.items():
            await fulltext.put(session, "case", ref, body)


async def refs(database: Database, words: str, kinds: tuple[str, ...] = KINDS, limit: int = 50) -> list[str]:
    async with database.read() as session:
        return [hit.ref for hit in (await fulltext.find(session, query_of(words), kinds, limit)).items]


async def test_chinese_and_english_are_found_by_any_part_and_by_all_words_together(database: Database) -> None:
    await put(database, a="薯片受潮，要求退款", b="薯片很好吃 Refund wanted", c="受了潮的薯片 TS20261124-0001")
    assert await refs(database, "薯片") == ["c", "b", "a"]
    assert await refs(database, "片") == ["c", "b", "a"]
    assert await refs(database, "潮") == ["c", "a"]
    assert await refs(database, "薯片 退款") == ["a"]
    assert await refs(database, "受潮") == ["a"]
    assert await refs(database, "refu 好吃") == ["b"]
    assert await refs(database, "ts20261124-0001") == ["c"]
    assert await refs(database, "efund") == []


async def test_neighbours_that_stand_apart_are_not_the_word(database: Database) -> None:
    await put(database, a="香辣鸭脖", b="香辣，辣鸭，鸭脖")
    assert await refs(database, "香辣鸭脖") == ["a"]


async def test_a_change_is_found_by_its_new_words_only_and_keeps_its_place(database: Database) -> None:
    await put(database, a="漏气的酱板鸭", b="漏气")
    await put(database, a="发霉的酱板鸭")
    assert await refs(database, "漏气") == ["b"]
    assert await refs(database, "发霉") == ["a"]
    await put(database, a="漏气又发霉")
    assert await refs(database, "漏气") == ["b", "a"]


async def test_what_is_removed_is_found_no_more(database: Database) -> None:
    await put(database, a="漏气", b="漏气")
    async with database.write() as session:
        await fulltext.remove(session, "case", ["a", "never"])
    assert await refs(database, "漏气") == ["b"]
    await put(database, a="漏气")
    assert await refs(database, "漏气") == ["a", "b"]


async def test_what_was_not_committed_is_not_found(database: Database) -> None:
    async def broken() -> None:
        async with database.write() as session:
            await fulltext.put(session, "case", "a", "漏气")
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        await broken()
    assert await refs(database, "漏气") == []


async def test_kinds_are_kept_apart(database: Database) -> None:
    async with database.write() as session:
        await fulltext.put(session, "case", "one", "漏气")
        await fulltext.put(session, "transcript", "one", "漏气")
    assert await refs(database, "漏气") == ["one", "one"]
    assert await refs(database, "漏气", ("transcript",)) == ["one"]
    assert await refs(database, "漏气", ()) == []


async def test_rare_characters_of_names_are_found(database: Database) -> None:
    await put(database, a="王𬭚女士", b="王鿔先生", c="王x02cb5a")
    assert await refs(database, "𬭚") == ["a"]
    assert await refs(database, "王𬭚") == ["a"]
    assert await refs(database, "王鿔先") == ["b"]


@pytest.mark.parametrize(
    "words", ["' OR 1=1 --", '"', "a'b", "\\", "薯:*", "薯 & 片 | !", "NEAR(薯 片)", "{words}:薯", "*"]
)
async def test_a_query_is_words_and_never_a_language(database: Database, words: str) -> None:
    await put(database, a="片 or words near 薯")
    assert isinstance(await refs(database, words), list)


async def test_pages_meet_also_when_most_candidates_are_not_the_word(database: Database) -> None:
    texts = {f"n{number}": "香辣，辣鸭，鸭脖" if number % 10 else "香辣鸭脖" for number in range(300)}
    await put(database, **texts)
    conditions = [ref for ref in reversed(texts) if texts[ref] == "香辣鸭脖"]
    seen: list[str] = []
    before: int | None = None
    while True:
        async with database.read() as session:
            page = await fulltext.find(session, query_of("香辣鸭脖"), KINDS, 7, before)
        seen += [hit.ref for hit in page.items]
        before = page.next
        if before is None:
            break
    assert seen == conditions


async def test_a_rare_word_is_found_behind_many_newer_texts(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fulltext.queries, "NEWEST", (100, 1_000))
    await put(database, old="一只蟑螂")
    await put(database, **{f"n{number}": f"普通投诉{number}" for number in range(1_500)})
    assert await refs(database, "蟑螂") == ["old"]
    assert len(await refs(database, "普通投诉", limit=500)) == 500


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.text(alphabet="薯片受潮ab1 ，", min_size=1, max_size=12), max_size=5),
    st.text("薯片受潮ab1", min_size=1, max_size=4),
)
async def test_both_databases_find_what_plain_looking_finds(database: Database, texts: list[str], words: str) -> None:
    async with database.write() as session:
        for number in range(5):
            await fulltext.remove(session, "case", [f"t{number}"])
    await put(database, **{f"t{number}": text for number, text in enumerate(texts)})
    result = set(await refs(database, words))
    holding = {f"t{number}" for number, text in enumerate(texts) if words in text}
    assert result <= holding
    if "\u2e80" <= words[0]:
        assert result == holding
