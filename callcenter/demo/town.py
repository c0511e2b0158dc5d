"""Describes the demo centre: a small, plausible call centre in Hunan. Pure data, and the roster that covers now.

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
    """A demo agent: number, name, languages (1 a few words, 5 native), their phone's temper, their recorded voice."""

    number: str
    name: str
    skills: dict[str, int]
    temper: Temper
    voice: str


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
class Regular:
    """A customer with a file; the number's last digit is how they take a return call (scenarios/customers.xml)."""

    name: str
    number: str
    standing: str = "ordinary"
    company: str = ""
    language: str = "zh-CN"
    address: str = ""
    tags: tuple[str, ...] = ()
    notes: str = ""


@dataclass(frozen=True, slots=True)
class Login:
    """One login per role; the password is generated when the demo starts."""

    login: str
    name: str
    role: str
    agent: str | None = None
    look: str = ""
    """What to look at first."""
    path: str = ""
    """Where it is, if no page of the console has it: the browser shows it once this person is signed in."""


WORKERS: Final = (
    Worker("1001", "刘婷", {"zh-CN": 5, "xiang-changsha": 5}, answers(after=3.0), "woman-2"),
    Worker("1002", "陈志远", {"zh-CN": 5, "xiang-xiangtan": 5, "en": 3}, answers(after=4.0), "man-2"),
    # The late agent: answers on the fourth ring, so the queue must let the phone ring that long (R1).
    Worker("1003", "周小梅", {"zh-CN": 4, "xiang-hengyang": 5}, answers(after=16.0), "woman-1"),
    Worker("1004", "唐建军", {"zh-CN": 5, "xiang-changsha": 3, "xiang-shaoyang": 5}, answers(after=3.0), "man-1"),
    Worker("1005", "彭丽华", {"zh-CN": 5, "xiang-yueyang": 5, "en": 4}, answers(after=5.0), "woman-2"),
    Worker("1006", "谢海波", {"zh-CN": 4, "xiang-loudi": 5, "xiang-xiangtan": 2}, answers(after=6.0), "man-2"),
    Worker("1007", "邓雅琴", {"zh-CN": 5, "xiang-changsha": 5}, answers(after=2.5), "woman-1"),
    Worker("1008", "何国强", {"zh-CN": 5, "xiang-yueyang": 3, "en": 2}, answers(after=4.5), "man-1"),
)

HOTLINES: Final = (
    Hotline("after_sales", {"zh-CN": "售后服务", "en": "After-sales"}, "073188880001"),
    Hotline("orders", {"zh-CN": "订购热线", "en": "Orders"}, "073188880002"),
)

# Who works a line together; the crews rotate shift by shift: four people at any hour of a line (D2).
CREWS: Final = {
    "after_sales": (("1001", "1002", "1006", "1003"), ("1002", "1006", "1001", "1003")),
    "orders": (("1004", "1005", "1007", "1008"), ("1008", "1004", "1007", "1005")),
}
MOVE_ON_AT_RING: Final = {"after_sales": 6, "orders": 4}

LOGINS: Final = (
    Login("agent", "刘婷", "agent", "1001", "who is calling, before answering; own return calls and own case"),
    Login("agent2", "周小梅", "agent", "1003", "the late agent: this phone is answered on the fourth ring"),
    Login(
        "supervisor",
        "值班经理 王敏",
        "supervisor",
        None,
        "the floor: who waits, who is late, flags to confirm, promises that are due",
    ),
    Login(
        "manager",
        "客服部经理 罗伟",
        "manager",
        None,
        "the floor and its figures of today; complaints by department as a chart:",
        "/analysis/cases/pareto.svg",
    ),
    Login(
        "leader",
        "部门领导 文建国",
        "leader",
        None,
        "the floor; the critical case that awaits a decision:",
        "/cases?severity=critical",
    ),
    Login("admin", "管理员", "administrator", None, "the floor; who did what, in the audit trail:", "/audit"),
)

REGULARS: Final = (
    Regular("王芳", "13974800011", address="长沙市岳麓区桐梓坡路 188 号", tags=("酱板鸭",)),
    Regular("李建国", "13974800027", address="长沙市天心区芙蓉南路 66 号", language="xiang-changsha"),
    Regular("张敏", "13974800038", address="株洲市天元区长江北路 12 号", notes="对花生过敏，推荐产品前请先核对配料。"),
    Regular(
        "Klaus Müller",
        "13974800049",
        "key_account",
        "Müller & Söhne GmbH",
        "en",
        tags=("export",),
        notes="Speaks English and some Chinese; orders by the container, asks for the lot numbers.",
    ),
    Regular(
        "彭先生",
        "13974800059",
        address="湘潭市雨湖区韶山中路 5 号",
        notes="特殊客户：语速快，容易着急；先道歉，再问订单号。",
    ),
    Regular(
        "湘潭口味店",
        "13974800077",
        "key_account",
        "湘潭口味店（三家门店）",
        "xiang-xiangtan",
        tags=("批发", "月结"),
        notes="每周三上午补货，联系人：周老板。",
    ),
    Regular(
        "赵奶奶",
        "13974800088",
        language="xiang-hengyang",
        address="衡阳市蒸湘区解放大道 20 号",
        notes="特殊客户：听力不好，只讲衡阳话；请慢讲，并请衡阳话同事接听。",
    ),
    Regular("孙强", "13974800099", tags=("常问促销",)),
    Regular("何丽", "13873100107", "vip", address="长沙市雨花区万家丽中路 300 号", tags=("会员", "坚果礼盒")),
    Regular(
        "岳阳楼区幼儿园",
        "13873100118",
        "key_account",
        "岳阳楼区第一幼儿园",
        tags=("团购",),
        notes="每学期开学前订点心，须提供检验报告。",
    ),
    Regular("谭志明", "13873100129", address="常德市武陵区人民路 8 号"),
    Regular("邹梅", "13873100131", language="xiang-shaoyang", address="邵阳市大祥区西湖路 3 号"),
)

CALLERS: Final = (
    Caller("13974800011", "073188880001", "王芳", patience=90, talks=22),
    Caller("13974800027", "073188880002", "李建国", patience=90, talks=17),
    Caller("13974800038", "073188880001", "张敏", patience=60, talks=20),
    Caller("+8613974800049", "073188880002", "Müller & Söhne", patience=60, talks=20),
    Caller("13974800059", "073188880001", '<b>"彭" 先生</b>', patience=60, talks=24),
    Caller("anonymous", "073188880001", "", patience=45, talks=25),
    Caller("13974800077", "073188880002", "湘潭口味店😀", patience=120, talks=33),
    Caller("13974800088", "073188880001", "赵奶奶", patience=120, talks=38),
    Caller("13974800099", "073188880002", "孙强", patience=5, talks=5),
)
CALLER_SHARES: Final = (4, 8, 4, 8, 4, 4, 8, 4, 1)
"""How often each of them calls: most on the line whose agents are all in time, seldom the one who gives up at once."""


def roster(now: datetime) -> Iterator[Duty]:
    """Shifts starting with the one that covers `now`: eight hours each, from local midnight, for a week."""
    local = now.astimezone(PLACE)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    first = local.hour // SHIFT_HOURS
    for place in range(first, first + DAYS * 24 // SHIFT_HOURS):
        start = midnight + timedelta(hours=place * SHIFT_HOURS)
        for line, crews in CREWS.items():
            for agent in crews[place % len(crews)]:
                yield Duty(agent, line, start, start + timedelta(hours=SHIFT_HOURS))
