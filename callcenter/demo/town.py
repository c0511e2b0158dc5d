"""The demo centre: a small service centre in Hunan that could exist. Pure data and the roster that covers now.

Names are invented. Dialects are tagged as `xiang-...` (Xiang Chinese, ISO 639-3 hsn) with the town they are spoken in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from callcenter.demo.callers import Caller
from callcenter.demo.phones import Temper, answers

PLACE: Final = ZoneInfo("Asia/Shanghai")
SHIFT_HOURS: Final = 8
DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class Worker:
    """An agent of the demo: number, name, what they speak (1 a few words, 5 native), their phone's temper."""

    number: str
    name: str
    skills: dict[str, int]
    temper: Temper


@dataclass(frozen=True, slots=True)
class Hotline:
    code: str
    names: dict[str, str]
    did: str


@dataclass(frozen=True, slots=True)
class Duty:
    agent: str
    line: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Login:
    """One login per role; the password is generated when the demo starts."""

    login: str
    name: str
    role: str
    agent: str | None = None


WORKERS: Final = (
    Worker("1001", "刘婷", {"zh-CN": 5, "xiang-changsha": 5}, answers(after=4.0)),
    Worker("1002", "陈志远", {"zh-CN": 5, "xiang-xiangtan": 5, "en": 3}, answers(after=6.0)),
    # The late agent: answers on the fourth ring, so the queue must let it ring that long (R1).
    Worker("1003", "周小梅", {"zh-CN": 4, "xiang-hengyang": 5}, answers(after=16.0)),
    Worker("1004", "唐建军", {"zh-CN": 5, "xiang-changsha": 3, "xiang-shaoyang": 5}, answers(after=3.0)),
    Worker("1005", "彭丽华", {"zh-CN": 5, "xiang-yueyang": 5, "en": 4}, answers(after=7.0)),
    Worker("1006", "谢海波", {"zh-CN": 4, "xiang-loudi": 5, "xiang-xiangtan": 2}, answers(after=11.0)),
)

HOTLINES: Final = (
    Hotline("after_sales", {"zh-CN": "售后服务", "en": "After-sales"}, "073188880001"),
    Hotline("orders", {"zh-CN": "订购热线", "en": "Orders"}, "073188880002"),
)

# Who works a line together; shift by shift the crews take turns, so each line has two people at any hour (D2).
CREWS: Final = {"after_sales": (("1001", "1003"), ("1002", "1006")), "orders": (("1004", "1005"), ("1005", "1001"))}
MOVE_ON_AT_RING: Final = {"after_sales": 6, "orders": 4}

LOGINS: Final = (
    Login("admin", "管理员", "administrator"),
    Login("manager", "客服部经理", "manager"),
    Login("supervisor", "值班经理", "supervisor"),
    Login("agent", "刘婷", "agent", "1001"),
)

CALLERS: Final = (
    Caller("13974800001", "073188880001", "王芳", patience=90, talks=22),
    Caller("13974800002", "073188880002", "李建国", patience=90, talks=17),
    Caller("13974800003", "073188880001", "张敏", patience=8, talks=8),
    Caller("+8613974800004", "073188880002", "Müller & Söhne", patience=60, talks=20),
    Caller("13974800005", "073188880001", '<b>"彭" 先生</b>', patience=60, talks=18),
    Caller("anonymous", "073188880001", "", patience=45, talks=15),
    Caller("13974800007", "073188880002", "湘潭口味店😀", patience=120, talks=33),
    Caller("13974800008", "073188880001", "赵奶奶", patience=120, talks=38),
    Caller("13974800009", "073188880002", "孙强", patience=5, talks=5),
)


def roster(now: datetime) -> Iterator[Duty]:
    """Shifts from the one that covers `now` on: eight hours each, from local midnight, for a week."""
    local = now.astimezone(PLACE)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    first = local.hour // SHIFT_HOURS
    for place in range(first, first + DAYS * 24 // SHIFT_HOURS):
        start = midnight + timedelta(hours=place * SHIFT_HOURS)
        for line, crews in CREWS.items():
            for agent in crews[place % len(crews)]:
                yield Duty(agent, line, start, start + timedelta(hours=SHIFT_HOURS))
