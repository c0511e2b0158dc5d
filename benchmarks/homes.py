"""Chooses where a benchmark keeps the database that it generates once."""

from __future__ import annotations

import os
from pathlib import Path


def database_home(name: str) -> Path:
    """A folder that PostgreSQL can reach; the variable NAME_HOME sets another one.

    Root starts PostgreSQL as its own user, who may not enter the private folder `var`.
    """
    usual = Path("/var/tmp/callcenter-bench") if os.geteuid() == 0 else Path("var/bench")
    home = Path(os.environ.get(f"{name.upper()}_HOME", usual / name)).resolve()
    home.mkdir(parents=True, exist_ok=True)
    return home
