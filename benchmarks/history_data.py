"""A house with years behind it: calls, cases and customers made up in a PostgreSQL of its own, by the database itself.

Calls and customers are made by SQL; what cases say is put together here, because the same code cuts it into pieces
that cuts it when somebody writes a case.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import asyncpg

from callcenter.storage.tokenizer import folded, pieces_of

PRODUCTS: Final = (
    "薯片",
    "酱板鸭",
    "腊肉",
    "香辣鸭脖",
    "剁椒",
    "米粉",
    "豆干",
    "牛肉干",
    "坚果礼盒",
    "臭豆腐",
    "糍粑",
    "辣条",
)
FAULTS: Final = (
    "受潮了",
    "漏气",
    "有异味",
    "过了保质期",
    "里面有头发",
    "包装破损",
    "少发了两袋",
    "味道太咸",
    "送错了口味",
    "迟迟没有发货",
    "变质发霉",
    "日期被涂改",
    "封口没有封好",
    "重量不足",
    "和图片不一样",
)
PLACES: Final = (
    "在五一广场门店",
    "在网上旗舰店",
    "在步步高超市",
    "通过电话订购热线",
    "在长沙南站专柜",
    "在社区团购群里",
)
TIMES: Final = ("昨天", "上周末", "三天前", "今天上午", "双十一期间", "国庆节前", "半个月前")
WISHES: Final = (
    "要求退款",
    "要求换货",
    "要求赔偿并道歉",
    "希望尽快补发",
    "要求查明原因",
    "只想要一个说法",
    "要求十倍赔偿",
)
MOODS: Final = (
    "客户非常生气",
    "客户情绪平静",
    "老人独自来电",
    "客户第二次来电",
    "客户表示要去消协投诉",
    "客户愿意等待处理",
)
MEDIUM: Final = "吃完以后全身过敏"
"""In one case of five hundred."""
RARE: Final = "袋子里有一只蟑螂"
"""In one case of twenty thousand."""
STEP: Final = 20_000

_CUSTOMERS: Final = """
INSERT INTO customer (id, name, language, standing, notes, aliases, company, addresses, emails, wechat, qq, tags, team,
                      created_at, version)
SELECT lpad(to_hex(n), 32, '0'), '客户' || n, 'zh-CN', CASE WHEN n % 500 = 0 THEN 'vip' ELSE 'ordinary' END, '',
       '[]', '', '[]', '[]', '', '', '[]', '[]', now(), 1
FROM generate_series(1, {customers}) n
"""
_NUMBERS: Final = """
INSERT INTO customer_number (number, customer, place, use)
SELECT '+86138' || lpad(n::text, 8, '0'), lpad(to_hex(n), 32, '0'), 0, '' FROM generate_series(1, {customers}) n
"""
# One customer of all, the first, rings a thousand times more often than the others.
_CALLS: Final = """
INSERT INTO call_record (id, pbx, linkedid, source, final, policy_version, ring_limit, ring_tone, ring_period,
    direction, line, queue, caller_number, caller_name, called_number, arrived_at, queued_at, answered_at, ended_at,
    outcome, agent, hung_up_by, late, wait_seconds, talk_seconds, legs, transfers, holds)
SELECT 'pbx1-' || n || '.1', 'pbx1', n || '.1', 'files', true, '2026-11', 3, 1, 5, 'inbound', 'orders', 'general',
    '138' || lpad(who::text, 8, '0'), '', '4008001234', at, at, CASE WHEN lost THEN NULL ELSE at + interval '8 s' END,
    at + interval '100 s', CASE WHEN lost THEN 'abandoned' ELSE 'answered' END,
    CASE WHEN lost THEN NULL ELSE (1001 + n % 60)::text END, 'caller', n % 20 = 0, 8, 92, '[]', '[]', '[]'
FROM (SELECT n, CASE WHEN n % 1000 = 0 THEN 1 ELSE 1 + (n::bigint * 7919) % {customers} END AS who, n % 12 = 0 AS lost,
             now() - make_interval(secs => ({calls} - n) * {gap}) AS at
      FROM generate_series({first}, {last}) n) made
"""
_AGENTS: Final = """
INSERT INTO call_agent (call, agent, arrived_at, talk_seconds)
SELECT id, agent, arrived_at, talk_seconds FROM call_record WHERE agent IS NOT NULL
"""
_OFFERS: Final = """
INSERT INTO call_offer (call, leg, agent, phone, queue, offered_at, ringing_at, ended_at, rings, late, outcome)
SELECT id, 'leg', coalesce(agent, '1001'), coalesce(agent, '1001'), 'general', arrived_at, arrived_at,
       arrived_at + interval '8 s', 2, late, CASE WHEN agent IS NULL THEN 'no_answer' ELSE 'answered' END
FROM call_record WHERE arrived_at > now() - make_interval(secs => {gap} * {calls} / 10)
"""
_CASES: Final = """
INSERT INTO complaint_case (number, kind, channel, severity, state, anonymous, customer, customer_name, contact_person,
    sex, phone, email, im, address, what_happened, wanted, product, order_number, department, cause, statements,
    opened_at, received_by, received_by_name, owner, watchers, late, due_at, escalation_level, head, version)
