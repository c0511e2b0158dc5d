"""Tests what the reception's process needs of the machine."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

HEAVY: Final = ("aiohttp", "callcenter.centre", "cryptography", "pydantic", "sqlalchemy")


def test_the_reception_imports_neither_the_database_nor_the_web() -> None:
    """It runs beside the service all the time: each of them would cost memory without being used."""
    program = f"import ivr.process, sys; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
