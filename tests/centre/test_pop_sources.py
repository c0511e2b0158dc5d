"""Tests what the rooms have on file of a caller, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from callcenter.callbacks.queries import Reading
from callcenter.calls.rules import RuleBook
from callcenter.calls.service import CallService
from callcenter.centre.pop_sources import PopSources
from callcenter.complaints.queries import CaseQueries
from callcenter.customers.model import Customer, Standing
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.web.ports import emit_to_nobody, publish_to_nobody
from callcenter.worklog.unusual.model import UnusualKind
from callcenter.worklog.unusual.service import UnusualCustomers
from tests.support.past_calls import GAP, TALK, past_call, save
from tests.support.rooms import CHIEF, Rooms

NUMBER = "13974812001"


def sources_of(rooms: Rooms) -> PopSources:
    settings, database = Settings(), rooms.database
    unusual = UnusualCustomers(
        database, rooms.clock, rooms.audit, rooms.customers.key_of, publish_to_nobody, emit_to_nobody
    )
    return PopSources(
        settings,
        rooms.clock,
        database,
        rooms.customers,
        CaseQueries(database),
        Reading(database, rooms.clock),
        unusual,
        CallService(database, "pbx1", RuleBook.of(settings.policy)),
        rooms.lines,
    )


async def test_a_customer_is_found_by_any_spelling_with_the_note_of_a_colleague(database: Database) -> None:
    rooms = Rooms(database)
    await rooms.furnish("1001")
    file = Customer("王芳", (NUMBER,), standing=Standing.VIP, aliases=("王先生",), company="长沙食品")
    customer = await rooms.customers.add(file, CHIEF)
    sources = sources_of(rooms)
    await sources.unusual.report(UnusualKind.OTHER, "只接受书面答复", CHIEF, number=NUMBER)
    for spelling in (NUMBER, f"+86{NUMBER}", f"0{NUMBER}"):
        dossier = await sources.dossier(spelling)
        assert [(c["id"], c["people"], c["standing"]) for c in dossier.customers] == [
            (customer.id, ["王芳", "王先生"], "vip")
        ]
        assert [note["text"] for note in dossier.unusual] == ["只接受书面答复"]
        assert dossier.place


async def test_earlier_calls_are_found_as_the_trunk_or_an_agent_wrote_the_number(database: Database) -> None:
    rooms = Rooms(database)
    sources = sources_of(rooms)
    assert not (await sources.dossier(NUMBER)).calls
    began = rooms.clock() - timedelta(days=1)
    written = (NUMBER, f"0{NUMBER}", f"0086{NUMBER}", f"+86{NUMBER}")
    earlier = [
        replace(past_call("orders", at, at + TALK, at + 2 * TALK), caller_number=number)
        for at, number in zip((began + GAP * place for place in range(4)), written, strict=True)
    ]
    await save(database, earlier)
    for spelling in written:
        assert [call.caller_number for call in (await sources.dossier(spelling)).calls] == list(reversed(written))
    assert not (await sources.dossier("13974812002")).calls


async def test_callers_who_withhold_their_number_do_not_share_their_calls(database: Database) -> None:
    rooms = Rooms(database)
    await rooms.furnish("1001")
    customer = await rooms.customers.add(Customer("王芳", (NUMBER,)), CHIEF)
    at = rooms.clock() - timedelta(days=1)
    withheld = ("", "anonymous")
    calls = [
        replace(past_call("orders", at + GAP * place, at + TALK, at + 2 * TALK), caller_number=number)
        for place, number in enumerate(withheld)
    ]
    await save(database, calls)
    for number in withheld:
        dossier = await sources_of(rooms).dossier(number, customer.id)
        assert ([c["id"] for c in dossier.customers], dossier.calls) == ([customer.id], [])


async def test_a_report_about_a_number_that_no_file_has_is_found(database: Database) -> None:
    sources = sources_of(Rooms(database))
    assert not (await sources.dossier(NUMBER)).unusual
    await sources.unusual.report(UnusualKind.OTHER, "每天来电十次", CHIEF, number=NUMBER)
    dossier = await sources.dossier(NUMBER)
    assert ([note["text"] for note in dossier.unusual], dossier.customers) == (["每天来电十次"], [])


async def test_a_withheld_or_strange_number_has_nothing_on_file(database: Database) -> None:
    sources = sources_of(Rooms(database))
    for number in ("", "anonymous", "0", "a'; drop table customer"):
        dossier = await sources.dossier(number)
        assert (dossier.customers, dossier.open_cases, dossier.calls) in (((), (), ()), ([], [], []))


async def test_a_line_that_was_removed_has_no_names(database: Database) -> None:
    rooms = Rooms(database)
    await rooms.furnish()
    sources = sources_of(rooms)
    assert (await sources.line("gone")).names == {}
    assert (await sources.line("orders")).language