SELECT number, 'complaint', 'phone', (ARRAY['minor', 'normal', 'serious', 'critical'])[1 + n % 4],
    CASE WHEN n % 40 = 0 THEN 'investigating' ELSE 'archived' END, false, lpad(to_hex(who), 32, '0'), '客户' || who, '',
    '', '+86138' || lpad(who::text, 8, '0'), '', '', '', body, '', product, 'A' || lpad(n::text, 8, '0'),
    (ARRAY['delivery', 'factory', 'shop', 'online'])[1 + n % 4], 'packaging', '{{}}', opened_at, 'p1', '客服', 'p1',
    '[]', false, CASE WHEN n % 40 = 0 THEN opened_at + interval '3 days' END, 0, repeat('0', 64), 1
FROM (SELECT *, CASE WHEN n % 1000 = 0 THEN 1 ELSE 1 + (n::bigint * 104729) % {customers} END AS who FROM made_case) m
"""
_TEXTS: Final = (
    "INSERT INTO full_text (id, kind, ref, text) SELECT n, 'case', number, folded FROM made_case ORDER BY n",
    "INSERT INTO full_text_words (id, kind, words)"
    " SELECT n, 'case', array_to_tsvector(pieces) FROM made_case ORDER BY n",
    "SELECT setval(pg_get_serial_sequence('full_text', 'id'), (SELECT max(n) FROM made_case))",
    "DROP TABLE made_case",
)
_BUSY: Final = (
    "customer",
    "customer_number",
    "call_record",
    "call_agent",
    "call_offer",
    "complaint_case",
    "full_text",
    "full_text_words",
)


@dataclass(frozen=True, slots=True)
class Size:
    calls: int
    cases: int
    customers: int

    @property
    def gap(self) -> float:
        """Seconds between two calls, so that all of them are of two years."""
        return 2 * 365 * 86_400 / self.calls


async def fill(connection: asyncpg.Connection[Any], size: Size, say: Any) -> None:
    """Make the history in empty tables; indexes are built once it is there, as after any restore."""
    indexes = await connection.fetch(
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = ANY($1)"
        " AND indexname NOT IN (SELECT conname FROM pg_constraint)",
        list(_BUSY),
    )
    for row in indexes:
        await connection.execute(f'DROP INDEX "{row["indexname"]}"')
    await connection.execute(_CUSTOMERS.format(customers=size.customers))
    await connection.execute(_NUMBERS.format(customers=size.customers))
    for first in range(1, size.calls + 1, 500_000):
        last = min(first + 499_999, size.calls)
        asked = {"customers": size.customers, "calls": size.calls, "gap": size.gap, "first": first, "last": last}
        await connection.execute(_CALLS.format(**asked))
        say(f"calls {last:,} of {size.calls:,}")
    await connection.execute(_AGENTS)
    await connection.execute(_OFFERS.format(calls=size.calls, gap=size.gap))
    await _cases(connection, size, say)
    for row in indexes:
        say(f"index {row['indexname']}")
        await connection.execute(row["indexdef"])
    await connection.execute("VACUUM ANALYZE")


async def _cases(connection: asyncpg.Connection[Any], size: Size, say: Any) -> None:
    await connection.execute(
        "CREATE UNLOGGED TABLE made_case (n int, number text, opened_at timestamptz, product text, body text,"
        " folded text, pieces text[])"
    )
    now = await connection.fetchval("SELECT now()")
    rows = _made(size, now)
    done = 0
    while part := list(islice(rows, STEP)):
        await connection.copy_records_to_table("made_case", records=part)
        done += len(part)
        if done % (5 * STEP) == 0:
            say(f"cases {done:,} of {size.cases:,}")
    await connection.execute(_CASES.format(customers=size.customers))
    for statement in _TEXTS:
        await connection.execute(statement)


def _made(size: Size, now: Any) -> Iterator[tuple[Any, ...]]:
    rng = random.Random(7)
    serials: dict[str, int] = {}
    for n in range(1, size.cases + 1):
        opened = now - (size.cases - n) * (now - now.replace(year=now.year - 2)) / size.cases
        day = f"{opened:%Y%m%d}"
        serials[day] = serials.get(day, 0) + 1
        product = rng.choice(PRODUCTS)
        more = RARE if n % 20_000 == 17 else MEDIUM if n % 500 == 3 else rng.choice(FAULTS)
        body = (
            f"客户{rng.choice(TIMES)}{rng.choice(PLACES)}买的{product}{rng.choice(FAULTS)}，{more}，{rng.choice(MOODS)}，"
            f"{rng.choice(WISHES)}，订单A{n:08d}，已记录联系方式并答复两个工作日内回电。"
        )
        number = f"TS{day}-{serials[day]:04d}"
        text = folded(f"{number}\n客户\n{body}\n{product}")
        yield n, number, opened, product, body, text, pieces_of(text)
