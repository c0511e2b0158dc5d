"""Collects what the rooms have on file of a caller for the screen pop. Contains no rules."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from phonenumbers import country_code_for_region
from sqlalchemy import or_, select

from callcenter.callbacks.queries import HAS_OPEN_RETURN_CALL, Reading
from callcenter.callbacks.rows import ReturnCallRow
from callcenter.calls.by_number import has_calls
from callcenter.calls.deltas import instant
from callcenter.calls.pop.deltas import PopCase, PopCustomer, PopReturnCall
from callcenter.calls.pop.http import routes
from callcenter.calls.pop.model import Dossier, LineNow
from callcenter.calls.pop.service import Pops
from callcenter.calls.service import CallService
from callcenter.centre.contributions import Contributions
from callcenter.clock import Clock
from callcenter.complaints.model import Case
from callcenter.complaints.queries import HAS_OPEN_CASE, CaseQueries
from callcenter.customers import places
from callcenter.customers.model import Customer, UnknownCustomer
from callcenter.customers.numbers import BadNumber, Number, NumberKind, spellings
from callcenter.customers.service import HAS_FILE, CustomerService
from callcenter.errors import NotFound
from callcenter.routing.service import LineService
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.storage.prepared import Prepared
from callcenter.storage.tokenizer import folded
from callcenter.worklog.unusual.service import HAS_OPEN_REPORT, UnusualCustomers

CALLS, FEW, WORDS = 20, 5, 200
_ON_FILE: Final = or_(HAS_FILE, HAS_OPEN_CASE, HAS_OPEN_RETURN_CALL, HAS_OPEN_REPORT)


@lru_cache(maxsize=64)
def _known(spelt: int) -> Prepared:
    """Whether anything is on file of a number, and whether it has calls; `spelt` is how many spellings it has."""
    names = {"number", "shared", *(f"n{place}" for place in range(spelt))}
    return Prepared(select(_ON_FILE, has_calls(spelt)), frozenset(names))


@dataclass(frozen=True, slots=True)
class PopSources:
    settings: Settings
    clock: Clock
    database: Database
    customers: CustomerService
    cases: CaseQueries
    return_calls: Reading
    unusual: UnusualCustomers
    calls: CallService
    lines: LineService

    async def dossier(self, number: str, member: str = "") -> Dossier:
        """What is on file of a number, and of the customer whose member number was keyed in; nothing for neither."""
        now = self.clock()
        local = now.astimezone(ZoneInfo(self.settings.timezone))
        began = local.replace(hour=0, minute=0, second=0, microsecond=0)
        read = self._read(number)
        hidden = not number or (read is not None and read.kind is NumberKind.HIDDEN)
        key = "" if read is None or hidden else read.text
        country = str(country_code_for_region(self.settings.region))
        spelt = spellings(key or number, country, self.settings.outside_prefix)
        # Most callers have no file, case, return call, report or earlier call: one statement is enough to know it.
        on_file, called_before = await self._is_known(key, spelt)
        on_file = on_file or bool(member)
        if not on_file and not called_before:
            return Dossier(number, now, began, await self._place(read))
        async with self.database.together():
            people = await self._people(number, member) if on_file else []
            if not number and not people:
                return Dossier("", now, began)
            customer = people[0] if people else None
            family = tuple(await self.customers.family(customer.id)) if customer else ()
            cases = await self.cases.offered(family, [key]) if on_file else []
            due = await self.return_calls.due_of(key, family, FEW) if on_file else []
            unusual = await self.unusual.known([number], family) if on_file else []
            # Callers who withhold their number have it in common, and are not one person.
            calls = await self.calls.of_numbers(spelt, CALLS) if called_before and not hidden else []
        return Dossier(
            number=number,
            at=now,
            day_began=began,
            place=await self._place(read),
            customers=[_customer(person, person.id == member) for person in people],
            open_cases=[_case(case) for case in cases[:FEW]],
            due_return_calls=[_return_call(row) for row in due],
            unusual=[{"id": row.id, "kind": row.kind, "text": row.text[:WORDS]} for row in unusual[:FEW]],
            calls=calls,
            member=member,
        )

    async def _is_known(self, key: str, spelt: Sequence[str]) -> tuple[bool, bool]:
        """Whether there is anything on file of a number, and whether it has calls."""
        values = {f"n{place}": number for place, number in enumerate(spelt)}
        known = _known(len(spelt)), {"number": key, "shared": folded(key), **values}
        ((on_file, called_before),) = await self.database.rows(*known)
        return bool(key and on_file), bool(called_before)

    async def _people(self, number: str, member: str) -> list[Customer]:
        """All candidates, the customer of the member number first."""
        people = await self.customers.candidates(number)
        if member:
            try:
                chosen = await self.customers.customer(member)
            except UnknownCustomer:
                return people
            people = [chosen, *(person for person in people if person.id != chosen.id)]
        return people

    async def line(self, code: str) -> LineNow:
        try:
            line = await self.lines.line(code)
        except NotFound:
            return LineNow()
        return LineNow(dict(line.names), line.language)

    def _read(self, number: str) -> Number | None:
        try:
            return self.customers.read(number)
        except BadNumber:
            return None

    async def _place(self, number: Number | None) -> str:
        if number is None:
            return ""
        # The tables are loaded when the first page opens (join_pops).
        return places.place_of(number) if places.are_loaded() else await asyncio.to_thread(places.place_of, number)


def _customer(customer: Customer, chosen: bool) -> PopCustomer:
    return {
        "id": customer.id,
        "name": customer.name,
        "people": [customer.name, *customer.aliases],
        "company": customer.company,
        "standing": customer.standing,
        "language": customer.language,
        "tags": list(customer.tags),
        "chosen": chosen,
    }


def _case(case: Case) -> PopCase:
    return {
        "number": case.number,
        "kind": case.facts.kind,
        "state": case.state,
        "severity": case.facts.severity,
        "opened_at": instant(case.opened_at),
        "what_happened": case.facts.what_happened[:WORDS],
        "owner": case.owner or None,
    }


def _return_call(row: ReturnCallRow) -> PopReturnCall:
    due: datetime | None = row.due_at
    return {
        "id": row.id,
        "source": row.source,
        "state": row.state,
        "due_at": instant(due),
        "promised": row.promised,
        "case": row.case,
        "agent": row.agent,
        "matter": row.matter[:WORDS],
    }


def join_pops(contributions: Contributions, unusual: UnusualCustomers) -> Pops:
    core = contributions.core
    sources = PopSources(
        settings=core.settings,
        clock=core.clock,
        database=core.database,
        customers=core.customers,
        cases=CaseQueries(core.database),
        return_calls=Reading(core.database, core.clock),
        unusual=unusual,
        calls=core.calls,
        lines=core.lines,
    )
    pops = Pops(core.live, core.calls, sources, core.feed.publish, core.clock, lambda: core.feed.watched)
    core.live.on_number.append(pops.number_seen)
    core.live.on_offered.append(pops.offered)
    contributions.tasks["pops"] = pops.run

    async def load_places() -> None:
        """Ahead of the first pop: the tables take a quarter of a second, in which a phone already rings."""
        await core.feed.followed.wait()
        # The tables live forever: no collection has to look at them, neither meanwhile nor later.
        gc.disable()
        try:
            await asyncio.to_thread(places.load)
        finally:
            gc.enable()
        gc.freeze()

    contributions.tasks["places"] = load_places
    contributions.routes.append(routes(pops))
    return pops
