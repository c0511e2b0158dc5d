"""Tests telephone numbers in every spelling, and the file that belongs to one (policy W5)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.customers.model import BadCustomer, Customer, NumberTaken, Standing, UnknownCustomer
from callcenter.customers.numbers import BadNumber, Number, NumberKind, mask, read_number
from callcenter.customers.places import place_of
from callcenter.facts import CustomerId
from callcenter.storage.database import Database
from tests.support.rooms import CHIEF, Rooms


@pytest.mark.parametrize(
    "text",
    [
        "13807310000",
        "+8613807310000",
        "008613807310000",
        "013807310000",
        "138 0731 0000",
        "+86 138-0731-0000",
        "１３８０７３１００００",
        "913807310000",
    ],
)
def test_one_mobile_in_many_spellings_is_one_number(text: str) -> None:
    assert read_number(text, "CN", "9") == Number("+8613807310000", NumberKind.FULL)


@pytest.mark.parametrize(
    ("text", "number", "kind"),
    [
        ("95588", "95588", NumberKind.SHORT),
        ("+8695588", "95588", NumberKind.SHORT),
        ("995588", "95588", NumberKind.SHORT),
        ("12345", "12345", NumberKind.SHORT),
        ("110", "110", NumberKind.SHORT),
        ("10086", "10086", NumberKind.SHORT),
        ("106812345678", "106812345678", NumberKind.SHORT),
        ("073188886666", "+8673188886666", NumberKind.FULL),
        ("4008001234", "+864008001234", NumberKind.FULL),
        ("+1 415 555 2671", "+14155552671", NumberKind.FULL),
        ("8001", "8001", NumberKind.LOCAL),
        ("88886666", "88886666", NumberKind.LOCAL),
        ("anonymous", "", NumberKind.HIDDEN),
        ("", "", NumberKind.HIDDEN),
        ("Restricted", "", NumberKind.HIDDEN),
    ],
)
def test_short_numbers_stay_as_dialled_and_full_ones_become_whole(text: str, number: str, kind: NumberKind) -> None:
    assert read_number(text, "CN", "9") == Number(number, kind)


@pytest.mark.parametrize(
    "text",
    [
        "138\r\nAction: Originate",
        "138\0",
        "<script>",
        "1" * 21,
        "9" * 5000,
        "+",
        "++86138",
        "١٢٣٤٥",
        "😀",
        "sip:1@x",
        "+999123",
        "1;2",
        "1|2",
        "'; DROP TABLE",
        "5",
    ],
)
def test_hostile_text_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(BadNumber) as caught:
        read_number(text)
    assert text[:10] not in caught.value.detail or len(text) < 3


@given(st.text(max_size=60))
def test_any_text_gives_a_plain_number_or_a_refusal(text: str) -> None:
    try:
        number = read_number(text, "CN", "9")
    except BadNumber:
        return
    assert number.text == "" or number.text.removeprefix("+").isascii()
    assert read_number(number.text, "CN", "") == number


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("+8613800138000", "138****8000"),
        ("13800138000", "138****8000"),
        ("+8673188886666", "073****6666"),
        ("+14155552671", "+141****2671"),
        ("95588", "95588"),
        ("88886666", "88****6666"),
        ("", ""),
    ],
)
def test_a_masked_number_cannot_be_called_back(number: str, masked: str) -> None:
    assert mask(number) == masked


def test_a_number_has_its_region() -> None:
    assert "长沙" in place_of(read_number("073188886666"))
    assert place_of(read_number("95588")) == ""


@pytest.fixture
def rooms(database: Database) -> Rooms:
    return Rooms(database)


async def test_W5_a_caller_is_known_by_any_spelling_of_their_number(rooms: Rooms) -> None:
    wang = Customer("王女士", ("138 0731 0000", "0731-88886666"), "xiang-changsha", Standing.KEY_ACCOUNT, "爱吃剁椒")
    customer = await rooms.customers.add(wang, CHIEF)
    assert customer.numbers == ("+8613807310000", "+8673188886666")
    assert await rooms.customers.by_number("008613807310000") == customer
    assert await rooms.customers.by_number("+8673188886666") == customer


@pytest.mark.parametrize("number", ["anonymous", "", "13900000001", "x\r\n", "9" * 100])
async def test_hidden_unknown_and_hostile_numbers_match_no_customer(rooms: Rooms, number: str) -> None:
    await rooms.customers.add(Customer("王女士", ("13807310000",)), CHIEF)
    assert await rooms.customers.by_number(number) is None


async def test_a_number_leads_to_one_file(rooms: Rooms) -> None:
    first = await rooms.customers.add(Customer("王女士", ("13807310000",)), CHIEF)
    with pytest.raises(NumberTaken):
        await rooms.customers.add(Customer("李先生", ("+8613807310000",)), CHIEF)
    assert await rooms.customers.customers() == [first]
    moved = Customer("王女士", ("13907310000",), id=first.id)
    await rooms.customers.change(moved, CHIEF)
    assert await rooms.customers.by_number("13807310000") is None
    assert (await rooms.customers.add(Customer("李先生", ("13807310000",)), CHIEF)).name == "李先生"


async def test_files_that_break_a_rule_are_refused(rooms: Rooms) -> None:
    with pytest.raises(BadCustomer):
        await rooms.customers.add(Customer("a\nb"), CHIEF)
    with pytest.raises(BadNumber):
        await rooms.customers.add(Customer("王", ("anonymous",)), CHIEF)
    with pytest.raises(UnknownCustomer):
        await rooms.customers.change(Customer("王", id=CustomerId("nobody")), CHIEF)


async def test_names_are_searched_as_they_are_written(rooms: Rooms) -> None:
    await rooms.customers.add(Customer("100%果汁店"), CHIEF)
    await rooms.customers.add(Customer("1000店"), CHIEF)
    assert [customer.name for customer in await rooms.customers.customers("100%")] == ["100%果汁店"]
