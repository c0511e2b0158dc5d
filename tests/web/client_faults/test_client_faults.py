"""Tests faults that pages report: nothing personal is kept, they are bounded, and counted by build."""

from __future__ import annotations

import pytest

from callcenter.storage.database import Database
from callcenter.web.client_faults.errors import TooManyClientFaults
from callcenter.web.client_faults.model import MOST, MOST_KINDS, FaultKind, detail_of, page_of
from callcenter.web.client_faults.rows import ClientFaultRow
from callcenter.web.client_faults.service import ClientFaults
from tests.support.rooms import SetClock, person

LILEI, HANMEI = person("1001"), person("1002")


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("TypeError: x is undefined", "TypeError: x is undefined"),
        ("caller 139 7481-2346 hung up", "caller # hung up"),
        ("+8613974812346", "+#"),
        ("mail to zhang.san@example.cn failed", "mail to @ failed"),
        ("unexpected token 张三\n at line 12", "unexpected token * at line 12"),
        ("GET /api/v1/customers?q=13974812346 404", "GET /api/v1/customers? 404"),
        ("１３９７４８１２３４６", "*"),
    ],
)
def test_what_may_be_personal_is_not_kept(written: str, stored: str) -> None:
    assert detail_of(written) == stored


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/desk", "/desk"),
        ("/desk/record/pbx1-1795752000.7?x=1#y", "/desk/record/:id"),
        ("/customers/张三", "/customers/:id"),
        ("", ""),
    ],
)
def test_the_path_of_a_page_names_nobody(path: str, template: str) -> None:
    assert page_of(path) == template


@pytest.fixture
def faults(database: Database) -> ClientFaults:
    return ClientFaults(database, SetClock())


async def test_the_same_fault_is_counted_by_build(faults: ClientFaults) -> None:
    for build, by in (("a1", LILEI), ("a1", HANMEI), ("b2", LILEI)):
        await faults.report(FaultKind.NO_SOUND, "suspended", "/desk", build, by)
    await faults.report(FaultKind.SCRIPT_ERROR, "x", "/desk", "b2", LILEI)
    builds = {each.build: (each.count, each.kinds) for each in await faults.builds()}
    assert builds == {"a1": (2, {"no_sound": 2}), "b2": (2, {"no_sound": 1, "script_error": 1})}
    (row,) = await faults.page(10, build="a1")
    assert (row.kind, row.detail, row.page, row.count) == ("no_sound", "suspended", "/desk", 2)
    assert [row.build for row in await faults.page(10, kind=FaultKind.SCRIPT_ERROR)] == ["b2"]


async def test_a_page_in_a_loop_is_stopped_and_the_others_are_not(faults: ClientFaults) -> None:
    for _ in range(MOST):
        await faults.report(FaultKind.OTHER, "", "", "", LILEI)
    with pytest.raises(TooManyClientFaults) as refused:
        await faults.report(FaultKind.OTHER, "", "", "", LILEI)
    assert refused.value.facts["retry_after"] == 600
    await faults.report(FaultKind.OTHER, "", "", "", HANMEI)
    assert [build.count for build in await faults.builds()] == [MOST + 1]


async def test_the_table_is_bounded_and_old_faults_leave_it(database: Database) -> None:
    clock = SetClock()
    faults = ClientFaults(database, clock)
    async with database.write() as session:
        session.add_all(
            ClientFaultRow(
                id=f"{place:032}",
                build="",
                kind="other",
                page="",
                detail=str(place),
                count=1,
                first_at=clock(),
                last_at=clock(),
            )
            for place in range(MOST_KINDS)
        )
    await faults.report(FaultKind.OTHER, "one more", "/desk", "c3", LILEI)
    await faults.report(FaultKind.OTHER, "and another", "/desk", "c3", LILEI)
    (row,) = await faults.page(1)
    assert (row.build, row.detail, row.count) == ("", "", 2)
    clock.move(days=91)
    await faults.report(FaultKind.OTHER, "later", "/desk", "d4", LILEI)
    assert [row.build for row in await faults.page(10)] == ["d4"]
