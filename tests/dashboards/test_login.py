"""The way in, in a real browser: name and password, an own password, a second factor."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.dashboards.standin import Standin

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("built")]


async def enter_password(page: Page, service: Standin) -> None:
    """Give the right name and password; what follows depends on the account."""
    await page.goto(f"{service.url}/login")
    await page.get_by_label("用户名").fill("lina")
    await page.get_by_label("密码").fill("secret-1")
    await page.keyboard.press("Enter")


async def test_a_password_set_by_another_person_is_changed_at_sign_in(page: Page, service: Standin) -> None:
    service.person, service.must_change = None, True
    await enter_password(page, service)
    await expect(page.locator("#lead")).to_have_text("您的密码由他人设置，请先设置自己的密码。")
    await page.get_by_label("新密码").fill("short")
    await page.keyboard.press("Enter")
    await expect(page.locator("#error")).to_have_text("新密码过短、过于常见或与原密码相同，请另选一个。")
    await page.get_by_label("新密码").fill("蓝色的自行车停在门口旁边")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/desk")
    assert service.must_change is False


async def test_a_code_is_asked_for_where_a_second_factor_is_used(page: Page, service: Standin) -> None:
    service.person, service.totp = None, True
    await enter_password(page, service)
    await page.get_by_label("验证码").fill("000000")
    await page.keyboard.press("Enter")
    await expect(page.locator("#error")).to_have_text("验证码不正确或已用过。")
    await page.get_by_label("验证码").fill("123456")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/desk")


async def test_who_must_have_a_second_factor_sets_it_up_at_the_login(page: Page, service: Standin) -> None:
    service.person, service.must_enrol = None, True
    await enter_password(page, service)
    await expect(page.locator("#shown")).to_have_text("JBSWY3DPEHPK3PXP")
    await page.get_by_label("验证码").fill("123456")
    await page.keyboard.press("Enter")
    await expect(page.locator("#shown")).to_contain_text("bbbb-2222")
    await page.locator("#submit").click()
    await page.wait_for_url("**/desk")


async def test_the_way_in_and_out(page: Page, service: Standin) -> None:
    service.person = None
    await page.goto(f"{service.url}/desk")
    await page.wait_for_url("**/login?next=/desk")
    await page.get_by_label("用户名").fill("lina")
    await page.get_by_label("密码").fill("wrong")
    await page.keyboard.press("Enter")
    await expect(page.locator("#error")).to_have_text("用户名或密码不正确。")
    await page.get_by_label("密码").fill("secret-1")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/desk")
    await page.locator("#log-out").click()
    await page.wait_for_url("**/login")
