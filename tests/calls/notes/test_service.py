"""Tests who writes about a call, and which calls still lack a record, on both databases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from callcenter.calls.access import NotYourCall
from callcenter.calls.model import CallRecord, Direction, Outcome
from callcenter.calls.notes.errors import NoteIncomplete
from callcenter.calls.notes.filter import RecordState
from callcenter.calls.notes.model import Note, NoteState, Question, Reason
from callcenter.calls.notes.service import CallNotes
from callcenter.calls.rules import RuleBook
from callcenter.calls.service import CallFilter, CallService, UnknownCall
from callcenter.errors import Conflict
from callcenter.facts import AgentNumber, CallId, linkedid_of
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.web.roles import Person, Role
from tests.support.rooms import BOSS, CHIEF, Rooms

AGENT = Person("p1", "lilei", "李雷", frozenset({Role.AGENT}), AgentNumber("1001"))
OTHER = Person("p2", "hanmei", "韩梅", frozenset({Role.AGENT}), AgentNumber("1002"))
DONE = Note("damaged", "", "王先生", "sales", "", "已答复", (Question("几天到", checked=True),), NoteState.DONE)


class NoFloor:
    """No call is live."""

    def record_by_id(self, call: CallId) -> CallRecord | None:
        return None


async def departments() -> Mapping[str, str]:
    return {"sales": "销售部"}


async def notes_of(database: Database) -> tuple[CallNotes, CallService, CallId]:
    rooms = Rooms(database)
    calls = CallService(database, "pbx1", RuleBook.of(Settings().policy))
    at = rooms.clock()
    record = CallRecord(
        "pbx1",
        linkedid_of("pbx1-1.1"),
        Direction.INBOUND,
        "orders",
        "orders",
        "13974812001",
        "",
        "4001",
        at,
        answered_at=at,
        ended_at=at + timedelta(minutes=2),
        outcome=Outcome.ANSWERED,
        agent="1001",
    )
    await calls.keep([record])
    notes = CallNotes(database, rooms.clock, rooms.audit, calls, NoFloor(), departments)
    tree = [Reason("goods", {"zh-CN": "商品", "en": "Goods"}), Reason("damaged", {"zh-CN": "破损"}, "goods")]
    await notes.replace_reasons(tree, CHIEF, lambda _: None)
    return notes, calls, record.id


async def test_W1_a_call_lacks_its_record_until_it_is_done(database: Database) -> None:
    notes, calls, call = await notes_of(database)

    async def lacking(state: RecordState = RecordState.MISSING) -> list[str]:
        return [record.id for record in await calls.find(CallFilter(agent=AgentNumber("1001"), record=state))]

    assert await lacking() == [call]
    assert await notes.note(call, AGENT) == Note()
    await notes.write(call, Note(progress="已问"), AGENT, lambda _: None)
    assert (await lacking(), await lacking(RecordState.DRAFT)) == ([call], [call])
    with pytest.raises(NoteIncomplete):
        await notes.write(call, Note(progress="已问", state=NoteState.DONE), AGENT, lambda _: None)
    await notes.write(call, DONE, AGENT, lambda _: None)
    assert (await lacking(), await lacking(RecordState.DONE)) == ([], [call])
    assert await notes.note(call, BOSS) == DONE


async def test_W1_only_the_agents_of_a_call_and_leaders_read_and_write_about_it(database: Database) -> None:
    notes, _, call = await notes_of(database)
    with pytest.raises(NotYourCall):
        await notes.note(call, OTHER)
    with pytest.raises(NotYourCall):
        await notes.write(call, DONE, OTHER, lambda _: None)
    with pytest.raises(UnknownCall):
        await notes.note(CallId("pbx1-9.9"), AGENT)


async def test_an_edit_of_a_version_that_was_not_seen_changes_nothing(database: Database) -> None:
    notes, _, call = await notes_of(database)

    def refuse(current: Note) -> None:
        raise Conflict("changed")

    with pytest.raises(Conflict):
        await notes.write(call, DONE, AGENT, refuse)
    assert await notes.note(call, AGENT) == Note()


async def test_W1_the_printed_record_takes_its_fields_from_the_note(database: Database) -> None:
    notes, _, call = await notes_of(database)
    assert await notes.matters(call, "zh-CN") == []
    await notes.write(call, DONE, AGENT, lambda _: None)
    (matter,) = await notes.matters(call, "zh-CN")
    assert (matter.reason, matter.contact, matter.department, matter.progress) == (
        "商品 / 破损",
        "王先生",
        "销售部",
        "已答复",
    )


async def test_W1_a_new_centre_has_a_tree_of_reasons_in_both_languages(database: Database) -> None:
    notes, _, call = await notes_of(database)
    await notes.replace_reasons([], CHIEF, lambda _: None)
    reasons = await notes.reasons()
    assert all(reason.names.keys() == {"zh-CN", "en"} for reason in reasons.values())
    leaf = reasons["late"]
    assert leaf.parent == "delivery"
    written = Note(leaf.code, progress="已催办", state=NoteState.DONE)
    assert await notes.write(call, written, AGENT, lambda _: None) == written
    with pytest.raises(NoteIncomplete):
        await notes.write(call, Note("delivery", progress="已催办", state=NoteState.DONE), AGENT, lambda _: None)
