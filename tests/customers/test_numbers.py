"""Tests parsing of telephone numbers: however people, spreadsheets and carriers write one, it is one number."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.callbacks.dialling.numbers import check_callable, dialled
from callcenter.callbacks.errors import NotCallable
from callcenter.customers.model import BadCustomer, Customer, Standing
from callcenter.customers.numbers import (
    BadNumber,
    Number,
    NumberFromSheet,
    NumberKind,
    read_entry,
    read_number,
    spellings,
    spellings_of,
)
from callcenter.storage.database import Database
from ivr.reception import Standing as ivr_standing
from ivr.snapshot import Snapshot
from tests.support.rooms import CHIEF, Rooms

FULL_WIDTH = str.maketrans("0123456789+-() ", "０１２３４５６７８９＋－（）　")
AREAS = {"10": 8, "20": 8, "21": 8, "731": 8, "755": 8, "596": 7, "745": 7}


def _subscriber(area: str) -> str:
    first = "8[4-9]" if len(area) == 3 else "6[2-8]"
    return f"{area}{first}[0-9]{{{AREAS[area] - 2}}}"


mobiles = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
landlines = st.sampled_from(sorted(AREAS)).flatmap(lambda area: st.from_regex(_subscriber(area), fullmatch=True))
free_numbers = st.from_regex(r"400[0-9]{7}", fullmatch=True)
leads = st.sampled_from(["", "0", "86", "+86", "0086", "086", "+860", "00860", "0860", "860"])


@st.composite
def written(draw: st.DrawFn, national: st.SearchStrategy[str]) -> tuple[str, str]:
    """A number of China in E.164, and one of the ways to write it."""
    digits = draw(national)
    cuts = sorted(draw(st.sets(st.integers(1, len(digits) - 1), max_size=2)))
    parts = [digits[a:b] for a, b in zip([0, *cuts], [*cuts, len(digits)], strict=True)]
    # With hyphens the last group of a complete number would be its extension, and a dot may be a decimal point.
    blank = draw(st.sampled_from(["", " ", "\u00a0"]))
    text = draw(leads) + draw(st.sampled_from(["", " "])) + blank.join(parts)
    ways: list[Callable[[str], str]] = [
        str,
        str.strip,
        lambda t: t.translate(FULL_WIDTH),
        lambda t: f"\u202d{t}\u202c",
        lambda t: f"'{t}\t",
    ]
    return f"+86{digits}", draw(st.sampled_from(ways))(text)


@given(written(st.one_of(mobiles, landlines)))
def test_every_spelling_of_a_number_is_that_number(case: tuple[str, str]) -> None:
    number, text = case
    assert read_number(text) == Number(number, NumberKind.FULL)


def read(text: str, prefix: str) -> Number | type[BadNumber]:
    try:
        return read_number(text, outside_prefix=prefix)
    except BadNumber as error:
        return type(error)


@given(
    st.one_of(
        st.from_regex(r"\+?[0-9]{1,21}", fullmatch=True),
        st.tuples(st.sampled_from(["", "+86", "0086", "086", "0", "9", "90"]), mobiles | landlines).map("".join),
    ),
    st.sampled_from(["", "9"]),
)
def test_digits_alone_are_read_as_within_any_other_text(digits: str, prefix: str) -> None:
    """A blank before them takes the way of all texts, on which it is removed."""
    assert read(digits, prefix) == read(f" {digits}", prefix)


@given(st.one_of(mobiles, landlines, free_numbers))
def test_every_spelling_that_we_look_for_is_read_as_that_number(national: str) -> None:
    number = read_number(f"+86{national}")
    assert [text for text in spellings(number.text) if read_number(text) != number and len(national) > 10] == []
    assert spellings_of(national)[0] == number.text


@given(st.one_of(mobiles, landlines), st.from_regex(r"[0-9]{2,6}", fullmatch=True))
def test_an_extension_is_kept_apart(national: str, extension: str) -> None:
    lead = "" if len(national) == 11 and national.startswith("1") else "0"
    for mark in ("转", " 转 ", "-", " ext. ", "x", "#", "分机"):
        assert read_number(f"{lead}{national}{mark}{extension}") == Number(
            f"+86{national}", NumberKind.FULL, extension
        ), mark


@pytest.mark.parametrize(
    ("text", "number", "extension"),
    [
        ("0731-88886005-8012", "+8673188886005", "8012"),
        ("0731-88886006转802", "+8673188886006", "802"),
        ("0731-88886006（转802）", "+8673188886006", "802"),
        ("(0731)88886005(8012)", "+8673188886005", "8012"),
        ("0596-2345678-1", "+865962345678", "1"),
        ("400-800-1234-5", "+864008001234", "5"),
        ("88886005-8012", "88886005", "8012"),
        ("+1-415-555-2671 x12", "+14155552671", "12"),
        ("+86-731-88886005;ext=8012", "+8673188886005", "8012"),
        ("0731-8888-6005", "+8673188886005", ""),
        ("400-800-1234", "+864008001234", ""),
        ("138-0731-0000", "+8613807310000", ""),
    ],
)
def test_the_last_group_is_an_extension_only_behind_a_complete_number(text: str, number: str, extension: str) -> None:
    read = read_number(text)
    assert (read.text, read.extension) == (number, extension)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("073188880001;phone-context=+86", "+8673188880001"),
        ("073188880001;npdi;rn=+8673110", "+8673188880001"),
        ("tel:+86-731-88880001", "+8673188880001"),
        ("88880001;phone-context=+86731", "+8673188880001"),
        ("21234567;phone-context=+852", "+85221234567"),
        ("12345;phone-context=+86", "12345"),
        ("073188880001;phone-context=carrier.example", "+8673188880001"),
    ],
)
def test_what_carriers_add_behind_a_semicolon_is_no_part_of_the_number(text: str, number: str) -> None:
    assert read_number(text).text == number


@pytest.mark.parametrize(
    "text", ["110", "114", "119", "120", "12315", "12345", "12306", "10086", "95588", "96580", "118114", "10105888"]
)
def test_short_numbers_stay_as_they_are_dialled_from_3_digits_on(text: str) -> None:
    for spelling in (text, f"+86{text}", f"0086{text}", text.translate(FULL_WIDTH)):
        assert read_number(spelling) == Number(text, NumberKind.SHORT)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0731-12345", "+8673112345"),
        ("+8673112345", "+8673112345"),
        ("+861062345678", "+861062345678"),
        ("1062345678", "+861062345678"),
        ("106812345678", "106812345678"),
    ],
)
def test_service_numbers_of_a_town_and_numbers_of_beijing_are_not_mixed_up(text: str, number: str) -> None:
    assert read_number(text).text == number


@pytest.mark.parametrize("text", ["13974812346.0", "13974812346.00", "1.397E+10", "1.39748E+10", "1E10", "1,397e+10"])
def test_what_a_spreadsheet_made_of_a_number_is_refused_with_the_reason(text: str) -> None:
    with pytest.raises(NumberFromSheet, match="spreadsheet"):
        read_number(text)


@pytest.mark.parametrize("text", ["1397481234", "0731888860058012", "0731-88886003/4", "85221234567", "0731-8888600"])
def test_a_number_that_is_neither_full_nor_local_is_not_written_down(text: str) -> None:
    assert read_number(text).doubtful
    with pytest.raises(BadNumber):
        read_entry(text)


@pytest.mark.parametrize(
    ("text", "trunk"),
    [
        ("0731-88886005-8012", "073188886005"),
        ("+86 139 7481 2428", "13974812428"),
        ("400-800-1234", "4008001234"),
        ("0731 12345", "073112345"),
        ("95588", "95588"),
        ("+852 2123 4567", "0085221234567"),
    ],
)
def test_the_trunk_is_asked_for_the_number_as_it_is_dialled_here(text: str, trunk: str) -> None:
    assert dialled(check_callable(read_entry(text).text, "CN"), "CN", "national") == trunk


@pytest.mark.parametrize("number", ["110", "119", "120", "12345", "", "8001", "1001"])
def test_emergency_numbers_and_colleagues_are_never_called_back(number: str) -> None:
    with pytest.raises(NotCallable):
        check_callable(number, "CN")


@pytest.fixture
def rooms(database: Database) -> Rooms:
    return Rooms(database)


async def test_W5_a_file_keeps_the_extension_apart_and_is_found_without_it(rooms: Rooms) -> None:
    customer = await rooms.customers.add(Customer("湘味批发部", ("0731-88886005-8012", "0731-88886006转802")), CHIEF)
    assert customer.numbers == ("+8673188886005", "+8673188886006")
    assert customer.extensions == {"+8673188886005": "8012", "+8673188886006": "802"}
    number = await rooms.customers.by_number("073188886005")
    assert number == customer
    changed = await rooms.customers.change(number, CHIEF)
    assert changed.extensions == customer.extensions


async def test_an_extension_without_its_number_is_refused(rooms: Rooms) -> None:
    with pytest.raises(BadCustomer):
        await rooms.customers.add(Customer("湘味", ("13974812346",), extensions={"13974812347": "1"}), CHIEF)
    with pytest.raises(BadCustomer):
        await rooms.customers.add(Customer("湘味", ("13974812346",), extensions={"13974812346": "12a"}), CHIEF)


@pytest.mark.parametrize(
    "caller", ["08613974812346", "+8613974812346", "013974812346", "13974812346;phone-context=+86"]
)
async def test_W5_a_caller_is_known_however_the_carrier_writes_the_number(rooms: Rooms, caller: str) -> None:
    customer = await rooms.customers.add(Customer("贺小满", ("13974812346",), standing=Standing.VIP), CHIEF)
    assert await rooms.customers.by_number(caller) == customer
    assert await rooms.customers.by_numbers([caller]) == {caller: customer.id}
    snapshot = Snapshot(
        standings={
            number: ivr_standing(standing.value) for number, standing in (await rooms.customers.standings()).items()
        }
    )
    known = snapshot.customer(caller)
    assert known is not None
    assert known.standing.value == "vip"
