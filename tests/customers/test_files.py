"""Tests customer files (W5): contents, entries (S6), merging, duplicates, erasure; on both databases."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.customers.duplicates import CustomerDuplicates
from callcenter.customers.erasure import CUSTOMER_ERASED, ERASED, CustomerErasure
from callcenter.customers.journal.model import BadEntry, EntryEvent, EntryKind, EntryState, PlanInThePast, UnknownEntry
from callcenter.customers.journal.service import CustomerJournal
from callcenter.customers.merging import CUSTOMER_MERGED, CustomerMerging
from callcenter.customers.model import (
    BadCustomer,
    Customer,
    MergeConflict,
    NumberUse,
    Standing,
    UnknownCustomer,
    check_customer,
    joined,
)
from callcenter.customers.numbers import NumberKind, read_number, spellings
from callcenter.errors import IllegalTransition
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs
from tests.support.rooms import BOSS, CHIEF, Rooms

FULL = Customer(
    "湘味食品商行",
    ("13807310000", "0731-88886666"),
    "xiang-changsha",
    Standing.KEY_ACCOUNT,
    "爱吃剁椒",
    uses={"0731-88886666": NumberUse.WORK},
    aliases=("王老板", "王老板 "),
    company="湘味食品有限公司",
    addresses=("长沙市芙蓉区五一大道1号",),
    emails=("wang@example.com",),
    wechat="xw-wang",
    qq="10001",
    tags=("经销商", "年节礼盒"),
    team=("1001", "1002"),
)


@pytest.fixture
def rooms(database: Database) -> Rooms:
    return Rooms(database)


@pytest.fixture
def merging(rooms: Rooms) -> CustomerMerging:
    return CustomerMerging(rooms.database, rooms.audit, Jobs(rooms.database, rooms.clock))


async def test_W5_a_file_holds_all_ways_to_a_customer_and_who_looks_after_them(rooms: Rooms) -> None:
    customer = await rooms.customers.add(FULL, CHIEF)
    read = await rooms.customers.customer(customer.id)
    assert read == customer
    assert read.uses == {"+8673188886666": NumberUse.WORK}
    assert (read.aliases, read.team, read.qq) == (("王老板",), ("1001", "1002"), "10001")
    changed = await rooms.customers.change(replace(read, emails=(), wechat=""), CHIEF)
    assert await rooms.customers.customer(customer.id) == changed


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"emails": ("no address",)}, "emails"),
        ({"emails": ("a@b\r\nBcc: x",)}, "emails"),
        ({"qq": "12ab"}, "qq"),
        ({"tags": ("x" * 41,)}, "tags"),
        ({"tags": tuple(map(str, range(31)))}, "tags"),
        ({"company": "a\0b"}, "company"),
        ({"addresses": ("一\n二",)}, "addresses"),
        ({"uses": {"13900000000": NumberUse.FAX}}, "uses"),
    ],
)
async def test_what_is_no_address_and_no_name_is_refused_with_its_field(
    rooms: Rooms, wrong: dict[str, object], field: str
) -> None:
    with pytest.raises(BadCustomer) as caught:
        await rooms.customers.add(replace(FULL, **wrong), CHIEF)  # type: ignore[arg-type]
    assert caught.value.facts["field"] == field


async def test_a_file_is_found_by_any_of_its_words_and_by_its_tag(rooms: Rooms) -> None:
    customer = await rooms.customers.add(FULL, CHIEF)
    other = await rooms.customers.add(Customer("李雷", tags=("年节",)), CHIEF)
    for words in ("芙蓉区", "wang@example", "王老板", "剁椒 商行", "礼盒"):
        assert await rooms.customers.find(words) == ([customer], None), words
    assert await rooms.customers.customers(tag="年节") == [other]
    await rooms.customers.change(replace(customer, addresses=()), CHIEF)
    assert await rooms.customers.find("芙蓉区") == ([], None)


@given(st.integers(13000000000, 13999999999), st.sampled_from(["", "9"]))
def test_however_a_record_wrote_a_number_it_is_found(mobile: int, prefix: str) -> None:
    read = read_number(str(mobile), "CN", prefix)
    if read.kind is not NumberKind.FULL:
        return
    for spelling in spellings(read.text, outside_prefix=prefix):
        assert read_number(spelling, "CN", prefix) == read


NAMES = st.sampled_from(["王芳", "王女士", "李雷"])
FILES = st.builds(
    Customer,
    NAMES,
    st.lists(st.sampled_from(["+8613800138000", "+8613900139000"]), unique=True).map(tuple),
    aliases=st.lists(NAMES, unique=True).map(tuple),
    notes=st.sampled_from(["", "a", "b"]),
    wechat=st.sampled_from(["", "w1"]),
    standing=st.sampled_from(list(Standing)),
)


@given(FILES, FILES)
def test_merging_loses_nothing_that_either_file_knew(customer: Customer, gone: Customer) -> None:
    whole = check_customer(joined(customer, gone))
    for field in fields(Customer):
        for file in (customer, gone):
            value = getattr(file, field.name)
            if isinstance(value, tuple):
                assert set(value) <= set(getattr(whole, field.name))
    assert {customer.name, gone.name} <= {whole.name, *whole.aliases}
    assert all(note in whole.notes for note in (customer.notes, gone.notes))
    assert (whole.name, whole.id) == (customer.name, customer.id)
    assert joined(whole, gone) == whole


async def test_W5_two_files_become_one_and_both_lead_there(rooms: Rooms, merging: CustomerMerging) -> None:
    journal = CustomerJournal(rooms.database, rooms.clock, rooms.audit)
    customer = await rooms.customers.add(FULL, CHIEF)
    gone = await rooms.customers.add(
        Customer("王先生", ("13900139000",), notes="下午来电", standing=Standing.VIP), CHIEF
    )
    third = await rooms.customers.add(Customer("小王", ("13600136000",)), CHIEF)
    await journal.write(gone.id, EntryKind.NOTE, "要发票", BOSS)
    await merging.merge(third.id, gone.id, BOSS)
    whole = await merging.merge(gone.id, customer.id, BOSS)
    assert whole.numbers == ("+8613807310000", "+8673188886666", "+8613900139000", "+8613600136000")
    assert set(whole.aliases) == {"王老板", "王先生", "小王"}
    for id in (customer.id, gone.id, third.id):
        assert await rooms.customers.customer(id) == whole
        assert await rooms.customers.family(id) == [customer.id, *sorted((gone.id, third.id))]
    assert await rooms.customers.by_number("13600136000") == whole
    assert [row.text for row in await journal.of(customer.id)] == ["要发票"]
    assert await rooms.customers.customers() == [whole]
    assert await rooms.customers.find("王先生") == ([whole], None)
    special = await rooms.customers.special()
    assert special == dict.fromkeys((customer.id, gone.id, third.id), "key_account")
    job = await Jobs(rooms.database, rooms.clock).claim("test", frozenset({CUSTOMER_MERGED}))
    assert job is not None
    assert job.payload == {"customer": third.id, "into": gone.id}


async def test_files_that_cannot_become_one_are_left_as_they_are(rooms: Rooms, merging: CustomerMerging) -> None:
    entry = await rooms.customers.add(Customer("王", ("13900139000",)), CHIEF)
    two = await rooms.customers.add(Customer("李"), CHIEF)
    with pytest.raises(MergeConflict):
        await merging.merge(entry.id, entry.id, BOSS)
    with pytest.raises(UnknownCustomer):
        await merging.merge(entry.id, "nobody", BOSS)
    await merging.merge(two.id, entry.id, BOSS)
    for pair in ((two.id, entry.id), (entry.id, two.id)):
        with pytest.raises(MergeConflict):
            await merging.merge(*pair, BOSS)
    assert (await rooms.customers.customer(entry.id)).numbers == ("+8613900139000",)


async def test_files_that_share_a_handle_are_shown_as_duplicates(rooms: Rooms, merging: CustomerMerging) -> None:
    entry = await rooms.customers.add(Customer("王芳", emails=("Wang@Example.com",)), CHIEF)
    two = await rooms.customers.add(Customer("王 芳"), CHIEF)
    three = await rooms.customers.add(Customer("W. Fang", emails=("wang@example.com",)), CHIEF)
    duplicates = await CustomerDuplicates(rooms.database).find()
    assert [(element.kind, {file.id for file in element.customers}) for element in duplicates] == [
        ("email", {entry.id, three.id}),
        ("name", {entry.id, two.id}),
    ]
    assert await CustomerDuplicates(rooms.database).find(after=("email", duplicates[0].value)) == duplicates[1:]
    await merging.merge(three.id, entry.id, BOSS)
    assert [duplicate.kind for duplicate in await CustomerDuplicates(rooms.database).find()] == ["name"]


async def test_S6_a_visit_is_planned_moved_and_recorded(rooms: Rooms) -> None:
    journal = CustomerJournal(rooms.database, rooms.clock, rooms.audit)
    file = await rooms.customers.add(FULL, CHIEF)
    day = date(2026, 12, 1)
    visit = await journal.write(file.id, EntryKind.VISIT, "送年节样品", BOSS, planned_for=day, agent="1001")
    note = await journal.write(file.id, EntryKind.NOTE, "喜欢上午来电", BOSS)
    member = await journal.write(file.id, EntryKind.ENROLMENT, "已办会员", BOSS)
    assert [row.state for row in (visit, note, member)] == ["planned", "written", "done"]
    assert await journal.planned(date(2026, 11, 30)) == []
    moved = await journal.step(visit.id, EntryEvent.MOVE, BOSS, planned_for=date(2026, 11, 28))
    assert (moved.state, moved.planned_for) == ("planned", date(2026, 11, 28))
    assert [row.id for row in await journal.planned(date(2026, 11, 30))] == [visit.id]
    done = await journal.step(visit.id, EntryEvent.DO, BOSS, result="订了二百箱")
    assert (done.state, done.result, done.ended_at) == (EntryState.DONE, "订了二百箱", rooms.clock())
    assert await journal.planned(date(2027, 1, 1)) == []
    for row in (visit, note, member):
        with pytest.raises(IllegalTransition):
            await journal.step(row.id, EntryEvent.DROP, BOSS, result="x")
    with pytest.raises(BadEntry):
        await journal.write(file.id, EntryKind.NOTE, "x", BOSS, planned_for=day)
    with pytest.raises(UnknownEntry):
        await journal.step("none", EntryEvent.DO, BOSS, result="x")
    assert {row.id for row in await journal.of(file.id)} == {visit.id, note.id, member.id}


async def test_an_erased_customer_leaves_nothing_to_be_found(rooms: Rooms, merging: CustomerMerging) -> None:
    journal = CustomerJournal(rooms.database, rooms.clock, rooms.audit)
    customer = await rooms.customers.add(FULL, CHIEF)
    gone = await rooms.customers.add(Customer("王先生", ("13900139000",)), CHIEF)
    await journal.write(customer.id, EntryKind.NOTE, "要发票", BOSS)
    await merging.merge(gone.id, customer.id, BOSS)
    erasure = CustomerErasure(rooms.database, rooms.clock, rooms.audit, Jobs(rooms.database, rooms.clock))
    await erasure.erase(gone.id, "客户要求", BOSS)
    assert await rooms.customers.customer(customer.id) == Customer(ERASED, id=customer.id)
    assert await rooms.customers.by_number("13807310000") is None
    for words in ("王先生", "湘味", "wang"):
        assert await rooms.customers.find(words) == ([], None)
    assert await journal.of(customer.id) == []
    assert await CustomerDuplicates(rooms.database).find() == []
    assert await rooms.customers.customers() == []
    jobs = Jobs(rooms.database, rooms.clock)
    job = await jobs.claim("test", frozenset({CUSTOMER_ERASED}))
    assert job is not None
    assert sorted(job.payload["numbers"]) == ["+8613807310000", "+8613900139000", "+8673188886666"]
    audited = [row for row in await rooms.audit.page(50) if row.action.startswith("customer.")]
    assert not any("139001" in str(row.facts) for row in audited)


async def test_S6_a_visit_is_not_planned_for_a_day_that_is_over(rooms: Rooms) -> None:
    journal = CustomerJournal(rooms.database, rooms.clock, rooms.audit)
    file = await rooms.customers.add(Customer("湘味批发部"), CHIEF)
    over = (rooms.clock() - timedelta(days=2)).date()
    with pytest.raises(PlanInThePast):
        await journal.write(file.id, EntryKind.VISIT, "送样品", BOSS, planned_for=over)
    visit = await journal.write(file.id, EntryKind.VISIT, "送样品", BOSS, planned_for=rooms.clock().date())
    with pytest.raises(PlanInThePast):
        await journal.step(visit.id, EntryEvent.MOVE, BOSS, planned_for=over)
