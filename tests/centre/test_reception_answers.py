"""What a flow may know from the database: who is calling, and how far a case is, never to a stranger."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from callcenter.centre.reception_answers import MOST_WRONG, WRONG, WRONG_FOR, ReceptionAnswers
from callcenter.complaints.model import State
from callcenter.customers.model import Customer, Standing
from callcenter.customers.service import CustomerService
from callcenter.storage.database import Database
from ivr.prompts.pieces import PAUSE
from ivr.prompts.sentences import default_catalogue
from ivr.prompts.texts import FOLDERS
from tests.complaints.room import ANGRY, CALLER, Room, open_room
from tests.complaints.steps import opened, stepped


@pytest_asyncio.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(database, tmp_path) as opened_room:
        yield opened_room


def customers(room: Room) -> CustomerService:
    return CustomerService(room.web.database, room.web.time, room.web.web_services.audit)


def answers(room: Room) -> ReceptionAnswers:
    """The answers of a process that has just started: nothing is in its memory."""
    return ReceptionAnswers(customers(room), room.queries, room.web.web_services.audit, room.web.time)


def keyed(number: str) -> str:
    """A case number as it is entered by keys."""
    return "".join(filter(str.isdigit, number))


async def test_the_state_of_a_case_is_read_after_the_last_digits_of_its_number(room: Room) -> None:
    number = await opened(room)
    asked = keyed(number)
    assert await answers(room).answer("case", (asked, CALLER[-4:])) == {"case": number, "state": "received"}
    status, step, _ = await stepped(room, number, "assess", "lilei")
    assert status == 200, step
    assert await answers(room).answer("case", (asked, CALLER[-4:])) == {"case": number, "state": "assessed"}


def test_every_state_of_a_case_has_words_in_both_languages() -> None:
    catalogue = default_catalogue()
    for language in ("zh-CN", "en"):
        recorded = {f"{entry.folder}/cc/{entry.name}" for entry in catalogue.recordings() if entry.language == language}
        for state in State:
            pieces = catalogue.sounds("case_is", {"case": "TS20261123-0001", "state": state.value}, language)
            assert pieces
            assert set(pieces) <= recorded | {f"{FOLDERS[language]}/cc/say/{PAUSE}"}, (state, set(pieces) - recorded)


async def test_a_number_on_the_customers_file_answers_too_and_a_strangers_does_not(room: Room) -> None:
    file = await customers(room).add(Customer("王芳", ("13974812346",)), None)
    case = await room.opening.open(replace(ANGRY, customer=file.id), await room.person("lilei"))
    asked = keyed(case.number)
    assert await answers(room).answer("case", (asked, "2346")) == {"case": case.number, "state": "received"}
    for check in ("9999", "", "234", "12346", "８０００"):
        assert await answers(room).answer("case", (asked, check)) is None


@pytest.mark.parametrize("digits", ["", "0", "202611230", "%", "20261123_001", "2" * 60, "99999999999999"])
async def test_a_number_of_no_case_has_no_answer_and_leaves_no_trace(room: Room, digits: str) -> None:
    await opened(room)
    assert await answers(room).answer("case", (digits, CALLER[-4:])) is None
    assert await room.web.web_services.audit.page(50, action=WRONG) == []


async def test_a_restart_gives_no_fresh_tries_and_a_day_later_they_are_there_again(room: Room) -> None:
    number = await opened(room)
    asked, right = keyed(number), CALLER[-4:]
    for _ in range(MOST_WRONG):
        assert await answers(room).answer("case", (asked, "0000")) is None
    # The right digits do not help once the tries are used up, nor is anything more written.
    assert await answers(room).answer("case", (asked, right)) is None
    assert await answers(room).answer("case", (asked, "0001")) is None
    assert len(await room.web.web_services.audit.page(50, action=WRONG, subject=f"case/{number}")) == MOST_WRONG
    other = await opened(room)
    assert await answers(room).answer("case", (keyed(other), right)) is not None, "another case has its own tries"
    room.web.time.now += WRONG_FOR + timedelta(seconds=1)
    assert await answers(room).answer("case", (asked, right)) is not None


async def test_callers_at_the_same_time_share_the_tries(room: Room) -> None:
    number = await opened(room)
    shared = answers(room)
    await asyncio.gather(*(shared.answer("case", (keyed(number), f"{check:04}")) for check in range(30)))
    assert len(await room.web.web_services.audit.page(50, action=WRONG)) == MOST_WRONG


async def test_the_file_of_a_caller_reaches_the_routing_and_a_stranger_has_none(room: Room) -> None:
    await customers(room).add(Customer("周", ("13974812346",), "Xiang-Changsha", Standing.VIP), None)
    await customers(room).add(Customer("Smith", ("13974812347",), "en"), None)
    known = await answers(room).answer("caller", ("0086-13974812346", "after_sales"))
    assert known is not None
    assert (known["dialect"], known["language"], known["priority"], known["team"]) == ("Xiang-Changsha", "", 10, True)
    english = await answers(room).answer("caller", ("13974812347", "after_sales"))
    assert english is not None
    assert (english["dialect"], english["language"], english["team"]) == ("", "en", False)
    for number in ("13974812348", "anonymous", "", "x" * 50):
        assert await answers(room).answer("caller", (number, "after_sales")) is None


async def test_a_blocked_caller_is_blocked_whatever_their_file_contains(room: Room) -> None:
    await customers(room).add(Customer("周", ("13974812346",), standing=Standing.VIP), None)

    async def blocked(number: str, line: str) -> bool:
        return line == "after_sales"

    asked = ReceptionAnswers(customers(room), room.queries, room.web.web_services.audit, room.web.time, blocked)
    assert await asked.answer("caller", ("13974812346", "after_sales")) == {"blocked": True}
    assert (await asked.answer("caller", ("13974812346", "orders")) or {})["priority"] == 10
