"""The script in a return call: filled from the item, and its answers become the item's result."""

from __future__ import annotations

import pytest
import pytest_asyncio

from callcenter.agents.model import Agent
from callcenter.callbacks.endings import CASE_CALLED_BACK
from callcenter.callbacks.errors import NotYours
from callcenter.callbacks.evaluation import Evaluation
from callcenter.callbacks.model import Result, Source, State
from callcenter.callbacks.reading import Reading
from callcenter.callbacks.script_calls import ItemScripts, surname_of
from callcenter.callbacks.scripts_service import ScriptService
from callcenter.customers.model import Customer
from callcenter.storage.database import Database
from tests.callbacks.desk import CUSTOMER, Calling, candidate, wish
from tests.rooms import CHIEF, person

ONE, TWO = person("1001"), person("1002")


@pytest.mark.parametrize(
    ("name", "surname"),
    [("陈静", "陈"), ("欧阳娜娜", "欧阳"), ("欧阳", "欧"), ("Mary Ann Li", "Li"), ("  ", ""), ("客服1001", "客")],
)
def test_F2_the_surname_is_said_as_agents_say_it(name: str, surname: str) -> None:
    assert surname_of(name) == surname


class Room(Calling):
    def restart(self) -> None:
        super().restart()
        reading = Reading(self.database, self.clock)
        self.scripts = ScriptService(self.database, self.clock, self.rooms.audit, self.jobs)
        self.calls = ItemScripts(
            self.settings, self.service, reading, self.rooms.agents, self.rooms.lines, self.rooms.customers
        )

    async def talking(self) -> str:
        """A follow-up of a case, answered by the customer."""
        await self.rooms.furnish()
        await self.rooms.agents.add(Agent("1001", "陈静"), CHIEF)
        customer = await self.rooms.customers.add(Customer("刘女士", (CUSTOMER,)), CHIEF)
        wanted = wish(
            matter="case:TS1", source=Source.CASE_VERIFIED, case="TS1", customer=customer.id, line="orders"
        )  # fmt: skip
        made = await self.service.wishes.want(wanted)
        await self.service.claim(made.item, candidate("1001"), ONE)
        await self.dialling.dial(made.item, ONE)
        (dial,) = self.pbx.living()
        dial.agent_answered = dial.customer_answered = True
        await self.dialling.look()
        return made.item

    async def follow(self, item: str, *, solved: str) -> Evaluation:
        context = await self.calls.script_context(item, ONE)
        await self.scripts.begin(item, context)
        problem: dict[str, str | int] = {"problem": "还没有退款"}
        told: list[tuple[str, dict[str, str | int]]] = [
            ("introduction", {"convenient": "yes"}),
            ("experience", {"satisfaction": 2}),
            ("suggestions", {"solved": solved}),
            *([("problem", problem)] if solved == "no" else []),
            ("hotline", {}),
            ("goodbye", {}),
        ]
        for step, answers in told:
            await self.scripts.answer(item, step, answers)
        made = await self.scripts.finish(item)
        for _ in range(2):
            await self.calls.evaluated(made, ONE)
        return made


@pytest_asyncio.fixture
async def room(database: Database) -> Room:
    return Room(database)


async def test_F3_the_script_is_filled_from_the_return_call(room: Room) -> None:
    item = await room.talking()
    context = await room.calls.script_context(item, ONE)
    assert (context.company, context.surname, context.case) == ("湘味到家", "陈", "TS1")
    assert (context.customer, context.hotline, context.call != "") == ("刘女士", "4008001234", True)
    with pytest.raises(NotYours):
        await room.calls.script_context(item, TWO)


async def test_F2_a_problem_in_step_four_goes_to_the_case(room: Room) -> None:
    item = await room.talking()
    made = await room.follow(item, solved="no")
    row = await room.row(item)
    assert (row.state, row.result, row.evaluation, row.satisfaction) == (State.DONE, Result.PROBLEM, made.id, 2)
    (told,) = await room.jobs_of(CASE_CALLED_BACK)
    assert (told["case"], told["result"], told["evaluation"], told["notes"]) == (
        "TS1",
        "problem",
        made.id,
        "还没有退款",
    )


async def test_F1_a_solved_matter_confirms_the_case(room: Room) -> None:
    made = await room.follow(item := await room.talking(), solved="yes")
    assert (await room.row(item)).result == Result.CONFIRMED
    (told,) = await room.jobs_of(CASE_CALLED_BACK)
    assert (told["result"], told["satisfaction"], told["evaluation"]) == ("confirmed", 2, made.id)


async def test_a_conversation_that_broke_off_leaves_the_result_to_the_agent(room: Room) -> None:
    item = await room.talking()
    await room.scripts.begin(item, await room.calls.script_context(item, ONE))
    made = await room.scripts.finish(item, broken_off=True)
    await room.calls.evaluated(made, ONE)
    assert (await room.row(item)).state == State.TALKING
