"""Tests the numbers of a line, however people and carriers write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.asterisk.embedded import Embedded
from callcenter.asterisk.install import Tree
from callcenter.asterisk.render.dialplan import extensions
from callcenter.centre.pbx_config import Configuration
from callcenter.facts import LineCode, QueueCode
from callcenter.routing.errors import BadLine, DidTaken
from callcenter.routing.model import Line, Queue
from callcenter.settings import Settings
from callcenter.storage.database import Database
from tests.support.rooms import CHIEF, Rooms

SPELLINGS = ("073188880001", "+8673188880001", "8673188880001", "73188880001", "008673188880001", "08673188880001")


@pytest.fixture
async def rooms(database: Database) -> Rooms:
    rooms = Rooms(database)
    await rooms.queues.add(Queue(QueueCode("general")), CHIEF)
    await rooms.lines.add(Line(LineCode("sales"), QueueCode("general"), dids=("0731-88880001",)), CHIEF)
    return rooms


async def test_a_number_is_kept_in_plain_digits(rooms: Rooms) -> None:
    assert (await rooms.lines.line("sales")).dids == ("073188880001",)


@pytest.mark.parametrize("did", [*SPELLINGS, "（0731）8888 0001", "０７３１８８８８０００１"])
async def test_two_lines_cannot_hold_one_number_in_two_spellings(rooms: Rooms, did: str) -> None:
    with pytest.raises(DidTaken):
        await rooms.lines.add(Line(LineCode("orders"), QueueCode("general"), dids=(did,)), CHIEF)
    await rooms.lines.add(Line(LineCode("orders"), QueueCode("general"), dids=("073188880002",)), CHIEF)
    with pytest.raises(DidTaken):
        await rooms.lines.change(Line(LineCode("orders"), QueueCode("general"), dids=("073188880002", did)), CHIEF)


async def test_text_is_no_number_of_a_line(rooms: Rooms) -> None:
    with pytest.raises(BadLine):
        await rooms.lines.add(Line(LineCode("orders"), QueueCode("general"), dids=("0731,88880003",)), CHIEF)


async def test_a_line_rings_in_every_spelling_that_carriers_send(rooms: Rooms, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    await rooms.lines.add(Line(LineCode("hot"), QueueCode("general"), dids=("95588",)), CHIEF)
    (tmp_path / "root/usr/lib/asterisk/modules").mkdir(parents=True)
    pbx = Embedded(settings.pbx_home, Tree(tmp_path / "root"))
    site = await Configuration(settings, pbx, rooms.agents, rooms.lines, rooms.queues).site()
    numbers = {line.code: line.dids for line in site.lines}
    assert numbers["sales"][0] == "073188880001"
    assert set(SPELLINGS) <= set(numbers["sales"])
    assert numbers["hot"] == ("95588",)
    rendered = extensions(site)
    for spelling in SPELLINGS:
        extension = rendered.partition(f"exten => {spelling},1,")[2].partition("exten => ")[0]
        assert "Goto(cc-line,sales,1)" in extension
