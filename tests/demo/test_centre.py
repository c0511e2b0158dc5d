"""Tests that a centre of the demo knows its settings without touching those of this process."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from callcenter.demo.centre import Centre, other_ports


def test_reading_the_settings_of_a_centre_changes_no_variable_of_this_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another thread may be starting a process with these variables at that moment."""
    monkeypatch.setenv("CC_DATA_DIR", "elsewhere")
    monkeypatch.setenv("CC_POLICY__RING_LIMIT", "4")
    changes: list[tuple[Any, ...]] = []
    watching = True

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if watching and event in ("os.putenv", "os.unsetenv"):
            changes.append(arguments)

    # A hook stays until the process ends (PEP 578).
    sys.addaudithook(hook)
    ports = other_ports()
    centre = Centre(tmp_path, tmp_path / "root", ports, {"CC_PBX__PING_SECONDS": "2"})
    try:
        settings = centre.settings
    finally:
        watching = False
    assert changes == []
    assert (settings.data_dir, settings.pbx.sip_port) == (tmp_path, ports["CC_PBX__SIP_PORT"])
    assert (settings.pbx.ping_seconds, settings.policy.ring_limit) == (2, 4)
