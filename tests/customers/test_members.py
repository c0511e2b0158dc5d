"""Several people on one number: all of them are candidates, and a member number tells them apart."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from callcenter.customers.duplicates import CustomerDuplicates
from callcenter.customers.model import BadCustomer, Customer, MemberNumberTaken, joined
from callcenter.customers.numbers import BadNumber
from callcenter.facts import CustomerId
from callcenter.storage.database import Database
from tests.support.rooms import CHIEF, Rooms

HOME = "0731-88886005"
FATHER = Customer("周父", (HOME,), member_number="10001")
SON = Customer("周子", ("13974812346",), shared_numbers=(HOME,), member_number="20002")


async def test_everyone_on_a_number_is_a_candidate_the_holder_first(database: Database) -> None:
    customers = Rooms(database).customers
    son, father = await customers.add(SON, CHIEF), await customers.add(FATHER, CHIEF)
    mother = await customers.add(Customer("周母", shared_numbers=(HOME, "010-62345678")), CHIEF)
    for spelling in (HOME, "073188886005", "+8673188886005"):
        assert [file.id for file in await customers.candidates(spelling)] == [father.id, son.id, mother.id]
    assert await customers.candidate_ids(["073188886005", "13974812346", "13974812399", ""]) == {
        "073188886005": [father.id, *sorted([mother.id, son.id])],
        "13974812346": [son.id],
        "13974812399": [],
    }
    assert [file.id for file in await customers.candidates("010-62345678")] == [mother.id], "no file has it as its own"
    assert await customers.candidates("anonymous") == []
    holder = await customers.by_number(HOME)
    assert holder is not None
    assert holder.id == father.id
    assert await CustomerDuplicates(database).find() == [], "they are known to be different people"


async def write_past_the_check(database: Database, id: str) -> None:
    async with database.write() as session:
        await session.execute(text("UPDATE customer SET member_number = '10001' WHERE id = :id"), {"id": id})


async def test_a_member_number_belongs_to_one_file(database: Database) -> None:
    customers = Rooms(database).customers
    father, son = await customers.add(FATHER, CHIEF), await customers.add(SON, CHIEF)
    with pytest.raises(MemberNumberTaken):
        await customers.add(Customer("别人", member_number="10001"), CHIEF)
    with pytest.raises(MemberNumberTaken):
        await customers.change(replace(son, member_number="10001"), CHIEF)
    await customers.add(Customer("无号"), CHIEF)
    await customers.add(Customer("也无号"), CHIEF)
    assert await customers.by_member_number("20002") == son
    for unknown in ("", "1000", "100011", "１０００１", "10001'"):
        assert await customers.by_member_number(unknown) is None
    # The database refuses what two processes would write at the same time.
    with pytest.raises(IntegrityError):
        await write_past_the_check(database, son.id)
    changed = await customers.change(replace(father, member_number=""), CHIEF)
    assert changed.member_number == ""
    assert await customers.by_member_number("10001") is None


@pytest.mark.parametrize(
    ("file", "refusal"),
    [
        (replace(FATHER, member_number="12a4"), BadCustomer),
        (replace(FATHER, member_number="123"), BadCustomer),
        (replace(FATHER, shared_numbers=(HOME,)), BadCustomer),
        (replace(SON, shared_numbers=("anonymous",)), BadNumber),
        (replace(SON, shared_numbers=tuple(f"1397481{place:04}" for place in range(21))), BadCustomer),
    ],
)
async def test_what_cannot_be_keyed_in_or_called_is_refused(
    sqlite_database: Database, file: Customer, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        await Rooms(sqlite_database).customers.add(file, CHIEF)


def test_a_merge_loses_neither_a_shared_number_nor_a_member_number() -> None:
    father = replace(FATHER, id=CustomerId("a"), numbers=("+8673188886005",))
    merged = joined(father, replace(SON, id=CustomerId("b"), shared_numbers=("+8673188886005", "+8610000000")))
    assert merged.shared_numbers == ("+8610000000",), "its own number is not shared"
    assert merged.member_number == "10001"
    assert "20002" in merged.notes
    assert joined(replace(father, member_number=""), SON).member_number == "20002"
