"""Roster, leave, swaps, handover and breaks in turn in a real browser, on the joined centre without a PBX."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser, Page, expect

from callcenter.clock import now
from tests.dashboards.console import accessible, console_page, fits, sign_in, violations
from tests.roster.test_changes_http import HOUR, Floor, floor
from tests.roster.test_day_http import on_duty, shift
from tests.support.web_centre import PASSWORD

__all__ = ["floor"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(180), pytest.mark.usefixtures("built")]
ZONE = ZoneInfo("Asia/Shanghai")
HOMES = {"lilei": "/desk", "hanmei": "/desk", "boss": "/floor"}


@asynccontextmanager
async def signed_in(browser: Browser, floor: Floor, *logins: str) -> AsyncIterator[list[Page]]:
    client, _ = floor.clients["boss"]
    origin = str(client.make_url("/")).rstrip("/")
    async with AsyncExitStack() as stack:
        pages = []
        for login in logins:
            page = await stack.enter_async_context(console_page(browser))
            await sign_in(page, origin, login, PASSWORD, HOMES[login])
            pages.append(page)
        yield pages


async def to(page: Page, path: str) -> None:
    await page.locator(f"nav a[href='{path}']").click()
    await page.wait_for_url(f"**{path}")


async def test_D2_D3_D4_a_swap_and_a_leave_from_request_to_decision(browser: Browser, floor: Floor) -> None:
    # Fixed hours of one day: a shift over midnight would belong to the next day, and the rest before it would be short.
    at = now()
    morning = at.astimezone(ZONE).replace(hour=8, minute=0, second=0, microsecond=0) + timedelta(days=7)
    mine = await floor.shift("1001", morning - at, morning + 8 * HOUR - at)
    await floor.shift("1002", morning + 9 * HOUR - at, morning + 15 * HOUR - at)
    async with signed_in(browser, floor, "lilei", "hanmei", "boss") as (lilei, hanmei, boss):
        await to(lilei, "/roster")
        await lilei.locator("#later").click()
        await lilei.locator("#week tr.mine button.shift").click()
        await lilei.locator("#swap-colleague").select_option("1002")
        await lilei.locator("#swap-reason").fill("孩子家长会")
        await lilei.get_by_role("button", name="提交").click()
        await expect(lilei.locator("#requests li")).to_contain_text("待同事答复")
        assert await accessible(lilei) == []
        assert await fits(lilei)

        await to(hanmei, "/roster")
        await hanmei.get_by_role("button", name="同意代班").click()
        await hanmei.get_by_role("dialog").get_by_role("button", name="同意代班").click()
        await expect(hanmei.locator("#requests li")).to_contain_text("待批准")

        await to(boss, "/roster")
        await expect(boss.locator("#requests li")).to_contain_text("孩子家长会")
        await boss.get_by_role("button", name="批准", exact=True).click()
        await expect(boss.locator("#effect")).to_contain_text("人手足够")
        assert await violations(boss) == []
        await boss.get_by_role("dialog").get_by_role("button", name="批准", exact=True).click()
        await expect(boss.locator("#requests li")).to_contain_text("已批准")
        assert (await floor.done("boss", "GET", f"/shifts/{mine}"))["agent"] == "1002"
        # The feed brings the change: the shift has left the row of the agent who asked.
        await expect(lilei.locator("#requests li")).to_contain_text("已批准")
        await expect(lilei.locator("#week tr.mine")).to_have_count(0)

        # Hanmei is alone on duty that day: her leave takes a reason despite the shortage.
        await hanmei.locator("#request-leave").click()
        await hanmei.locator("#leave-from").fill((morning - HOUR).strftime("%Y-%m-%dT%H:%M"))
        await hanmei.locator("#leave-until").fill((morning + 12 * HOUR).strftime("%Y-%m-%dT%H:%M"))
        await hanmei.locator("#leave-reason").fill("看病")
        await hanmei.get_by_role("button", name="提交").click()
        await expect(hanmei.locator("#requests li").first).to_contain_text("事假")
        await boss.locator("#requests li").first.get_by_role("button", name="批准", exact=True).click()
        await expect(boss.locator("#effect")).to_contain_text("批准后人手不足")
        approve = boss.get_by_role("dialog").get_by_role("button", name="批准", exact=True)
        await expect(approve).to_be_disabled()
        await boss.locator("#despite").check()
        await boss.locator("#decision-reason").fill("有人顶班，见备忘")
        await approve.click()
        await expect(hanmei.locator("#requests li").first).to_contain_text("有人顶班")


async def test_D4_a_leader_asks_the_first_substitute_beside_the_leave_and_approves_without_a_shortage(
    browser: Browser, floor: Floor
) -> None:
    at = now()
    morning = at.astimezone(ZONE).replace(hour=8, minute=0, second=0, microsecond=0) + timedelta(days=7)
    await floor.shift("1001", morning - at, morning + 8 * HOUR - at)
    body = {"kind": "sick", "reason": "发烧", "starts_at": (morning + HOUR).isoformat()}
    body["ends_at"] = (morning + 12 * HOUR).isoformat()
    await floor.done("lilei", "POST", "/leaves", body)
    async with signed_in(browser, floor, "hanmei", "boss") as (hanmei, boss):
        await to(boss, "/roster")
        await boss.get_by_role("button", name="批准", exact=True).click()
        await expect(boss.locator("#effect")).to_contain_text("批准后人手不足")
        await expect(boss.locator("#substitutes")).to_contain_text("09:00–16:00")
        first = boss.locator("#substitutes li").first
        await expect(first).to_contain_text("hanmei")
        await expect(first).to_contain_text("四周内未上此热线 · 当周已排 0 小时")
        assert await accessible(boss) == []
        await first.get_by_role("button").click()
        await expect(first).to_contain_text("已询问，等待答复")
        await boss.keyboard.press("Escape")

        await to(hanmei, "/roster")
        await expect(hanmei.locator("#requests li")).to_contain_text("顶替 lilei")
        await hanmei.locator("#requests button.main").click()
        await hanmei.get_by_role("dialog").locator("button.main").click()
        await expect(hanmei.locator("#requests li")).to_contain_text("待批准")

        overtime = boss.locator("#requests li", has_text="顶替 lilei")
        await overtime.get_by_role("button", name="批准加班").click()
        await boss.get_by_role("dialog").get_by_role("button", name="批准加班").click()
        await expect(overtime).to_contain_text("已批准")
        await boss.locator("#requests li", has_text="发烧").get_by_role("button", name="批准", exact=True).click()
        await expect(boss.locator("#effect")).to_contain_text("人手足够")
        await boss.get_by_role("dialog").get_by_role("button", name="批准", exact=True).click()
        await expect(boss.locator("#requests li", has_text="发烧")).to_contain_text("已批准")


async def test_H1_H3_the_log_is_written_offered_read_and_signed(browser: Browser, floor: Floor) -> None:
    start = now() - 8 * HOUR
    await on_duty(floor, shift("1001", start, start + 8 * HOUR), shift("1002", start + 8 * HOUR, start + 16 * HOUR))
    for login, agent in (("lilei", "1001"), ("hanmei", "1002")):
        await floor.done(login, "POST", f"/agents/{agent}/presence/sign-in", {})
    async with signed_in(browser, floor, "lilei", "hanmei") as (lilei, hanmei):
        await to(lilei, "/handover")
        await lilei.locator("#begin").click()
        await expect(lilei.locator("#log")).to_contain_text("填写中")
        await lilei.locator("#topic").select_option("equipment")
        await lilei.locator("#item-text").fill("二号耳机坏了<b>")
        await lilei.get_by_role("button", name="添加").click()
        await expect(lilei.locator("#items")).to_contain_text("二号耳机坏了<b>")
        assert await accessible(lilei) == []
        await lilei.locator("#offer").click()
        await expect(lilei.locator("#log")).to_contain_text("待接班人签字")

        await to(hanmei, "/handover")
        await expect(hanmei.locator("#items")).to_contain_text("二号耳机坏了<b>")
        await hanmei.locator("#remark").fill("已看")
        await hanmei.get_by_role("button", name="签字接班").click()
        await expect(hanmei.locator("#log")).to_contain_text("已交接")
        await expect(lilei.locator("#log")).to_contain_text(re.compile("hanmei.*签字"))
        # What is not settled goes on to the next log until a person closes it.
        await hanmei.locator("#begin").click()
        await expect(hanmei.locator("#log")).to_contain_text("填写中")
        await expect(hanmei.locator("#items")).to_contain_text("二号耳机坏了")
        await hanmei.get_by_role("button", name="了结").click()
        await hanmei.get_by_placeholder("如何了结").fill("换了新的")
        await hanmei.get_by_role("button", name="了结").click()
        await expect(hanmei.locator("#items")).to_contain_text("hanmei 已了结：换了新的")


async def test_H3_the_signature_is_offered_to_the_relief_alone(browser: Browser, floor: Floor) -> None:
    start = now() - HOUR
    await on_duty(floor, shift("1001", start, start + 8 * HOUR))
    for login, agent in (("lilei", "1001"), ("hanmei", "1002")):
        await floor.done(login, "POST", f"/agents/{agent}/presence/sign-in", {})
    log = (await floor.done("lilei", "POST", "/handovers"))["id"]
    await floor.done("lilei", "POST", f"/handovers/{log}/offer")
    async with signed_in(browser, floor, "hanmei") as (hanmei,):
        await to(hanmei, "/handover")
        await expect(hanmei.locator("#not-relief")).to_contain_text("须已签入，并在其中一条线路当班")
        await expect(hanmei.locator("#sign")).to_have_count(0)
        status, problem = await floor.ask("hanmei", "POST", f"/handovers/{log}/sign", {})
        assert (status, problem["code"]) == (403, "not_the_relief")
        await on_duty(floor, shift("1002", start, start + 8 * HOUR))
        await hanmei.reload()
        await expect(hanmei.locator("#sign")).to_be_visible()
        await expect(hanmei.locator("#not-relief")).to_have_count(0)


async def test_D5_D6_a_break_waits_its_turn_at_the_desk(browser: Browser, floor: Floor) -> None:
    start = now() - HOUR
    await on_duty(floor, *(shift(agent, start, start + 9 * HOUR) for agent in ("1001", "1002")))
    for login, agent in (("lilei", "1001"), ("hanmei", "1002")):
        await floor.done(login, "POST", f"/agents/{agent}/presence/sign-in", {})
    breaks = floor.centre.contributions.roster.breaks
    await floor.done("lilei", "POST", "/agents/1001/presence/pause", {"reason": "meal"})
    await breaks.once()
    async with signed_in(browser, floor, "hanmei") as (hanmei,):
        status, _ = await floor.ask("hanmei", "POST", "/agents/1002/presence/pause", {"reason": "break"})
        assert status == 409
        turn = hanmei.locator("#break-turn")
        await expect(turn).to_contain_text("小休排队中，第 1 位")
        await expect(turn).to_contain_text("预计")
        await floor.done("lilei", "POST", "/agents/1001/presence/resume", {})
        await breaks.once()
        await expect(turn).to_contain_text("轮到您小休了")
        async with hanmei.expect_response("**/presence/pause"):
            await hanmei.locator("#take-break").click()
        await breaks.once()
        await expect(turn).to_contain_text(re.compile("小休还剩 1[45]:"))


async def test_an_overtime_is_offered_answered_and_approved(browser: Browser, floor: Floor) -> None:
    evening = (now().astimezone(ZONE) + timedelta(days=9)).replace(hour=18, minute=0, second=0, microsecond=0)
    async with signed_in(browser, floor, "lilei", "boss") as (lilei, boss):
        await to(lilei, "/roster")
        await lilei.locator("#request-overtime").click()
        assert await accessible(lilei) == []
        await lilei.locator("#overtime-line").select_option("orders")
        await lilei.locator("#overtime-from").fill(evening.strftime("%Y-%m-%dT%H:%M"))
        await lilei.locator("#overtime-until").fill((evening + 3 * HOUR).strftime("%Y-%m-%dT%H:%M"))
        await lilei.locator("#overtime-reason").fill("双十二备货")
        await lilei.get_by_role("button", name="提交").click()
        await expect(lilei.locator("#requests li")).to_contain_text("待答复")
        # What the agent offers a leader answers: nothing is offered to the agent but to withdraw it.
        await expect(lilei.locator("#requests li button")).to_have_text(["撤回"])

        await to(boss, "/roster")
        await expect(boss.locator("#requests li")).to_contain_text("双十二备货")
        await boss.get_by_role("button", name="同意加班").click()
        await expect(boss.locator("#overtime-effect")).to_contain_text("当周工时由 0 小时变为 3 小时")
        assert await violations(boss) == []
        await boss.get_by_role("dialog").get_by_role("button", name="同意加班").click()
        await boss.get_by_role("button", name="批准加班").click()
        await boss.get_by_role("dialog").get_by_role("button", name="批准加班").click()
        await expect(boss.locator("#requests li")).to_contain_text("已批准")
        await expect(lilei.locator("#requests li")).to_contain_text("已批准")
        await expect(lilei.locator("#requests li button")).to_have_count(0)
        (shift_,) = (await floor.done("lilei", "GET", "/shifts?agent=1001"))["items"]
        assert shift_["overtime"] is True

        await boss.get_by_role("button", name="取消加班").click()
        await boss.locator("#decision-reason").fill("货改期")
        await boss.get_by_role("dialog").get_by_role("button", name="取消加班").click()
        await expect(lilei.locator("#requests li")).to_contain_text("货改期")


async def test_a_leader_asks_for_overtime_and_the_agent_answers(browser: Browser, floor: Floor) -> None:
    evening = (now().astimezone(ZONE) + timedelta(days=9)).replace(hour=18, minute=0, second=0, microsecond=0)
    async with signed_in(browser, floor, "boss", "hanmei") as (boss, hanmei):
        await to(boss, "/roster")
        await boss.locator("#request-overtime").click()
        await boss.locator("#overtime-agent").select_option("1002")
        await boss.locator("#overtime-line").select_option("orders")
        await boss.locator("#overtime-from").fill(evening.strftime("%Y-%m-%dT%H:%M"))
        await boss.locator("#overtime-until").fill((evening + 3 * HOUR).strftime("%Y-%m-%dT%H:%M"))
        await boss.locator("#overtime-reason").fill("有人请假")
        await boss.get_by_role("button", name="提交").click()
        await expect(boss.locator("#requests li button")).to_have_text(["撤回"])
        await to(hanmei, "/roster")
        await hanmei.get_by_role("button", name="不同意").click()
        await hanmei.get_by_role("dialog").get_by_role("button", name="不同意").click()
        await expect(boss.locator("#requests li")).to_contain_text("不同意")
        await expect(boss.locator("#requests li button")).to_have_count(0)
