"""Any interleaving of agents, crashes, clocks, callers and results: nothing is dialled twice, nothing is lost.

The real service runs on SQLite; the PBX is one that remembers every dial (fake_pbx.py). After each step the whole
state is checked, and at the end everything that was ever wanted must still be there, open or closed with a result.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from callcenter.callbacks.model import BUSY, CLOSED, GIVEN_BY_AGENT, UNCOUNTED, Result, State
from callcenter.callbacks.results import AgentResult
from callcenter.callbacks.rows import ReturnCallAttemptRow, ReturnCallRow
from callcenter.calls.model import Outcome
from callcenter.errors import CallCentreError
from callcenter.storage.database import Database
from tests.callbacks.centre import TEN, DiallingCentre, candidate, request
from tests.callbacks.fake_pbx import Died, Fate
from tests.support.profiles import examples
from tests.support.rooms import BOSS, SetClock, person

pytestmark = pytest.mark.slow

Out = TypeVar("Out")
AGENTS = ("1001", "1002", "1003")
NUMBERS = ("13974800001", "13974800002", "13974800003")
MATTERS = ("line:orders", "case:TS1")
# No draw depends on the state: what happens at the same instant may end one way or the other.
PICK = st.integers(0, 20)


class Centre(RuleBasedStateMachine):
    template: ClassVar[Path]

    @initialize()
    def opens(self) -> None:
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="callbacks"))
        shutil.copyfile(self.template, self.folder / "c.db")
        self.database = Database.open(f"sqlite+aiosqlite:///{self.folder}/c.db")
        self.centre = self.of(self._centre())
        self.requested: set[str] = set()

    async def _centre(self) -> DiallingCentre:
        return DiallingCentre(self.database, {"max_attempts": 2}, SetClock(TEN))

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            self.of(self.database.close())
            self.runner.close()
            shutil.rmtree(self.folder)

    def of(self, work: Coroutine[Any, Any, Out]) -> Out:
        return self.runner.run(work)

    def try_(self, *works: Coroutine[Any, Any, Any]) -> None:
        """At the same instant; refusals are answers, anything else is a fault."""

        async def all_() -> list[Any]:
            return await asyncio.gather(*works, return_exceptions=True)

        for outcome in self.of(all_()):
            if isinstance(outcome, BaseException) and not isinstance(outcome, (CallCentreError, Died)):
                raise outcome

    def items(self, *states: State) -> list[ReturnCallRow]:
        rows = [row for row in self.of(self.centre.rows()) if not states or row.state in states]
        return sorted(rows, key=lambda row: (row.created_at, row.number, row.matter))

    @rule(number=st.sampled_from(NUMBERS), matter=st.sampled_from(MATTERS), twice=st.booleans())
    def a_cause(self, number: str, matter: str, twice: bool) -> None:
        case = "TS1" if matter.startswith("case") else None

        async def want() -> None:
            requested = await asyncio.gather(
                *(self.centre.requests.make(request(number, matter, case=case)) for _ in range(1 + twice))
            )
            self.requested |= {entry.item for entry in requested}

        self.of(want())

    @rule(agents=st.lists(st.sampled_from(AGENTS), min_size=1, max_size=3, unique=True))
    def agents_ask_for_the_next(self, agents: list[str]) -> None:
        self.try_(*(self.centre.service.claim_next(candidate(agent), person(agent)) for agent in agents))

    @rule(agents=st.permutations(AGENTS), pick=PICK)
    def agents_reach_for_the_same(self, agents: list[str], pick: int) -> None:
        if rows := self.items():
            row = rows[pick % len(rows)]
            self.try_(*(self.centre.service.claim(row.id, candidate(agent), person(agent)) for agent in agents))

    @rule(pick=PICK, fate=st.sampled_from(Fate), times=st.integers(1, 2))
    def go(self, pick: int, fate: Fate, times: int) -> None:
        rows = self.items(State.CLAIMED)
        if not rows:
            return
        row = rows[pick % len(rows)]
        self.centre.pbx.fate = fate
        holder = person(row.agent or "")
        self.try_(*(self.centre.dialling.dial(row.id, holder) for _ in range(times)))
        self.centre.pbx.fate = Fate.TAKEN
        if fate in (Fate.KILLED_BEFORE, Fate.KILLED_AFTER):
            self.centre.restart()

    @rule(pick=PICK)
    def gives_back(self, pick: int) -> None:
        if rows := self.items(State.CLAIMED):
            row = rows[pick % len(rows)]
            self.try_(self.centre.service.release(row.id, person(row.agent or "")))

    @rule(pick=PICK, customer=st.booleans())
    def a_phone_is_answered(self, pick: int, customer: bool) -> None:
        if living := self.centre.pbx.living():
            dial = living[pick % len(living)]
            dial.agent_answered = True
            dial.customer_answered = dial.customer_answered or customer

    @rule(pick=PICK, reason=st.sampled_from(["busy-17", "noanswer-0", "chanunavail-1"]), reported=st.booleans())
    def a_call_ends(self, pick: int, reason: str, reported: bool) -> None:
        living = self.centre.pbx.living()
        if not living:
            return
        dial = living[pick % len(living)]
        outcome = Outcome.ANSWERED if dial.customer_answered else Outcome.FAILED
        record = self.centre.pbx.end(dial, outcome, None if dial.customer_answered else reason)
        if reported:
            self.of(self.centre.dialling.ended([record, record]))

    @rule(pick=PICK, result=st.sampled_from(sorted(GIVEN_BY_AGENT)), days=st.integers(0, 1))
    def a_result(self, pick: int, result: Result, days: int) -> None:
        if rows := self.items(State.DIALLING, State.TALKING):
            row = rows[pick % len(rows)]
            self.try_(
                self.centre.service.result(
                    row.id,
                    AgentResult(result, again_at=self.centre.clock() + timedelta(days=days)),
                    person(row.agent or ""),
                )
            )

    @rule(minutes=st.sampled_from([1, 5, 12, 45, 200, 900]))
    def time_goes_by(self, minutes: int) -> None:
        self.centre.clock.move(minutes=minutes)
        self.of(self.centre.sweep.once())
        self.of(self.centre.dialling.look())

    @rule()
    def the_service_is_killed(self) -> None:
        self.centre.restart()
        self.of(self.centre.dialling.look())

    @rule(up=st.booleans())
    def the_pbx(self, up: bool) -> None:
        self.centre.pbx.connected = up

    @rule(pick=PICK, act=st.sampled_from(["withdraw", "expire", "sign_unreachable"]))
    def a_leader_ends_it(self, pick: int, act: str) -> None:
        if rows := self.items():
            row = rows[pick % len(rows)]
            self.try_(getattr(self.centre.service, act)(row.id, BOSS, "why"))

    @invariant()
    def all_is_well(self) -> None:
        if not hasattr(self, "runner"):
            return
        rows = self.of(self.centre.rows())
        assert {row.id for row in rows} == self.requested, "nothing is lost and nothing appears"
        open_ = Counter((row.customer_key, row.matter) for row in rows if row.state not in CLOSED)
        assert all(count == 1 for count in open_.values()), "one open item per customer and matter"
        busy = [row for row in rows if row.state in BUSY]
        assert all(count == 1 for count in Counter(row.number for row in busy).values())
        assert all(count == 1 for count in Counter(row.agent for row in busy).values())
        assert all((row.result is not None) == (row.state in CLOSED) for row in rows)
        self.dials_are_right(rows)

    def dials_are_right(self, rows: list[ReturnCallRow]) -> None:
        async def attempts() -> list[ReturnCallAttemptRow]:
            async with self.database.read() as session:
                return list(await session.scalars(select(ReturnCallAttemptRow)))

        tries = self.of(attempts())
        assert self.centre.pbx.dials.keys() <= {entry.intent for entry in tries}, (
            "every dial was noted before it was made"
        )
        assert all(entry.agent for entry in tries)
        # A customer's phone is never rung by two dials at once: the older one's fate was known before the newer one.
        living = Counter(dial.number for dial in self.centre.pbx.living())
        assert all(count == 1 for count in living.values()), living
        unsettled = Counter(entry.item for entry in tries if entry.settled_at is None)
        assert all(count == 1 for count in unsettled.values())
        held = {row.id: row for row in rows}
        for item in unsettled:
            assert held[item].state in (State.DIALLING, State.TALKING), "an attempt without a result is under way"
        for row in rows:
            counted = sum(
                entry.result is not None and entry.result not in UNCOUNTED for entry in tries if entry.item == row.id
            )
            assert row.attempts <= counted


@pytest.mark.timeout(120)
def test_no_interleaving_dials_twice_or_loses_a_return_call(sqlite_tables: Path) -> None:
    Centre.template = sqlite_tables
    profile = settings(
        max_examples=examples(20), stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(Centre, settings=profile)
