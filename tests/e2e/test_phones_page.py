"""Follows docs/phones.md: enters the values that the page names, and checks that the phone works."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import sys
from collections.abc import AsyncIterator
from functools import reduce

import pytest
import pytest_asyncio

from callcenter.agents.model import Phone, PhoneKind
from callcenter.cli.phones import account as printed_account
from callcenter.demo.callers import Caller, calls
from callcenter.demo.centre import SOURCE
from callcenter.settings import Settings
from tests.e2e.centre import SALES, RunningCentre, running_centre
from tests.support.sip import Station, station, until

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]
PAGE = (SOURCE / "docs/phones.md").read_text("utf-8")
AGENT, COLLEAGUE = "1001", "1002"
HUM, OTHER_HUM = (440,), (1000,)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningCentre]:
    async with running_centre(tmp_path_factory.mktemp("phones-page")) as running:
        yield running


def section(title: str) -> str:
    parts = re.split(r"^## ", PAGE, flags=re.M)
    return next(part for part in parts if part.startswith(f"{title}\n"))


def table(title: str) -> list[list[str]]:
    """The cells of a section's table, without its head."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


async def typed(centre: RunningCentre, line: str) -> str:
    """Run a command of the page."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *shlex.split(line),
        cwd=centre.centre.folder,
        env={**os.environ, "PYTHONPATH": str(SOURCE), **centre.centre.environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output = (await process.communicate())[0].decode()
    assert process.returncode == 0, output
    return output


async def account(centre: RunningCentre, number: str) -> dict[str, str]:
    """What the page's command prints for this agent."""
    command = next(line.strip() for line in section("What to type in").splitlines() if line.startswith("    "))
    account_shown = await typed(centre, command.replace(AGENT, number))
    return dict(line.split(None, 1) for line in account_shown.splitlines() if line.strip())


def values(account_shown: dict[str, str], settings: Settings) -> dict[str, str]:
    """The value for each field of a phone, from the source that the page names."""
    result = {}
    for asks, _, source in table("What to type in"):
        names = re.findall(r"`([a-z_.]+)`", source)
        if not names:
            continue
        if all("." in name for name in names):
            read = [reduce(getattr, name.split("."), settings) for name in names]
            result[asks] = ":".join(str(value) for value in read)
        else:
            result[asks] = account_shown[names[0]]
    return result


async def phone_of(centre: RunningCentre, number: str) -> tuple[tuple[str, int], str, str]:
    typed_in = values(await account(centre, number), centre.centre.settings)
    host, port = typed_in["SIP server, registrar, domain"].split(":")
    return (host, int(port)), typed_in["account, user, authentication name"], typed_in["password, secret"]


async def test_a_phone_with_the_values_of_the_page_registers_rings_and_is_heard(centre: RunningCentre) -> None:
    server, user, secret = await phone_of(centre, AGENT)
    _, other_user, other_secret = await phone_of(centre, COLLEAGUE)
    account_shown = await account(centre, AGENT)
    assert account_shown["server"] == f"{server[0]}:{server[1]}"
    assert account_shown["transport"] == values(account_shown, centre.centre.settings)["transport"]
    async with station(server, user, secret) as phone, station(server, other_user, other_secret) as colleague:
        phone.hum, colleague.hum = HUM, OTHER_HUM
        steps = re.findall(r"^\d\. (.+)$", section("Does it work"), re.M)
        assert len(steps) == 3
        assert all(word in step for word, step in zip(("registered", "colleague", "agent page"), steps, strict=True))
        # 1
        assert (await phone.register(), await colleague.register()) == (200, 200)
        # 2
        call = await phone.signed_call(COLLEAGUE)
        ringing = await colleague.called()
        ringing.answer()
        await call.status(200)
        await until(lambda: call.media.loud_seconds() > 0.5 and ringing.media.loud_seconds() > 0.5, 15, "both hear")
        call.hang_up()
        await ringing.gone()
        # 3
        await the_line_rings_it(centre, phone)


async def the_line_rings_it(centre: RunningCentre, phone: Station) -> None:
    await centre.shift(AGENT, "sales")
    await centre.api.post(f"/agents/{AGENT}/presence/sign-in")
    async with calls(centre.centre.network, [Caller("13974800011", SALES, "王芳", talks=30)]):
        ringing = await phone.called(within=30)
        assert ringing.invite is not None
        assert "13974800011" in ringing.invite.get("From")
        ringing.answer()
        await ringing.acknowledged()
        await until(lambda: ringing.media.loud_seconds() > 0.5, 15, "the caller is heard")
        ringing.hang_up()
    record = await centre.call("13974800011", within=30)
    assert (record["agent"], record["outcome"]) == (AGENT, "answered")


async def test_the_secret_at_the_pages_address_is_the_one_of_the_command(centre: RunningCentre) -> None:
    method, path = re.findall(r"`(GET) /api/v1(/\S+)`", section("What to type in"))[0]
    assert method == "GET"
    assert (await centre.api.get(path))["secret"] == (await account(centre, AGENT))["secret"]


async def test_a_wrong_secret_looks_as_the_page_describes(centre: RunningCentre) -> None:
    row = next(row for row in table("What failures look like") if row[1] == "wrong account or secret")
    codes = {int(code) for code in re.findall(r"\b\d{3}\b", row[0])}
    server, user, _ = await phone_of(centre, AGENT)
    async with station(server, user, "not-the-secret", local="127.0.7.7") as phone:
        assert await phone.register() in codes
    assert row[2].startswith("`callcenter phones show`")


async def test_registered_but_not_signed_in_gets_no_calls(centre: RunningCentre) -> None:
    """The page: "registered, but no calls come" has the causes "not signed in, on break, or no shift now"."""
    assert any(row[0] == "registered, but no calls come" for row in table("What failures look like"))
    server, user, secret = await phone_of(centre, COLLEAGUE)
    async with station(server, user, secret) as phone:
        assert await phone.register() == 200
        await centre.shift(COLLEAGUE, "sales")
        async with calls(centre.centre.network, [Caller("13974800038", SALES, "张敏", talks=4)]) as run:
            await run.over(within=60)
        record = await centre.call("13974800038", within=30)
        assert record["outcome"] == "abandoned"
        assert phone.incoming == []


async def test_the_page_and_the_command_agree_on_the_names() -> None:
    names = {name for name, _ in printed_account(Settings(), Phone(AGENT, PhoneKind.DESK, "x" * 20))}
    named = {name for row in table("What to type in") for name in re.findall(r"`([a-z]+)`", row[2])}
    assert named <= names
