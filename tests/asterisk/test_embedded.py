"""Tests the embedded Asterisk: it starts, reports why not, applies changes without touching calls, and stops."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from callcenter.asterisk import preflight
from callcenter.asterisk.embedded import PENDING, Embedded
from callcenter.asterisk.install import Tree
from callcenter.asterisk.preflight import NoRoom, PathTooLong, PbxDown, PortTaken
from callcenter.asterisk.render import Line, Phone, Queue, render
from callcenter.asterisk.render.reload import RELOAD
from callcenter.demo.api_client import until
from callcenter.demo.callers import Caller, calls
from callcenter.demo.phones import answers, phones
from callcenter.settings import Settings
from tests.support.pbx import SALES, SECRETS, private_pbx, site_of


@pytest.fixture
def idle(tmp_path: Path) -> Embedded:
    """Configured, not started."""
    tree = Tree(Settings().pbx_root)
    pbx = Embedded(tmp_path / "p", tree)
    pbx.write(render(site_of(pbx.home, tree)))
    return pbx


@pytest.mark.pbx
def test_generated_secrets_stay_the_same_and_are_for_the_owner_only(idle: Embedded) -> None:
    first = idle.secrets()
    path = idle.home / "secrets.json"
    assert first == idle.secrets() == json.loads(path.read_text())
    assert path.stat().st_mode & 0o777 == 0o600
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in idle.etc.glob("*.conf"))


@pytest.mark.pbx
def test_a_reused_process_id_is_not_taken_for_asterisk(idle: Embedded) -> None:
    (idle.home / "pid").write_text(f"{os.getpid()} 1\n")
    assert idle.pid() is None
    assert not idle.stop()


@pytest.mark.pbx
@pytest.mark.parametrize(("setting", "kind"), [("ami_port", "tcp"), ("http_port", "tcp"), ("sip_port", "udp")])
def test_a_port_taken_by_another_program_is_named_with_its_setting(idle: Embedded, setting: str, kind: str) -> None:
    port = next(post.port for post in preflight.posts(idle.files()) if post.setting == setting)
    taken = socket.socket(type=socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
    with closing(taken):
        taken.bind(("127.0.0.1", port))
        if kind == "tcp":
            taken.listen()
        with pytest.raises(PortTaken, match=rf"port {port} .* set pbx\.{setting}"):
            idle.start()
    assert idle.pid() is None


def test_a_full_disk_and_a_socket_path_that_is_too_long_are_refused_before_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(PathTooLong, match="shorter data_dir"):
        preflight.look(tmp_path / ("x" * 120), {})
    monkeypatch.setattr(preflight, "LEAST_FREE_BYTES", 1 << 62)
    with pytest.raises(NoRoom, match="MB are free"):
        preflight.look(tmp_path, {})


@pytest.mark.pbx
async def test_every_reload_command_is_one_that_asterisk_knows(tmp_path: Path) -> None:
    async with private_pbx(tmp_path / "p") as pbx:
        for command in RELOAD.values():
            output = (await pbx.console(command)).lower()
            assert "no such" not in output, f"{command}: {output}"


@pytest.mark.pbx
async def test_a_new_agent_line_and_queue_are_read_while_a_call_goes_on_and_members_stay(tmp_path: Path) -> None:
    async with private_pbx(tmp_path / "p") as pbx, phones(pbx.network, SECRETS) as floor:
        await pbx.staff("after_sales", "1001")
        await floor.register({"1001": answers(0.2)})
        async with calls(pbx.network, [Caller("13900000001", SALES, talks=6)]) as ringing:
            await floor.see("answered", "1001")
            site = replace(
                pbx.site,
                phones=(*pbx.site.phones, Phone("1004", "s" * 20, "1004")),
                lines=(*pbx.site.lines, Line("vip", ("10010",), "vip")),
                queues=(*pbx.site.queues, Queue("vip")),
            )
            applied = await asyncio.to_thread(pbx.pbx.write, render(site))
            assert applied.changed == ("extensions.conf", "pjsip.conf", "queues.conf")
            assert not applied.restart_needed
            assert "1 active call" in await pbx.console("core show channels count")
            assert "1004/1004" in await pbx.console("pjsip show auths")
            assert "10010" in await pbx.console("dialplan show cc-inbound")
            assert "has 0 calls" in await pbx.console("queue show vip")
            assert "PJSIP/1001" in await pbx.console("queue show after_sales")
            assert await ringing.over()
            assert ringing.events()[-1].what == "hung_up"
        assert (await asyncio.to_thread(pbx.pbx.write, render(site))).reloaded == ()


@pytest.mark.pbx
async def test_a_change_that_did_not_reach_asterisk_is_sent_again(tmp_path: Path) -> None:
    async with private_pbx(tmp_path / "p") as pbx:
        # As a crash between writing and reloading leaves it.
        changed = render(replace(pbx.site, queues=(*pbx.site.queues, Queue("vip"))))
        (pbx.pbx.etc / "extensions.conf").write_text(changed["extensions.conf"])
        (pbx.pbx.etc / "queues.conf").write_text(changed["queues.conf"])
        (pbx.pbx.home / PENDING).write_text("extensions.conf\nqueues.conf\n")
        applied = await asyncio.to_thread(pbx.pbx.write, changed)
        assert applied.changed == ()
        assert applied.reloaded == ("queue reload parameters", "dialplan reload")
        assert "has 0 calls" in await pbx.console("queue show vip")
        assert not (pbx.pbx.home / PENDING).exists()


@pytest.mark.pbx
async def test_an_asterisk_that_was_killed_is_seen_to_be_gone_and_starts_again_on_its_ports(tmp_path: Path) -> None:
    async with private_pbx(tmp_path / "p") as pbx:
        first = pbx.pbx.pid()
        assert first is not None
        os.kill(first, signal.SIGKILL)

        async def gone() -> bool:
            try:
                await pbx.console("core show uptime")
            except PbxDown:
                return pbx.pbx.pid() is None
            return False

        await until(gone, 5, "nobody answers on the console any more")
        assert await asyncio.to_thread(pbx.pbx.start) != first


@pytest.mark.pbx
async def test_the_files_that_records_are_made_of_are_written(tmp_path: Path) -> None:
    async with private_pbx(tmp_path / "客服 中心") as pbx, phones(pbx.network, SECRETS) as floor:
        await pbx.staff("after_sales", "1001")
        await floor.register({"1001": answers(0.2, 0.3)})
        async with calls(pbx.network, [Caller("13900000001", SALES, "李小龙")]) as ringing:
            assert await ringing.over()
        cel, queue_log = pbx.pbx.home / "log/cel-custom/cel.jsonl", pbx.pbx.home / "log/queue_log"

        async def ended() -> bool:
            return cel.exists() and "LINKEDID_END" in cel.read_text()

        await until(ended, 5, "the end of the call in CEL")
        rows = [json.loads(line) for line in cel.read_text().splitlines()]
        assert "after_sales" in {row["accountcode"] for row in rows if row["eventtype"] == "ANSWER"}
        assert any(row["userdeftype"] == "cc_reception" and "fallback" in row["eventextra"] for row in rows)
        assert {row["linkedid"].split("-")[0] for row in rows} == {"pbx1"}
        assert {"ENTERQUEUE", "CONNECT"} <= {line.split("|")[4] for line in queue_log.read_text().splitlines()}


@pytest.mark.pbx
def test_the_pbx_outlives_the_process_that_started_it(idle: Embedded) -> None:
    """A service that dies takes no call with it (architecture, decision 1)."""
    code = (
        "import sys; from pathlib import Path; from callcenter.asterisk.embedded import Embedded;"
        "from callcenter.asterisk.install import Tree; Embedded(Path(sys.argv[1]), Tree(Path(sys.argv[2]))).start()"
    )
    subprocess.run([sys.executable, "-c", code, str(idle.home), str(idle.tree.root)], check=True, timeout=50)
    try:
        assert idle.pid() is not None
        assert "System uptime" in idle.console("core show uptime")
    finally:
        assert idle.stop()
    assert idle.pid() is None
