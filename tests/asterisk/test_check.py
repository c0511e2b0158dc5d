"""Tests `callcenter pbx check` on a real Asterisk: each fault of an account is reported with a stable code."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from callcenter.asterisk.check import Account, Finding, check, report
from callcenter.asterisk.render import render
from callcenter.demo.ports import free_port
from tests.support.pbx import PrivatePbx, private_pbx

pytestmark = [
    pytest.mark.pbx,
    pytest.mark.asyncio(loop_scope="module"),
    # asterisk-ami 0.1.7 still calls the old name of notify_all.
    pytest.mark.filterwarnings("ignore:notifyAll:DeprecationWarning"),
]
READS = ("QueueStatus", "CoreShowChannels", "DeviceStateList", "CoreStatus")
WRITES = ("QueueAdd", "QueueRemove", "QueuePause", "QueuePenalty", "Originate", "Redirect", "Hangup")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pbx(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PrivatePbx]:
    async with private_pbx(tmp_path_factory.mktemp("judged")) as running:
        yield running


def accounts(pbx: PrivatePbx) -> tuple[Account, Account]:
    site = pbx.site
    return (
        Account(site.ami_host, site.ami_port, site.events_user, site.events_secret, READS),
        Account(site.ami_host, site.ami_port, site.control_user, site.control_secret, WRITES),
    )


async def judged(events: Account, control: Account, log_dir: Path) -> dict[str, Finding]:
    """The findings by code; where both logins have one of a code, the bad one."""
    thread = await asyncio.to_thread(lambda: list(check(events, control, log_dir)))
    return {entry.code: entry for entry in sorted(thread, key=lambda element: not element.good)}


def wrong(findings: dict[str, Finding]) -> set[str]:
    return {code for code, finding in findings.items() if not finding.good}


async def regrant(pbx: PrivatePbx, old: str, new: str) -> None:
    """Change the rights by hand, as an administrator might."""
    file = pbx.pbx.etc / "manager.conf"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    await pbx.console("manager reload")


async def test_our_own_configuration_is_found_in_order(pbx: PrivatePbx) -> None:
    findings = await judged(*accounts(pbx), pbx.pbx.home / "log")
    assert wrong(findings) <= {"disk"}
    assert {"ami_login", "rights", "version", "clock", "modules", "bind"} <= set(findings)
    lines: list[str] = []
    assert report(iter([findings["version"]]), lines.append)
    assert re.fullmatch(r"ok +version: Asterisk 2\d\..*", lines[0])


async def test_a_wrong_secret_and_an_unknown_name_are_distinguished_from_a_dead_port(pbx: PrivatePbx) -> None:
    events, control = accounts(pbx)
    findings = await judged(replace(events, secret="no"), replace(control, user="nobody"), pbx.pbx.home / "log")
    assert "ami_login_refused" in wrong(findings)
    findings = await judged(replace(events, port=free_port()), control, pbx.pbx.home / "log")
    assert "ami_unreachable" in wrong(findings)
    assert "ami_login" not in findings


async def test_a_port_that_does_not_speak_ami_is_reported_as_silent(pbx: PrivatePbx) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as mute:
        events = replace(accounts(pbx)[0], port=mute.getsockname()[1])
        assert "ami_silent" in wrong(await judged(events, events, pbx.pbx.home / "log"))


async def test_rights_that_are_too_small_or_too_great_are_named(pbx: PrivatePbx) -> None:
    rendered = render(pbx.site)["manager.conf"]
    try:
        await regrant(pbx, "write=reporting\n", "write=reporting,command,originate\n")
        await regrant(pbx, "write=call,agent,originate,reporting\n", "write=call\n")
        findings = await judged(*accounts(pbx), pbx.pbx.home / "log")
        assert {"rights_too_small", "rights_too_great"} <= wrong(findings)
        assert "cc-control may not: QueueAdd" in findings["rights_too_small"].words
    finally:
        await regrant(pbx, (pbx.pbx.etc / "manager.conf").read_text(), rendered)


async def test_an_ami_open_to_the_network_is_found(pbx: PrivatePbx) -> None:
    rendered = render(pbx.site)["manager.conf"]
    try:
        await regrant(pbx, "bindaddr=127.0.0.1", "bindaddr=0.0.0.0")
        assert "bind_exposed" in wrong(await judged(*accounts(pbx), pbx.pbx.home / "log"))
    finally:
        await regrant(pbx, (pbx.pbx.etc / "manager.conf").read_text(), rendered)


async def test_a_missing_log_folder_is_reported(pbx: PrivatePbx, tmp_path: Path) -> None:
    assert "log_dir_missing" in wrong(await judged(*accounts(pbx), tmp_path / "none"))
    assert "cel_folder_missing" in wrong(await judged(*accounts(pbx), tmp_path))
