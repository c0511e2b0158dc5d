"""Tests versions of flows: a bad file never replaces a good one; rollback, differences, one flow for a line."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest

from callcenter.storage.database import Database
from ivr.flows.errors import LineWithoutFlow
from ivr.flows.faults import BadFlow
from ivr.flows.service import FlowService, sample
from tests.support.rooms import CHIEF, Rooms

OFFERS = ("menu_enquiry", "menu_progress", "menu_return_call", "menu_person", "menu_repeat", "offer_message")
PROMPTS: Mapping[str, Collection[str]] = {
    **dict.fromkeys(("greeting", "menu_intro", "case_person", "dialect_intro", "to_person"), ()),
    **dict.fromkeys(OFFERS, ("key",)),
    "dialect_choice": ("dialect", "key"),
}


def service(database: Database, changes: list[str] | None = None) -> FlowService:
    rooms = Rooms(database)

    async def codes() -> Collection[str]:
        return {"sales", "orders"}

    notes = changes if changes is not None else []
    return FlowService(database, rooms.clock, rooms.audit, lambda: PROMPTS, codes, codes, lambda: notes.append("flow"))


def hotline(*lines: str) -> str:
    listed = ", ".join(f'"{line}"' for line in lines)
    return sample("hotline").replace("lines = []", f"lines = [{listed}]")


async def test_a_loaded_flow_serves_its_line_at_once_and_with_its_author(database: Database) -> None:
    changes: list[str] = []
    flows = service(database, changes)
    with pytest.raises(LineWithoutFlow):
        await flows.for_line("sales")
    row = await flows.load(hotline("sales"), CHIEF)
    assert (await flows.for_line("sales"))[0].number == row.number
    assert row.published_by == CHIEF.login
    assert changes == ["flow"]


async def test_a_bad_file_never_replaces_a_good_one(database: Database) -> None:
    flows = service(database)
    good = await flows.load(hotline("sales"), CHIEF)
    with pytest.raises(BadFlow) as refused:
        await flows.load(hotline("sales").replace('to = "dialect"', 'to = "dialekt"'), CHIEF)
    assert refused.value.facts["fault"] == "flow_unknown_target"
    assert refused.value.facts["line"] == 22
    draft = await flows.versions.draft(hotline("shop"), CHIEF)
    with pytest.raises(BadFlow):
        await flows.publish(draft.name, draft.number, CHIEF)
    assert (await flows.for_line("sales"))[0].number == good.number


async def test_an_earlier_version_is_used_again_and_the_history_stays(database: Database) -> None:
    flows = service(database)
    first = await flows.load(hotline("sales"), CHIEF)
    second = await flows.load(hotline("sales").replace('"#" = "goodbye"', '9 = "goodbye"'), CHIEF)
    third = await flows.roll_back("hotline", first.number, CHIEF)
    assert third.number == second.number + 1
    assert third.source == first.source
    diff = await flows.differences("hotline", first.number, second.number)
    assert '-"#" = "goodbye"' in diff
    assert '+9 = "goodbye"' in diff
    assert await flows.differences("hotline", first.number, third.number) == ""


async def test_a_line_has_one_flow(database: Database) -> None:
    flows = service(database)
    await flows.load(hotline("sales"), CHIEF)
    other = sample("after_hours").replace("lines = []", 'lines = ["sales"]')
    with pytest.raises(BadFlow) as refused:
        await flows.load(other, CHIEF)
    assert refused.value.facts["fault"] == "flow_line_taken"
