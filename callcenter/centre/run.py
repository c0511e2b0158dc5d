"""Keeps a centre running: everything it does forever is a named task, and a fault of one ends no other."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import structlog
from aiohttp import web

from callcenter.centre.build import join
from callcenter.centre.parts import Centre
from callcenter.centre.pbx_config import embedded_of
from callcenter.centre.pbx_process import keep_running
from callcenter.centre.prompts import keep_recorded
from callcenter.centre.site import application
from callcenter.centre.tasks import cause_of
from callcenter.settings import Settings
from callcenter.storage.data_folder import keep_private
from callcenter.storage.database import Database
from callcenter.storage.faults import passes
from callcenter.storage.migrate import bring_up_to_date
from callcenter.web.patience import patient
from callcenter.web.ports import Notify, notify_nobody
from ivr.prompts.centre import build_prompts

log = structlog.get_logger(__name__)

RETRY_SECONDS = 2.0
COLLECTED_AFTER = (10_000, 10, 20)
"""Python's own 700 objects are what one statement makes: at 20 calls a second collections took 4 to 7 % of the time."""
Result = TypeVar("Result")
RECEPTION_SECONDS = 10.0


async def serve(settings: Settings, ready: Notify = notify_nobody) -> None:
    """Run a centre until SIGTERM or SIGINT: database, embedded Asterisk, floor, reception, web.

    Starts Asterisk if it is not running, and leaves it running at exit: calls outlive the service.
    """
    await asyncio.to_thread(keep_private, settings.data_dir.resolve(), shared_folders(settings))
    database = Database.open(settings.database)
    await patiently("schema", lambda: bring_up_to_date(database))
    changed = asyncio.Event()
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    # SIGHUP picks up changes that another process made in the database (such as an import).
    loop.add_signal_handler(signal.SIGHUP, changed.set)
    try:
        centre = join(settings, database, changed)
        await patiently("learn", centre.learn)
        await patiently("flags", centre.show_flags)
        await patiently("last-sign", centre.contributions.last_sign)
        await patiently("sign-ins", centre.web_services.sessions.recall)
        if settings.pbx.embedded:
            await asyncio.to_thread(build_prompts, settings, embedded_of(settings).tree)
            await patiently("configuration", centre.configuration.apply)
            await asyncio.to_thread(embedded_of(settings).start)
        await _run(centre, changed, stopped, ready)
    finally:
        await database.close()


def shared_folders(settings: Settings) -> frozenset[Path]:
    """Folders in the data folder that others must read: Asterisk's programs, and what an external PBX writes for us."""
    shared = {settings.pbx_root}
    if not settings.pbx.embedded:
        shared |= {settings.recording_spool, settings.pbx_log_dir}
    return frozenset(path.resolve() for path in shared)


async def patiently(name: str, work: Callable[[], Awaitable[Result]]) -> Result:
    """Do startup work; waits while a database or disk is unavailable, any other fault ends the start."""
    while True:
        try:
            return await work()
        except Exception as error:
            if not passes(error):
                raise
            log.error("start_waits", work=name, cause=cause_of(error))
            await asyncio.sleep(RETRY_SECONDS)


async def _run(centre: Centre, changed: asyncio.Event, stopped: asyncio.Event, ready: Notify) -> None:
    settings = centre.settings
    runner = web.AppRunner(application(centre), access_log=None, shutdown_timeout=2.0)
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(centre.lasting.run(name, work), name=name)
                for name, work in _works(centre, changed).items()
            ]
            await patiently("announce", centre.presence.announce)
            # Availability is not published before the floor knows who is there.
            await centre.live.facts.join()
            await _reception_ready(centre)
            await runner.setup()
            patient(runner)
            await web.TCPSite(runner, settings.web.host, settings.web.port).start()
            # Objects made at startup live forever; freezing them keeps a full collection from stalling the floor.
            gc.collect()
            gc.freeze()
            gc.set_threshold(*COLLECTED_AFTER)
            log.info("open", web=f"http://{settings.web.host}:{settings.web.port}", pbx=settings.pbx.name)
            ready()
            await stopped.wait()
            log.info("closing")
            await runner.cleanup()
            for task in tasks:
                task.cancel()
    finally:
        await runner.cleanup()


def _works(centre: Centre, changed: asyncio.Event) -> dict[str, Callable[[], Awaitable[object]]]:
    """Everything that the centre does forever, by the name that its faults are logged with."""
    settings, contributions = centre.settings, centre.contributions
    works: dict[str, Callable[[], Awaitable[object]]] = {
        "floor": centre.live.run,
        "events": lambda: centre.events.run(centre.live.facts),
        "control": centre.control.run,
        "routing": centre.sync.run,
        "signed-in": centre.signed_in.run,
        "ahead": centre.ahead.run,
        "bars": centre.bars.run,
        "ingest": centre.ingest.run,
        "keep": centre.keep,
        "reception": centre.reception.run,
        "caller-files": centre.caller_files.run,
        "tidy": centre.tidy,
        "changes": lambda: centre.follow_changes(changed),
        "configuration": centre.configuration.run,
        "jobs": lambda: contributions.core.jobs.work(settings.pbx.name, contributions.works),
        "writes": centre.writes.run,
        "storage-numbers": centre.numbers.run,
        **contributions.tasks,
    }
    if settings.pbx.embedded:
        works["keep-pbx"] = lambda: keep_running(embedded_of(settings))
        works["prompts"] = lambda: keep_recorded(settings, contributions.flows, contributions.flows_changed)
    return works


async def _reception_ready(centre: Centre) -> None:
    """Wait for the reception; without it the dialplan queues callers, so its absence is no reason to serve no one."""
    try:
        async with asyncio.timeout(RECEPTION_SECONDS):
            await centre.reception.ready.wait()
    except TimeoutError:
        log.error("no_reception", waited=RECEPTION_SECONDS)
