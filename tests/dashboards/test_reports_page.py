"""Scheduled reports in a real browser: saved, sent, failed in words, paused, changed and removed (S1)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from callcenter.calls.reports.scheduled.service import DELIVER_REPORT, ScheduledReports
from callcenter.clock import now
from callcenter.web.roles import Role
from tests.dashboards.console import accessible, choose_language, compose, fits, violations_by_theme
from tests.dashboards.test_roster_pages import HOMES, signed_in, to
from tests.roster.test_changes_http import Floor, floor
from tests.support.past_calls import busy_hour, save
from tests.support.web_centre import PASSWORD

__all__ = ["floor"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(180), pytest.mark.usefixtures("built")]
SHOTS = os.environ.get("REPORT_SCREENS")
"""A folder for pictures of the page; none are taken without it."""


async def picture(page: Page, name: str) -> None:
    if SHOTS is None:
        return
    for language in ("zh-CN", "en"):
        for theme in ("light", "dark"):
            await choose_language(page, language)
            await page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
            await page.screenshot(path=str(Path(SHOTS) / f"{name}-{language}-{theme}.png"))
    await choose_language(page, "zh-CN")
    await page.emulate_media(color_scheme="light")


async def deliver(floor: Floor) -> int:
    """Do the deliveries that are due, as the running service does."""
    reports: ScheduledReports = floor.centre.contributions.scheduled_reports
    jobs, done = floor.centre.contributions.core.jobs, 0
    while (job := await jobs.claim("w", frozenset({DELIVER_REPORT}))) is not None:
        await jobs.do(job, reports.deliver)
        done += 1
    return done


async def test_S1_a_report_is_saved_sent_paused_changed_and_removed(browser: Browser, floor: Floor) -> None:
    await save(floor.centre.database, busy_hour("orders", now()))
    async with signed_in(browser, floor, "boss") as (boss,):
        await to(boss, "/reports")
        await expect(boss.get_by_text("还没有定时报表。")).to_be_visible()
        await boss.locator("#new-report").click()
        dialog = boss.get_by_role("dialog")
        save_button = dialog.get_by_role("button", name="保存")
        await expect(save_button).to_be_disabled()
        await boss.locator("#report-name").click()
        await compose(boss, "ribao", "日报<b>")
        await boss.locator("#report-kind").select_option("calls")
        await boss.locator("#report-by").select_option("half_hour")
        await expect(boss.locator("#report-every option")).to_have_text(["每天", "每周一"])
        await boss.locator("#report-time").fill("06:30")
        await expect(boss.locator("#report-mail")).to_be_disabled()
        await expect(boss.locator("#report-mail-hint")).to_contain_text("alarms.smtp_host")
        assert await accessible(boss) == []
        await picture(boss, "form")
        # No address and no folder: there is nobody to send it to.
        await boss.locator("#report-folder").uncheck()
        await expect(save_button).to_be_disabled()
        await boss.locator("#report-folder").check()
        await boss.locator("#report-name").press("Enter")
        row = boss.locator("#reports tbody tr")
        for words in ("日报<b>", "话务 · 半小时", "负责人 boss", "每天", "06:30", "Excel", "文件夹", "尚未发送"):
            await expect(row).to_contain_text(words)

        await row.get_by_role("button", name="立即发送").click()
        await expect(row).to_contain_text("等待发送")
        assert await deliver(floor) == 1
        # The page reads the list again by itself while a delivery is on its way.
        await expect(row).to_contain_text("已发送")
        (file,) = (floor.centre.settings.data_dir / "reports").iterdir()
        await row.get_by_role("button", name="发送记录").click()
        await expect(boss.locator("#deliveries tbody tr")).to_contain_text(file.name)
        assert await accessible(boss) == []
        await picture(boss, "deliveries")
        await boss.keyboard.press("Escape")
        await expect(row.get_by_role("button", name="发送记录")).to_be_focused()

        await row.get_by_role("button", name="暂停").click()
        await expect(row).to_contain_text("已暂停")
        (listed,) = (await floor.done("boss", "GET", "/scheduled-reports"))["items"]
        assert (listed["paused"], listed["next_due"]) == (True, None)
        await row.get_by_role("button", name="恢复").click()
        await expect(row.locator("time").last).to_contain_text("06:30")

        await row.get_by_role("button", name="修改").click()
        await expect(boss.locator("#report-time")).to_have_value("06:30")
        await expect(boss.locator("#report-by")).to_have_value("half_hour")
        await boss.locator("#report-kind").select_option("ledger")
        await expect(boss.locator("#report-by")).to_have_count(0)
        await boss.locator("#report-every").select_option("month")
        await boss.locator("#report-format").select_option("csv")
        await save_button.click()
        await expect(row).to_contain_text("每月 1 日")
        await expect(row).to_contain_text("违规台账")

        await row.get_by_role("button", name="删除").click()
        assert await violations_by_theme(boss) == []
        await boss.locator("#remove-sure").click()
        await expect(boss.get_by_text("还没有定时报表。")).to_be_visible()
    assert file.exists()


async def test_S1_what_was_not_sent_is_said_in_words_and_who_saves_it_takes_it_over(
    browser: Browser, floor: Floor
) -> None:
    people = floor.centre.web_services.people
    chief = await people.add("chief", "经理", PASSWORD, frozenset({Role.MANAGER}), None)
    await people.add("root", "管理员", PASSWORD, frozenset({Role.ADMINISTRATOR}), None)
    HOMES["chief"] = "/floor"
    folder = floor.centre.settings.data_dir / "reports"
    folder.write_text("a file stands where the folder would be")
    await floor.done("boss", "POST", "/scheduled-reports", {"name": "周报", "every": "week", "to_folder": True})
    async with signed_in(browser, floor, "boss", "chief") as (boss, manager):
        await to(manager, "/reports")
        await manager.locator("#new-report").click()
        await manager.locator("#report-name").fill("客服工作月报")
        await manager.locator("#report-kind").select_option("work")
        await expect(manager.locator("#report-by")).to_have_value("agent")
        await manager.locator("#report-every").select_option("month")
        await manager.get_by_role("dialog").get_by_role("button", name="保存").click()
        await expect(manager.locator("#reports tbody tr")).to_have_count(2)

        await to(boss, "/reports")
        weekly = boss.locator("#reports tr", has_text="周报")
        monthly = boss.locator("#reports tr", has_text="客服工作月报")
        await weekly.get_by_role("button", name="立即发送").click()
        await expect(weekly).to_contain_text("等待发送")
        with pytest.raises(Exception, match="folder"):
            await floor.centre.contributions.scheduled_reports.deliver(await payload_of(floor, "周报"))
        await expect(weekly).to_contain_text("未送达")
        await expect(weekly).to_contain_text("文件夹无法写入")
        await expect(weekly).to_contain_text("已试 1 次")

        # The owner left: nothing goes out, the page says why, and the successor saves it once.
        gone = chief.person
        await people.change(gone.id, name=gone.name, roles=gone.roles, agent=None, active=False)
        await monthly.get_by_role("button", name="立即发送").click()
        await deliver(floor)
        await expect(monthly).to_contain_text("不予发送")
        await expect(monthly).to_contain_text("负责人已无权查看这份报表")
        assert await accessible(boss) == []
        assert await fits(boss)
        await picture(boss, "list")
        await monthly.get_by_role("button", name="修改").click()
        # Changed by another leader while the form is open: nothing is overwritten unseen.
        report = next(
            each for each in (await floor.done("boss", "GET", "/scheduled-reports"))["items"] if each["by"] == "agent"
        )
        body = {"name": "客服工作月报", "every": "month", "kind": "work", "time": "09:00", "to_folder": True}
        await floor.done("boss", "PUT", f"/scheduled-reports/{report['id']}", body)
        save_button = boss.get_by_role("dialog").get_by_role("button", name="保存")
        await save_button.click()
        await boss.get_by_role("button", name="重新读取").click()
        await expect(boss.locator("#report-time")).to_have_value("09:00")
        await save_button.click()
        await expect(monthly).to_contain_text("负责人 boss")
        await choose_language(boss, "en")
        await expect(monthly).to_contain_text("On the first of a month")
        assert await fits(boss)


async def payload_of(floor: Floor, name: str) -> dict[str, str]:
    """The job of the newest delivery of a report."""
    listed = (await floor.done("boss", "GET", "/scheduled-reports"))["items"]
    report = next(each for each in listed if each["name"] == name)
    return {"report": report["id"], "due_at": report["last"][0]["due_at"], "target": report["last"][0]["target"]}


async def test_S1_agents_and_assistants_have_no_reports(floor: Floor) -> None:
    for login in ("lilei", "zhuli"):
        for method, path in (("GET", "/scheduled-reports"), ("GET", "/scheduled-report-kinds")):
            status, _ = await floor.ask(login, method, path)
            assert status == 403, (login, path)
