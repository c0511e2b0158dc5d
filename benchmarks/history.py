"""Measures lists, searches and a customer's page on a million cases and ten million calls, on PostgreSQL.

Requests go through the real API. The history is generated once and kept (`homes.py`); HISTORY_CALLS and HISTORY_CASES
set another size. The baseline is the same request to a centre with a hundredth of the history: a ratio
near one shows that the cost does not grow with it.
"""

from __future__ import annotations

import asyncio
import os
import random
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Final

import asyncpg
import typer
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr
from sqlalchemy import make_url

from benchmarks.history_data import Size, fill
from benchmarks.homes import database_home
from benchmarks.result import Result
from callcenter.centre.build import join
from callcenter.centre.site import application
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.storage.migrate import bring_up_to_date, newest_revision
from callcenter.web.logging import configure_logging
from callcenter.web.roles import Role
from tests.support.databases import PostgresServer, cluster

COMMAND: Final = "python -m benchmarks history"
TIMES: Final = 60
WARM: Final = 5
TARGET: Final = "p95 < 100 ms"
CUSTOMERS: Final = 100_000
MEMORY: Final = {"shared_buffers": "1GB", "maintenance_work_mem": "1GB", "max_wal_size": "16GB"}

Ask = Callable[[random.Random], str]
WORDS: Final = ("薯片", "酱板鸭", "漏气", "受潮", "退款", "长沙", "异味")


def _customer(rng: random.Random) -> str:
    return f"{rng.randrange(2, CUSTOMERS):032x}"


ASKED: Final[Mapping[str, Ask]] = {
    "list_cases": lambda _: "/cases",
    "list_cases_open": lambda _: "/cases?open=true&overdue=true",
    "list_cases_department": lambda rng: f"/cases?department={rng.choice(('delivery', 'factory'))}",
    "list_calls": lambda _: "/calls",
    "list_calls_agent": lambda rng: f"/calls?agent={rng.randrange(1001, 1061)}",
    "list_calls_abandoned": lambda _: "/calls?outcome=abandoned",
    "list_calls_number": lambda rng: f"/calls?number=138{rng.randrange(2, CUSTOMERS):08}",
    "search_common": lambda rng: f"/search?q={rng.choice(WORDS)}",
    "search_two_words": lambda rng: f"/cases?q={rng.choice(WORDS)}+{rng.choice(('生气', '道歉', '换货'))}",
    "search_sentence": lambda rng: f"/search?q={rng.choice(('酱板鸭有异味', '客户第二次来电', '长沙南站专柜买的'))}",
    "search_one_character": lambda rng: f"/search?q={rng.choice('潮咸霉')}",
    "search_medium": lambda _: "/search?q=全身过敏",
    "search_rare": lambda _: "/cases?q=蟑螂",
    "search_nothing": lambda _: "/search?q=恐龙",
    "search_never_together": lambda _: "/search?q=蟑螂+全身过敏",
    "customer_lookup": lambda rng: f"/customers/lookup?number=138{rng.randrange(2, CUSTOMERS):08}",
    "customer_everything": lambda rng: f"/customers/{_customer(rng)}/everything",
    "customer_everything_busiest": lambda _: f"/customers/{1:032x}/everything",
    "customer_open_cases": lambda rng: f"/cases?open=true&customer={_customer(rng)}",
}


def run() -> list[Result]:
    """One result per request: the p95 in ms against that of the small centre."""
    configure_logging(json=False, quiet=True)
    calls = int(os.environ.get("HISTORY_CALLS", "10000000"))
    cases = int(os.environ.get("HISTORY_CASES", "1000000"))
    with cluster(database_home("history"), MEMORY) as server:
        small, large = (
            asyncio.run(_measured(server, Size(calls // part, cases // part, CUSTOMERS))) for part in (100, 1)
        )
    return [
        Result(f"history_{name}", large[name], "ms p95", small[name], large[name] / small[name], TARGET, COMMAND)
        for name in ASKED
    ]


async def _made(server: PostgresServer, size: Size) -> str:
    """The address of a database with this history; generated when missing or of an older schema."""
    name = f"h_{size.calls}_{size.cases}"
    url = server.url(name)
    if await _is_whole(url):
        return url
    server.sql(f"DROP DATABASE IF EXISTS {name}")
    server.sql(f"CREATE DATABASE {name}")
    database = Database.open(url)
    try:
        await bring_up_to_date(database)
    finally:
        await database.close()
    connection = await _connect(url)
    try:
        await fill(connection, size, lambda words: typer.echo(f"  {name}: {words}", err=True))
        await connection.execute(f"COMMENT ON SCHEMA public IS 'whole at {newest_revision()}'")
    finally:
        await connection.close()
    return url


async def _is_whole(url: str) -> bool:
    try:
        connection = await _connect(url)
    except asyncpg.InvalidCatalogNameError:
        return False
    try:
        comment = await connection.fetchval("SELECT obj_description('public'::regnamespace)")
        return bool(comment == f"whole at {newest_revision()}")
    finally:
        await connection.close()


async def _connect(url: str) -> asyncpg.Connection[asyncpg.Record]:
    parsed = make_url(url)
    return await asyncpg.connect(user=parsed.username, database=parsed.database, host=str(parsed.query["host"]))


async def _measured(server: PostgresServer, size: Size) -> dict[str, float]:
    url = await _made(server, size)
    database = Database.open(url)
    try:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            centre = join(Settings(data_dir=Path(folder), database_url=SecretStr(url)), database, asyncio.Event())
            boss = await centre.web_services.people.by_login("boss")
            if boss is None:
                boss = await centre.web_services.people.add(
                    "boss", "主管", "correct horse", frozenset({Role.ADMINISTRATOR})
                )
            _, token = await centre.web_services.tokens.add("bench", frozenset({Role.SUPERVISOR}), None, boss.person)
            headers = {"Authorization": f"Bearer {token}"}
            async with TestClient(TestServer(application(centre))) as client:
                return {name: await _p95(client, headers, ask) for name, ask in ASKED.items()}
    finally:
        await database.close()


async def _p95(client: TestClient[web.Request, web.Application], headers: Mapping[str, str], ask: Ask) -> float:
    rng, taken = random.Random(11), list[float]()
    for _ in range(WARM + TIMES):
        path = ask(rng)
        begun = perf_counter()
        async with client.get(f"/api/v1{path}", headers=headers) as answer:
            body = await answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {body[:300]!r}")
        taken.append(1000 * (perf_counter() - begun))
    return sorted(taken[WARM:])[int(0.95 * TIMES)]
