"""R7: the banner of each page says what fails, and truly what became of the calls."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.dashboards.standin import Standin, instant

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("built")]


def failure(cause: str, calls: str, kind: str = "pbx", subject: str = "pbx1", **more: Any) -> dict[str, Any]:
    times = {"since": instant(3), "raised_at": instant(1), "ended_at": None}
    taken = {"acknowledged_at": None, "acknowledged_by": None}
    return {
        "id": f"f-{cause}",
        "kind": kind,
        "subject": subject,
        "cause": cause,
        "calls": calls,
        **times,
        **taken,
        **more,
    }


@pytest.mark.parametrize("path", ["/desk", "/wall"])
async def test_R7_a_failure_shows_with_what_became_of_the_calls(page: Page, service: Standin, path: str) -> None:
    service.failures = [failure("disk_almost_full", "going_on", "disk", "recordings")]
    await page.goto(f"{service.url}{path}")
    banner = page.locator("#banner")
    await expect(banner).to_contain_text("磁盘空间即将用尽")
    await expect(banner).to_contain_text("仍在继续")
    await service.publish("failure", failure("disk_almost_full", "going_on", "disk", ended_at=instant()))
    await expect(banner).to_be_hidden()
    await service.publish("failure", failure("pbx_lost", "unknown"))
    await expect(banner).to_contain_text("目前不明")
    await expect(banner).not_to_contain_text("仍在继续")
    # The PBX was restarted meanwhile: it is over, and the calls were cut off.
    await service.publish("failure", failure("pbx_lost", "cut", ended_at=instant()))
    await expect(banner).to_contain_text("已中断")
    await service.publish("failure", failure("pbx_lost", "going_on", ended_at=instant()))
    await expect(banner).to_be_hidden()


async def test_R7_a_lost_link_claims_nothing_about_the_calls(page: Page, service: Standin) -> None:
    service.floor["link"] = {"connected": False, "since": instant(5)}
    await page.goto(f"{service.url}/wall")
    await expect(page.locator("#banner")).to_contain_text("通话情况不明")


async def test_R7_a_trunk_that_a_text_does_not_know_is_still_a_failure(page: Page, service: Standin) -> None:
    service.failures = [failure("something_new", "unknown", "trunk", "<b>carrier</b>")]
    await page.goto(f"{service.url}/wall")
    await expect(page.locator("#banner")).to_contain_text("外线故障")
