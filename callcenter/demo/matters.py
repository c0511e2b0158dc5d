"""The content of the demo centre: departments, cases in every state, announcements, return calls. Pure data.

A case is a list of actions, each by the login that takes it, so that history and signatures are those of real people
at work. People and firms are invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal


@dataclass(frozen=True, slots=True)
class CaseAction:
    """One action of a person on a case: a statement with its text, a step, or a signature in a given place."""

    login: str
    kind: Literal["states", "steps", "signs"]
    name: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Matter:
    """A case; `order` is its order number, by which a second run recognises it."""

    order: str
    by: str
    owner: str
    facts: dict[str, Any]
    actions: tuple[CaseAction, ...] = ()


@dataclass(frozen=True, slots=True)
class Promise:
    number: str
    reason: str
    source: str
    line: str
    agent: str | None
    due_minutes: int


def _states(login: str, **texts: str) -> tuple[CaseAction, ...]:
    return tuple(CaseAction(login, "states", name, text) for name, text in texts.items())


def _steps(login: str, *names: str) -> tuple[CaseAction, ...]:
    return tuple(CaseAction(login, "steps", name) for name in names)


def _signs(*places: tuple[str, str]) -> tuple[CaseAction, ...]:
    return tuple(CaseAction(login, "signs", place) for place, login in places)


DEPARTMENTS: Final = {"delivery": "配送部", "factory": "生产部", "shop": "门店部", "online": "网店部"}

ANNOUNCEMENTS: Final[tuple[dict[str, Any], ...]] = (
    {
        "kind": "change",
        "must_read": True,
        "title": "退款时限改为三个工作日",
        "body": "自本周起，质量问题的退款在三个工作日内到账。请不要承诺更早的时间（R9）。",
    },
    {
        "kind": "promotion",
        "title": "年货礼盒预售",
        "body": "坚果礼盒、腊味礼盒本周五开始预售，会员九折；订购热线可直接下单。",
    },
    {"kind": "news", "title": "星沙仓库周六盘点", "body": "周六 13:00 至 17:00 星沙仓库盘点，当天下单的顺延一天发货。"},
)

MATTERS: Final = (
    Matter(
        "XW-2001",
        "agent",
        "agent",
        {
            "customer_name": "王芳",
            "sex": "女",
            "phone": "13974800011",
            "product": "酱板鸭",
            "department": "factory",
            "what_happened": "昨天收到的酱板鸭真空袋漏气，有异味，客户没有食用，已拍照。",
            "wanted": "换货",
        },
    ),
    Matter(
        "XW-2002",
        "agent2",
        "agent2",
        {
            "customer_name": "湘潭口味店",
            "contact_person": "周老板",
            "phone": "13974800077",
            "severity": "normal",
            "product": "剁椒",
            "department": "delivery",
            "what_happened": "本周三的补货少发两箱剁椒，送货单上写的是全数，门店周末促销等货。",
            "wanted": "尽快补发",
        },
        _steps("agent2", "assess", "investigate"),
    ),
    Matter(
        "XW-2003",
        "agent",
        "agent2",
        {
            "customer_name": "何丽",
            "sex": "女",
            "phone": "13873100107",
            "severity": "normal",
            "product": "坚果礼盒",
            "department": "factory",
            "cause": "包装",
            "what_happened": "会员礼盒打开后坚果受潮，封口处有缝。",
            "wanted": "退款并道歉",
        },
        (
            *_states(
                "agent2",
                findings="同批次封口温度偏低，共 36 盒。",
                investigation="调取封口机记录，11 日夜班温度低 8 度。",
                proposal="全额退款，补寄一盒。",
                corrective_action="封口机每班首件检验。",
                verification="退款已到账，客户收到补寄。",
            ),
            *_steps("agent2", "assess", "investigate", "propose"),
            *_steps("supervisor", "approve", "correct", "verify"),
            *_signs(("receiver", "agent"), ("handler", "agent2")),
        ),
    ),
    Matter(
        "XW-2004",
        "agent",
        "agent2",
        {
            "customer_name": "岳阳楼区幼儿园",
            "contact_person": "李园长",
            "phone": "13873100118",
            "severity": "critical",
            "product": "米粉点心",
            "department": "factory",
            "what_happened": "团购点心到货后发现三袋有异味，园方已全部封存，未发给孩子。",
            "wanted": "检验报告，全部退货",
        },
        (
            *_states(
                "agent2",
                findings="留样检验已送第三方，初步为运输受潮。",
                investigation="车厢湿度记录缺两小时。",
                proposal="全部退货退款，副总上门道歉。",
            ),
            *_steps("agent2", "assess", "investigate", "propose"),
        ),
    ),
    Matter(
        "XW-2005",
        "agent2",
        "agent",
        {
            "customer_name": "谭志明",
            "sex": "男",
            "phone": "13873100129",
            "severity": "minor",
            "product": "豆干",
            "department": "delivery",
            "cause": "配送",
            "what_happened": "快递放在楼下没有通知，找了一天。",
            "wanted": "一个说法",
        },
        (
            *_states(
                "agent",
                findings="快递员未按备注致电。",
                investigation="与快递站核实通话记录，没有拨打。",
                proposal="道歉，送五元券。",
                corrective_action="快递站培训，备注致电的件抽查。",
                verification="抽查十件均已致电。",
            ),
            *_steps("agent", "assess", "investigate", "propose"),
            *_steps("supervisor", "approve", "correct", "verify"),
            *_signs(("receiver", "agent2"), ("handler", "agent"), ("centre", "supervisor")),
            CaseAction("supervisor", "steps", "call_back", "已当面回访，客户满意。"),
            CaseAction("supervisor", "steps", "close", "客户同意结案。"),
        ),
    ),
    Matter(
        "XW-2006",
        "agent",
        "agent",
        {
            "kind": "suggestion",
            "customer_name": "孙强",
            "phone": "13974800099",
            "severity": "minor",
            "department": "online",
            "what_happened": "建议网店页面写明每袋的独立小包数量。",
        },
        (*_steps("agent", "assess"), CaseAction("supervisor", "steps", "close", "建议已采纳。")),
    ),
    Matter(
        "XW-2007",
        "agent2",
        "agent2",
        {
            "kind": "enquiry",
            "customer_name": "赵奶奶",
            "sex": "女",
            "phone": "13974800088",
            "department": "shop",
            "what_happened": "剁椒开瓶以后能放多久，要不要放冰箱？客户讲衡阳话，请用衡阳话回电。",
        },
    ),
    Matter(
        "XW-2008",
        "agent2",
        "agent2",
        {
            "kind": "praise",
            "customer_name": "邹梅",
            "phone": "13873100131",
            "severity": "minor",
            "department": "shop",
            "what_happened": "表扬五一广场门店的店员，冒雨把东西送到停车场。",
        },
        _steps("agent2", "assess"),
    ),
)

PROMISES: Final = (
    Promise("13974800088", "用衡阳话告诉赵奶奶：开瓶后放冰箱，两周内吃完。", "dialect", "after_sales", "1003", 20),
    Promise("13974800011", "告诉王芳换货的快递单号。", "agent_promise", "after_sales", "1001", 10),
    Promise("13974800077", "告诉周老板补发的两箱剁椒几点到。", "answer_ready", "orders", None, 45),
    Promise("13873100107", "何丽的退款已到账，问是否满意。", "supervisor", "after_sales", "1001", 90),
    Promise("13873100131", "谢谢邹梅的表扬，问能否转告门店。", "supervisor", "after_sales", None, 180),
)
