"""Tests that Asterisk's log is masked before it reaches the disk, and that no fault of the filter delays a call."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import re
import shutil
import signal
import sys
import termios
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio

from callcenter.asterisk.install import Tree
from callcenter.asterisk.log_pipe import LogPipe
from callcenter.asterisk.render import render
from callcenter.demo.callers import Caller, calls
from callcenter.demo.phones import answers, phones
from callcenter.settings import Settings
from tests.asterisk.test_sip_guard import banned
from tests.support.pbx import SALES, SECRETS, PrivatePbx, private_pbx, site_of
from tests.support.sip import station
from tests.support.waiting import until

NUMBER, STARS = "15512345678", "*" * 11
LINE = f"[Nov 27 02:00:00] NOTICE[77]: Call to extension '{NUMBER}' rejected\n"
MASKED = LINE.replace(NUMBER, STARS)
THIEF = "127.0.5.9"


@dataclass
class Bench:
    """A filter without a PBX; the descriptor represents the one that Asterisk inherits."""

    pipe: LogPipe
    holder: int
    console: int

    @property
    def messages(self) -> Path:
        return self.pipe.log / "messages.log"

    def write(self, text: str) -> None:
        assert os.write(self.holder, text.encode()) == len(text.encode())

    def lines(self) -> list[str]:
        return self.messages.read_text().splitlines(keepends=True) if self.messages.is_file() else []


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    pipe = LogPipe(tmp_path / "run", tmp_path / "log")
    with pipe.held() as (holder, console):
        assert pipe.ensure()
        yield Bench(pipe, holder, console)
    pipe.stop()


async def test_a_line_is_masked_before_it_is_on_the_disk_and_a_part_of_one_waits_for_its_end(bench: Bench) -> None:
    bench.write(LINE + LINE[:60])
    await until(lambda: bench.lines() == [MASKED], 5)
    bench.write(LINE[60:])
    await until(lambda: bench.lines() == [MASKED, MASKED], 5)
    assert bench.messages.stat().st_mode & 0o777 == 0o600


async def test_a_renamed_file_is_left_and_a_new_one_begun(bench: Bench) -> None:
    bench.write(LINE)
    await until(lambda: bench.lines() == [MASKED], 5)
    bench.messages.rename(bench.messages.with_suffix(".log.1"))
    bench.write(LINE * 2)
    await until(lambda: bench.lines() == [MASKED] * 2, 5)
    assert bench.messages.with_suffix(".log.1").read_text() == MASKED


async def test_a_killed_filter_loses_nothing_that_is_still_in_the_pipe(bench: Bench) -> None:
    pid = bench.pipe.filter_pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await until(lambda: bench.pipe.filter_pid() is None, 5)
    bench.write(LINE * 3)
    assert bench.pipe.ensure()
    await until(lambda: bench.lines() == [MASKED] * 3, 5)


async def test_there_is_one_filter_and_it_ends_when_no_pbx_can_write_any_more(bench: Bench) -> None:
    first = bench.pipe.filter_pid()
    assert not bench.pipe.ensure()
    lock = bench.pipe.run / "log-filter.lock"
    second = await asyncio.create_subprocess_exec(sys.executable, "-m", "callcenter.asterisk.log_filter", lock)
    assert await second.wait() == 0
    assert bench.pipe.filter_pid() == first
    bench.write(LINE)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor in (bench.holder, bench.console):
        os.dup2(nothing, descriptor)
    os.close(nothing)
    await until(lambda: bench.pipe.filter_pid() is None, 40)
    assert bench.lines() == [MASKED], "what was written before is on the disk"


async def test_a_full_disk_is_not_waited_for_and_the_file_states_how_many_lines_it_lacks(bench: Bench) -> None:
    bench.pipe.log.mkdir(exist_ok=True)
    bench.messages.symlink_to("/dev/full")
    bench.write(LINE * 5000)
    await until(lambda: _waiting(bench.holder) == 0, 10)
    bench.messages.unlink()
    bench.write(LINE)
    await until(lambda: bench.lines()[-1:] == [MASKED], 5)
    warning, *written = bench.lines()
    lost = re.search(r"(\d+) lines are lost", warning)
    assert lost is not None
    # The filter may hold the last piece while the disk gets room: each line is either written or counted.
    assert int(lost[1]) + len(written) == 5001
    assert int(lost[1]) > 0


async def test_a_torn_line_of_a_full_disk_or_a_killed_filter_is_ended(bench: Bench) -> None:
    bench.pipe.stop()
    bench.pipe.log.mkdir(exist_ok=True)
    bench.messages.write_text(MASKED + "[Nov 27 02:0")
    bench.pipe.ensure()
    bench.write(LINE)
    await until(lambda: bench.lines() == [MASKED, "[Nov 27 02:0\n", MASKED], 5)


async def test_a_line_without_end_is_cut_and_the_next_one_whole(bench: Bench) -> None:
    for _ in range(3):
        bench.write("x" * 60_000)
        await until(lambda: _waiting(bench.holder) == 0, 5)
    bench.write(f"{NUMBER}\n{LINE}")
    await until(lambda: bench.lines()[-1:] == [MASKED], 5)
    assert len(bench.lines()) == 2
    assert len(bench.lines()[0]) < 70_000


def test_a_plain_file_in_the_place_of_the_fifo_is_replaced(tmp_path: Path) -> None:
    pipe = LogPipe(tmp_path / "run", tmp_path / "log")
    pipe.run.mkdir()
    (pipe.run / "messages.fifo").write_text(LINE)
    with pipe.held() as (holder, _):
        assert os.write(holder, b"\n") == 1
    assert all(fifo.is_fifo() for fifo in pipe.files)


def _waiting(descriptor: int) -> int:
    """The bytes in a FIFO (FIONREAD, pipe(7))."""
    return int.from_bytes(fcntl.ioctl(descriptor, termios.FIONREAD, b"\0" * 4), sys.byteorder)


@pytest_asyncio.fixture
async def pbx() -> AsyncIterator[PrivatePbx]:
    # A short path: Asterisk's socket has at most 107 characters.
    home = Path("/tmp") / f"cclog{os.getpid()}"
    try:
        async with private_pbx(home) as running:
            yield running
    finally:
        shutil.rmtree(home, ignore_errors=True)


def messages(pbx: PrivatePbx) -> str:
    path = pbx.pbx.home / "log/messages.log"
    return path.read_text() if path.exists() else ""


def on_disk(pbx: PrivatePbx, *words: str) -> set[str]:
    """Files of the log folder with any of the words, except the records of calls (docs/privacy.md)."""
    files = [path for path in (pbx.pbx.home / "log").rglob("*") if path.is_file() and path.parent.name != "cel-custom"]
    logs = [path for path in files if not path.name.startswith("queue_log")]
    return {path.name for path in logs if any(word.encode() in path.read_bytes() for word in words)}


async def stranger(pbx: PrivatePbx, account: str = NUMBER) -> None:
    async with station((pbx.site.sip_host, pbx.site.sip_port), account, "guessed", local=THIEF) as thief:
        await asyncio.wait_for(thief.register(), 10)


@contextlib.asynccontextmanager
async def answered_call(pbx: PrivatePbx, number: str) -> AsyncIterator[None]:
    """A call that an agent answers, and that goes on while the block runs."""
    async with phones(pbx.network, SECRETS) as floor:
        await pbx.staff("after_sales", "1001")
        await floor.register({"1001": answers(0.2)})
        async with calls(pbx.network, [Caller(number, SALES, "李小龙", talks=6)]) as ringing:
            await floor.see("answered", "1001")
            yield
            assert await ringing.over()


@pytest.mark.pbx
async def test_no_callers_number_is_on_the_disk_during_and_after_a_call(pbx: PrivatePbx) -> None:
    caller = "13900000001"
    async with answered_call(pbx, caller):
        await stranger(pbx)
        # An extension that does not exist, and a name that is no UTF-8: Asterisk logs the caller.
        async with calls(pbx.network, [Caller(caller, "99999999", "x")]) as lost:
            await lost.over()
        await until(lambda: STARS in messages(pbx), 10)
        assert on_disk(pbx, caller, NUMBER, "李小龙") == set()
    await pbx.console("logger reload")
    await stranger(pbx, "1001")
    await until(lambda: 'AccountID="1001"' in messages(pbx), 10)
    assert on_disk(pbx, caller, NUMBER, "李小龙") == set()
    assert THIEF in {banned(line) for line in messages(pbx).splitlines()}, "fail2ban finds the address"
    assert (pbx.pbx.home / "log/console.log").is_file() or not on_disk(pbx, caller)


@pytest.mark.pbx
async def test_calls_go_on_while_no_filter_runs_and_the_pipe_is_full(pbx: PrivatePbx) -> None:
    running = pbx.pbx.logging
    pid = running.filter_pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await until(lambda: running.filter_pid() is None, 5)
    with running.held() as (holder, _):
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(holder, LINE.encode())
        for _ in range(3):
            await stranger(pbx)
        async with answered_call(pbx, "13900000002"):
            assert "1 active call" in await pbx.console("core show channels count")
            assert "has 0 calls" in await pbx.console("queue show orders")
        assert "CONNECT" in (pbx.pbx.home / "log/queue_log").read_text()
    assert await asyncio.to_thread(pbx.pbx.keep_log)
    await until(lambda: THIEF in {banned(line) for line in messages(pbx).splitlines()}, 10)
    assert messages(pbx).startswith("[")
    assert MASKED in messages(pbx)
    assert on_disk(pbx, NUMBER, "13900000002") == set()
    assert not await asyncio.to_thread(pbx.pbx.keep_log), "one that runs is left alone"


@pytest.mark.pbx
async def test_a_rotation_that_an_operator_types_leaves_the_fifo_and_a_lost_one_comes_back(pbx: PrivatePbx) -> None:
    await pbx.console("logger rotate")
    fifo = pbx.pbx.home / "run/messages.fifo"
    assert fifo.is_fifo()
    fifo.unlink()
    await pbx.console("logger reload")
    assert fifo.is_file(), "Asterisk goes on in a plain file"

    async with asyncio.timeout(20):
        # The old filter sees within a second that its FIFO is not the one of that name any more.
        while not await asyncio.to_thread(pbx.pbx.keep_log):
            assert fifo.is_fifo()
    await stranger(pbx)
    await until(lambda: STARS in messages(pbx), 10)


@pytest.mark.pbx
async def test_an_asterisk_of_an_earlier_version_changes_to_the_fifo_while_it_runs() -> None:
    home = Path("/tmp") / f"ccold{os.getpid()}"
    try:
        tree_site = site_of(home, Tree(Settings().pbx_root))
        async with private_pbx(home, replace(tree_site, log_fifo="")) as old:
            await stranger(old)
            await until(lambda: NUMBER in messages(old), 10)
            await asyncio.to_thread(old.pbx.logging.stop)
            applied = await asyncio.to_thread(old.pbx.write, render(tree_site))
            assert applied.changed == ("logger.conf",)
            before = len(messages(old))
            await stranger(old)
            await until(lambda: STARS in messages(old)[before:], 10)
            assert NUMBER not in messages(old)[before:]
    finally:
        shutil.rmtree(home, ignore_errors=True)
