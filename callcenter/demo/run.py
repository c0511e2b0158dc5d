"""Runs `callcenter demo`: a live centre until Ctrl-C, with PBX, service, phones and callers; cleans up completely."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import random
import shutil
import signal
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import typer

from callcenter.asterisk.install import install
from callcenter.catalogue import sentence_of
from callcenter.clock import now
from callcenter.demo.api_client import ApiClient
from callcenter.demo.callers import Caller, calls
from callcenter.demo.centre import Centre
from callcenter.demo.customers import customers
from callcenter.demo.filing import file_everything
from callcenter.demo.history import write_history
from callcenter.demo.phones import Phones, phones
from callcenter.demo.recorded import record
from callcenter.demo.seed import accounts, furnish, sign_all_in
from callcenter.demo.sipp import Network, SippFailed
from callcenter.demo.town import CALLER_SHARES, CALLERS, HOTLINES, LOGINS, WORKERS, Login
from callcenter.errors import CallCentreError, Conflict
from callcenter.settings import Settings

Echo = Callable[[str], None]
AT_ANY_HOUR = {"CC_CALLBACKS__OPENS": "00:00", "CC_CALLBACKS__CLOSES": "24:00"}
"""The simulated customers may be called by night: a demo is looked at in every time zone."""
PAUSE_SECONDS = (4.0, 11.0)
CALLS_AT_ONCE = 4
STRANGERS = 0.5
CUSTOMER_TALKS = 25.0
VOICES = tuple(sorted((Path(__file__).parent / "voices").glob("*.al")))


class DemoRuns(Conflict):
    code = "demo_runs"


async def demo(echo: Echo, callers: bool = True, seconds: float | None = None) -> None:
    """Run the demo until interrupted, or for `seconds`; data is under the settings' data_dir/demo."""
    settings = Settings()
    await asyncio.to_thread(install, settings.pbx_root, echo, settings.pbx.mirror)
    folder = settings.data_dir.resolve() / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    stopping = asyncio.Event()
    _on_interrupt(stopping)
    with _alone(folder):
        # A demo that was killed leaves its Asterisk running, on ports that this one does not know.
        await Centre(folder, settings.pbx_root).stop()
        centre = Centre(folder, settings.pbx_root, more=AT_ANY_HOUR)
        try:
            living = asyncio.create_task(_live(centre, echo, callers, seconds), name="demo")
            await _before(stopping, living)
        finally:
            echo("Stopping ...")
            await asyncio.shield(centre.stop())
            shutil.rmtree(folder / "sipp", ignore_errors=True)
            echo("Everything is stopped.")


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One demo at a time in a folder: a second one would stop the first one's Asterisk. Raises DemoRuns."""
    with (folder / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoRuns(f"a demo is running in {_short(folder)} already; stop it with Ctrl-C first") from None
        yield


async def _live(centre: Centre, echo: Echo, callers: bool, seconds: float | None) -> None:
    echo("Starting Asterisk and the service ...")
    past = await write_history(centre, now())
    if past:
        echo(f"A week of {past} calls is ready; their records are complete within a minute.")
    await centre.start()
    passwords = await accounts(centre)
    screen = await centre.screen_token("admin")
    async with ApiClient(centre.origin, await centre.token("admin")) as api:
        secrets = await furnish(api, now())
        town = customers(centre.network, centre.ports["CC_PBX__TRUNK_PORT"], VOICES[-1], CUSTOMER_TALKS)
        async with phones(centre.network, secrets) as floor, town:
            await _register(floor)
            await sign_all_in(api)
            _show(centre, passwords, screen, echo)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
                    group.create_task(_file(centre, api, passwords, echo), name="filing")
                    group.create_task(_ring_in(centre.network, echo) if callers else _idle(), name="callers")


async def _file(centre: Centre, api: ApiClient, passwords: dict[str, str], echo: Echo) -> None:
    """Create the files while the centre is already live, so that the first address is not delayed by them."""
    try:
        await file_everything(centre.origin, passwords, now())
        echo("  Customers, cases, announcements and return calls are in place.")
        if recorded := await record(centre, api):
            echo(f"  The newest {recorded} calls of the week can be heard; their transcripts are in the search.")
    except CallCentreError as refused:
        echo(f"  (the demo's files are not whole: {refused.detail[:200]})")


async def _idle() -> None:
    await asyncio.Event().wait()


async def _before(stopping: asyncio.Event, work: asyncio.Task[None]) -> None:
    """Run the work until it ends or Ctrl-C comes, wherever it is then. The work's own error is raised."""
    stop = asyncio.create_task(stopping.wait(), name="wait-for-interrupt")
    try:
        await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
    finally:
        for task in (work, stop):
            task.cancel()
        await asyncio.gather(work, stop, return_exceptions=True)


def _on_interrupt(stopping: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)


async def _register(floor: Phones) -> None:
    """The phones are new to the PBX; its reload may still be under way, so a refused phone tries again."""
    for attempt in range(5):
        try:
            await floor.register({worker.number: worker.temper for worker in WORKERS})
            return
        except SippFailed:
            if attempt == 4:
                raise
            await asyncio.sleep(1.0)


def _show(centre: Centre, passwords: dict[str, str], screen: str, echo: Echo) -> None:
    echo("")
    echo(f"  The pages                    {centre.origin}/")
    echo(f"  A screen on the wall         {centre.origin}/wall#token={screen}")
    echo(f"  API documentation            {centre.origin}/docs")
    for login in LOGINS:
        echo(f"  Login as {login.role:<15}{login.login:<11} / {passwords[login.login]}   {_look(centre, login)}")
    for line in HOTLINES:
        echo(f"  Line {line.names['zh-CN']} ({line.names['en']}): {line.did}")
    echo(f"  SIP on 127.0.0.1:{centre.ports['CC_PBX__SIP_PORT']}, data and logs in {_short(centre.folder)}")
    echo("  Ctrl-C stops all of it.")
    echo("")


def _look(centre: Centre, login: Login) -> str:
    return f"{login.look} {centre.origin}/api/v1{login.path}" if login.path else login.look


def _short(folder: Path) -> str:
    with contextlib.suppress(ValueError):
        return str(folder.relative_to(Path.cwd()))
    return str(folder)


async def _ring_in(network: Network, echo: Echo) -> None:
    """Place calls of all tempers, one every few seconds, a few at once, forever."""
    chance = random.Random()
    places, talking = asyncio.Semaphore(CALLS_AT_ONCE), set[str]()
    async with asyncio.TaskGroup() as group:
        while True:
            await places.acquire()
            caller = next_caller(chance, talking)
            talking.add(caller.number)
            call = _one_call(network, caller, chance.choice(VOICES), echo)
            task = group.create_task(call, name="caller")
            task.add_done_callback(partial(_hung_up, places, talking, caller.number))
            await asyncio.sleep(chance.uniform(*PAUSE_SECONDS))


def next_caller(chance: random.Random, talking: Collection[str]) -> Caller:
    """A customer who is not in a call, or a stranger with the same temper and no name."""
    free = [place for place, caller in enumerate(CALLERS) if caller.number not in talking]
    caller = CALLERS[chance.choices(free, [CALLER_SHARES[place] for place in free])[0]]
    if caller.number.startswith("139") and chance.random() < STRANGERS:
        return replace(caller, number=f"139{chance.randrange(10**8):08d}", name="")
    return caller


def _hung_up(places: asyncio.Semaphore, talking: set[str], number: str, _: asyncio.Task[None]) -> None:
    talking.discard(number)
    places.release()


async def _one_call(network: Network, caller: Caller, voice: Path, echo: Echo) -> None:
    try:
        async with calls(network, [caller], voice=voice) as run:
            await run.over(within=900)
    except SippFailed as failed:
        echo(f"  (a simulated caller failed: {failed.detail[:120]})")


def main() -> None:
    """Run `callcenter demo` until Ctrl-C."""
    try:
        asyncio.run(demo(typer.echo))
    except DemoRuns as error:
        typer.echo(sentence_of(error), err=True)
        raise typer.Exit(1) from error
