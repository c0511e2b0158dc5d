"""Every field of a value is in its table: what was written is read again, whole, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from callcenter.calls.model import CallRecord, Offer
from callcenter.calls.ring import cadence_of
from callcenter.calls.rows import CallRow
from callcenter.calls.rules import RingRules
from callcenter.calls.store import Change, offers_of, record_of, save
from callcenter.complaints import store as cases
from callcenter.complaints.model import Case
from callcenter.complaints.rows import CaseRow
from callcenter.customers import store as customers
from callcenter.customers.importing import bulk
from callcenter.customers.model import Customer, NumberUse
from callcenter.customers.rows import CustomerRow
from callcenter.facts import CustomerId, linkedid_of
from callcenter.storage.database import Database
from tests.support.filled import AT, filled, left_out

RULES = RingRules(3, cadence_of("cn"))
NUMBERS = ("+8673112345678", "+8673187654321")


def a_customer(id: str) -> Customer:
    return filled(
        Customer,
        id=id,
        numbers=NUMBERS,
        uses={NUMBERS[0]: NumberUse.WORK, NUMBERS[1]: NumberUse.MOBILE},
        extensions={NUMBERS[1]: "8001"},
    )


async def test_every_field_of_a_call_record_is_stored(database: Database) -> None:
    call = filled(CallRecord, linkedid=linkedid_of("1764216000.1"), survey_mark=4)
    assert left_out(call) == set()
    for _ in ("new", "again"):
        async with database.write() as session:
            row = await session.get(CallRow, call.id)
            await save(session, [Change(row, call, RULES, "policy-1", "files", True)])
        async with database.read() as session:
            stored = await session.get_one(CallRow, call.id)
            offers = await offers_of(session, [call.id])
        assert record_of(stored, offers[call.id]) == call


async def test_every_field_of_an_offer_is_stored(database: Database) -> None:
    offers = tuple(filled(Offer, leg=linkedid_of(f"1764216000.{place}")) for place in (2, 3))
    call = filled(CallRecord, linkedid=linkedid_of("1764216000.1"), survey_mark=4, offers=offers)
    async with database.write() as session:
        await save(session, [Change(None, call, RULES, "policy-1", "files", True)])
    async with database.read() as session:
        stored = await session.get_one(CallRow, call.id)
        assert record_of(stored, (await offers_of(session, [call.id]))[call.id]).offers == offers


async def test_every_field_of_a_case_is_stored(database: Database) -> None:
    case = filled(Case, version=1)
    assert left_out(case) == {"version"}, "the table counts versions itself"
    assert left_out(case.facts) == set()
    async with database.write() as session:
        row = CaseRow(number=case.number)
        cases.put(row, case)
        session.add(row)
    async with database.read() as session:
        assert cases.case_of(await session.get_one(CaseRow, case.number)) == case


async def test_every_field_of_a_customer_is_stored(database: Database) -> None:
    customer = a_customer("c1")
    assert left_out(customer) == set()
    async with database.write() as session:
        await customers.put(session, CustomerRow(id=customer.id, created_at=AT), customer)
    async with database.read() as session:
        assert await customers.load(session, customer.id) == customer


@pytest.mark.parametrize("stored_before", [False, True])
async def test_every_field_of_an_imported_customer_is_stored(database: Database, stored_before: bool) -> None:
    customer = a_customer("c1")
    fresh, changed = [customer], []
    if stored_before:
        async with database.write() as session:
            await customers.put(
                session, CustomerRow(id=customer.id, created_at=AT), Customer("before", id=CustomerId("c1"))
            )
        fresh, changed = [], [((await bulk.known(database, ["c1"]))["c1"], customer)]
    ready = await bulk.ready(database, fresh, changed, AT)
    async with database.write() as session:
        await bulk.write(session, ready)
    async with database.read() as session:
        (row,) = await session.scalars(select(CustomerRow))
        assert await customers.customers_of(session, [row]) == [customer]
