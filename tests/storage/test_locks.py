"""Tests that no two subjects take the same advisory lock: each would wait for the other without a reason."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCK = re.compile(r"^(\w+_LOCK)(?:: Final)? = (4_355_\d+)", re.MULTILINE)


def test_each_advisory_lock_has_a_number_of_its_own() -> None:
    rooms = ("callcenter", "recordings", "ivr", "dashboards")
    texts = [path.read_text(encoding="utf-8") for room in rooms for path in (ROOT / room).rglob("*.py")]
    locks = [match.groups() for text in texts for match in LOCK.finditer(text)]
    assert len(locks) > 3
    assert len({number for _, number in locks}) == len(locks), sorted(locks, key=lambda lock: lock[1])
