"""Tests saved filters of lists: one's own and shared ones, with parameters that the list takes, on both databases."""

from __future__ import annotations

from typing import Any

import pytest

from callcenter.errors import Conflict
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.roles import Person, Role
from callcenter.web.routes import PageQuery
from callcenter.web.saved_filters.errors import (
    BadSavedFilter,
    FilterNotShared,
    SavedFilterTaken,
    TooManySavedFilters,
    UnknownSavedFilter,
)
from callcenter.web.saved_filters.service import MOST, Draft, SavedFilter, SavedFilters
from tests.support.rooms import BOSS, CHIEF, SetClock, person

LILEI, HANMEI = person("1001"), person("1002")
MANAGER = Person("p3", "manager", "经理", frozenset({Role.MANAGER}))


class CallQuery(PageQuery):
    line: str | None = None
    late: bool | None = None


def read(pairs: Any) -> CallQuery:
    return CallQuery.model_validate({name: values[0] for name, values in pairs.items()})


@pytest.fixture
def filters(database: Database) -> SavedFilters:
    clock = SetClock()
    return SavedFilters(database, clock, Audit(database, clock), {"calls": read})


def draft(name: str = "late sales", *shared: Role, **query: str) -> Draft:
    return Draft("calls", name, query or {"line": "sales", "late": "true"}, shared)


def unchanged(_: SavedFilter) -> None:
    return None


async def test_a_person_has_the_own_filters_and_nobody_elses(filters: SavedFilters) -> None:
    saved = await filters.save(draft(" late sales "), LILEI)
    assert (saved.draft.name, saved.draft.query) == ("late sales", {"line": "sales", "late": "true"})
    assert [each.id for each in await filters.of(LILEI, "calls")] == [saved.id]
    assert await filters.of(LILEI, "cases") == []
    assert await filters.of(HANMEI) == await filters.of(BOSS) == []
    for other in (HANMEI, BOSS, MANAGER):
        with pytest.raises(UnknownSavedFilter):
            await filters.shown(saved.id, other)
        with pytest.raises(UnknownSavedFilter):
            await filters.change(saved.id, draft(), other, unchanged)
        with pytest.raises(UnknownSavedFilter):
            await filters.drop(saved.id, other)
    await filters.drop(saved.id, LILEI)
    assert await filters.of(LILEI) == []


async def test_leaders_share_with_roles_and_managers_tidy_up(filters: SavedFilters) -> None:
    with pytest.raises(FilterNotShared):
        await filters.save(draft("mine", Role.AGENT), LILEI)
    saved = await filters.save(draft("ours", Role.AGENT, Role.AGENT), BOSS)
    assert saved.draft.shared_with == (Role.AGENT,)
    assert [each.id for each in await filters.of(LILEI)] == [saved.id]
    assert await filters.of(CHIEF) == []
    with pytest.raises(UnknownSavedFilter):
        await filters.change(saved.id, draft("theirs"), LILEI, unchanged)
    await filters.change(saved.id, draft("ours", Role.MANAGER), BOSS, unchanged)
    assert await filters.of(LILEI) == []
    await filters.drop(saved.id, MANAGER)
    assert await filters.of(BOSS) == []


async def test_a_change_keeps_the_id_and_is_checked_against_what_was_read(filters: SavedFilters) -> None:
    saved = await filters.save(draft("one"), LILEI)
    await filters.save(draft("two"), LILEI)
    changed = await filters.change(saved.id, draft("three", late="false"), LILEI, unchanged)
    assert (changed.id, changed.draft.query) == (saved.id, {"late": "false"})
    with pytest.raises(SavedFilterTaken):
        await filters.change(saved.id, draft("two"), LILEI, unchanged)

    def stale(current: SavedFilter) -> None:
        assert current.draft.name == "three"
        raise Conflict("changed meanwhile")

    with pytest.raises(Conflict):
        await filters.change(saved.id, draft("four"), LILEI, stale)
    assert [each.draft.name for each in await filters.of(LILEI)] == ["three", "two"]


@pytest.mark.parametrize(
    ("wrong", "parameter"),
    [
        (draft(nonsense="1"), "nonsense"),
        (draft(late="perhaps"), "late"),
        (draft(cursor="abc"), "cursor"),
        (draft(limit="500"), "limit"),
        (Draft("nowhere", "x", {}), "list"),
    ],
)
async def test_what_the_list_does_not_take_is_refused(filters: SavedFilters, wrong: Draft, parameter: str) -> None:
    with pytest.raises(BadSavedFilter) as refused:
        await filters.save(wrong, LILEI)
    assert refused.value.facts["parameter"] == parameter
    assert await filters.of(LILEI) == []


async def test_names_are_unique_and_filters_bounded(filters: SavedFilters) -> None:
    await filters.save(draft("0"), LILEI)
    with pytest.raises(SavedFilterTaken):
        await filters.save(draft("0"), LILEI)
    await filters.save(draft("0"), HANMEI)
    for place in range(1, MOST):
        await filters.save(draft(str(place)), LILEI)
    with pytest.raises(TooManySavedFilters):
        await filters.save(draft("one more"), LILEI)
