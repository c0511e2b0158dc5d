"""The ledger in a real browser: proposal, decision, dispute and settlement by the right persons (D7)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from playwright.async_api import Browser, expect

from callcenter.clock import now
from callcenter.web.roles import Role
from tests.dashboards.console import accessible, compose, fits, violations_by_theme
from tests.dashboards.test_roster_pages import HOMES, signed_in, to
from tests.roster.test_changes_http import Floor, floor
from tests.support.web_centre import PASSWORD

__all__ = ["floor"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(180), pytest.mark.usefixtures("built")]


async def proposed(floor: Floor, agent: str = "1001") -> str:
    at = (now() - timedelta(hours=1)).isoformat()
    body = {"kind": "rude_complaint", "agent": agent, "at": at, "reason": "客户投诉态度差<b>"}
    entry: str = (await floor.done("boss", "POST", "/ledger", body))["id"]
    return entry


async def test_D7_an_entry_from_the_proposal_to_the_settlement(browser: Browser, floor: Floor) -> None:
    entry = await proposed(floor)
    people = floor.centre.web_services.people
    await people.add("chief", "经理", PASSWORD, frozenset({Role.MANAGER}), None)
    HOMES["chief"] = "/floor"
    async with signed_in(browser, floor, "lilei", "hanmei", "boss", "chief") as (lilei, hanmei, boss, chief):
        await to(hanmei, "/ledger")
        await expect(hanmei.get_by_text("没有记录。")).to_be_visible()
        await to(lilei, "/ledger")
        mine = lilei.locator("#entries > li")
        await expect(mine).to_contain_text("待确认")
        await expect(mine).to_contain_text("客户投诉态度差<b>")
        await expect(mine.get_by_role("button")).to_have_count(0)

        await to(boss, "/ledger")
        await boss.get_by_role("button", name="确认", exact=True).click()
        dialog = boss.get_by_role("dialog")
        submit = dialog.get_by_role("button", name="确认", exact=True)
        await dialog.locator("#ledger-reason").click()
        await compose(boss, "luyin", "录音已听")
        await dialog.locator("#ledger-amount").fill("5.01")
        await expect(submit).to_be_disabled()
        await dialog.locator("#ledger-amount").fill("3")
        assert await violations_by_theme(boss) == []
        await submit.click()
        await expect(boss.locator("#entries > li")).to_contain_text("已确认")

        # The feed brings the decision to the agent, who disputes it.
        await expect(mine).to_contain_text("3.00 元")
        await lilei.get_by_role("button", name="提出异议").click()
        await lilei.locator("#ledger-reason").fill("客户先骂人")
        await lilei.get_by_role("dialog").get_by_role("button", name="提出异议").click()
        await expect(mine).to_contain_text("有异议")
        assert await accessible(lilei) == []
        assert await fits(lilei)

        # Who confirmed it does not settle the dispute.
        await expect(boss.locator("#entries > li")).to_contain_text("须由另一位主管裁定")
        await expect(boss.locator("#entries").get_by_role("button")).to_have_count(0)

        await to(chief, "/ledger")
        await chief.get_by_role("button", name="裁定异议").click()
        await chief.locator("#ledger-amount").fill("1.50")
        await chief.locator("#ledger-reason").fill("双方都有责任")
        await chief.get_by_role("dialog").get_by_role("button", name="裁定异议").click()
        await expect(mine).to_contain_text("已裁定")
        await expect(mine).to_contain_text("1.50 元")
        assert await accessible(chief) == []
    assert (await floor.done("boss", "GET", f"/ledger/{entry}"))["amount"] == 150


async def test_D7_a_manager_closes_the_month_and_takes_its_workbook(browser: Browser, floor: Floor) -> None:
    last_month = (now().replace(day=1) - timedelta(days=2)).isoformat()
    body = {"kind": "rude_complaint", "agent": "1001", "at": last_month, "reason": "客户投诉态度差"}
    entry = (await floor.done("boss", "POST", "/ledger", body))["id"]
    people = floor.centre.web_services.people
    await people.add("chief", "经理", PASSWORD, frozenset({Role.MANAGER}), None)
    HOMES["chief"] = "/floor"
    async with signed_in(browser, floor, "boss", "chief", "lilei") as (boss, chief, lilei):
        await to(lilei, "/ledger")
        await expect(lilei.locator("#entries > li")).to_have_count(1)
        await expect(lilei.locator("#month-state")).to_have_count(0)
        await to(chief, "/ledger")
        await expect(chief.locator("#month-state")).to_contain_text("1 条记录，1 条尚未决定")
        await expect(chief.locator("#month-close")).to_have_count(0)
        await floor.done("boss", "POST", f"/ledger/{entry}/confirm", {"reason": "录音已听"})
        await chief.reload()
        await expect(chief.locator("#month-totals")).to_contain_text("元")
        assert await violations_by_theme(chief) == []
        await to(boss, "/ledger")
        await expect(boss.locator("#month-totals")).to_contain_text("元")
        await expect(boss.locator("#month-close")).to_have_count(0)
        await chief.locator("#month-close").click()
        await chief.locator("#month-close-sure").click()
        await expect(chief.locator("#month-state")).to_contain_text("已结账")
        await expect(chief.locator("#month-close")).to_have_count(0)
        async with chief.expect_download() as got:
            await chief.locator("#month-workbook").click()
        assert (await got.value).suggested_filename.endswith(".xlsx")
        assert await fits(chief)


async def test_D7_a_colleague_neither_reads_nor_disputes_an_entry(floor: Floor) -> None:
    entry = await proposed(floor)
    await floor.done("boss", "POST", f"/ledger/{entry}/confirm", {"reason": "录音已听"})
    reason = {"reason": "不服"}
    for login, method, path, body in (
        ("hanmei", "GET", f"/ledger/{entry}", None),
        ("hanmei", "POST", f"/ledger/{entry}/dispute", reason),
        ("lilei", "POST", f"/ledger/{entry}/annul", reason),
        ("lilei", "POST", f"/ledger/{entry}/settle", reason),
        ("boss", "POST", f"/ledger/{entry}/dispute", reason),
    ):
        status, problem = await floor.ask(login, method, path, body)
        assert status in (403, 404), (login, path, problem)
    twice = await asyncio.gather(*(floor.ask("lilei", "POST", f"/ledger/{entry}/dispute", reason) for _ in range(2)))
    assert sorted(status for status, _ in twice) == [200, 409]
