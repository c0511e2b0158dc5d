"""The files for a site are whole and agree with the settings; there is no container engine here to run them."""

from __future__ import annotations

import configparser
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from callcenter.asterisk.embedded import Embedded
from callcenter.asterisk.install import Tree
from callcenter.settings import Settings

ROOT = Path(__file__).parents[2]


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return found


def test_every_setting_in_the_compose_file_is_one_that_the_service_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = compose()["services"]["app"]["environment"]
    for name, text in variables.items():
        monkeypatch.setenv(
            name, re.sub(r"\$\{(\w+)[^}]*\}", lambda found: {"TIMEZONE": "Asia/Shanghai"}.get(found[1], "x"), text)
        )
    settings = Settings()
    assert settings.web.secure_cookie
    assert settings.database.startswith("postgresql+asyncpg://")
    assert settings.pbx.ami_host == settings.pbx.agi_host == "127.0.0.1"


def test_every_variable_asked_for_is_in_the_example_and_no_secret_is() -> None:
    asked = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    example = dict(re.findall(r"(?m)^(\w+)=(.*)$", (ROOT / ".env.example").read_text()))
    assert asked == set(example)
    assert [name for name in example if ("PASSWORD" in name or "SECRET" in name) and example[name]] == []


def test_every_service_waits_for_one_that_exists_and_every_file_named_exists() -> None:
    services = compose()["services"]
    for service in services.values():
        assert set(service.get("depends_on", {})) <= set(services)
        for other, how in service.get("depends_on", {}).items():
            assert how["condition"] != "service_healthy" or "healthcheck" in services[other]
    assert (ROOT / services["app"]["build"]["dockerfile"]).is_file()
    for source in re.findall(r"(?m)^COPY (.+) \S+$", (ROOT / "deploy/Dockerfile").read_text()):
        assert all((ROOT / name).exists() for name in source.split()), source
    assert os.access(ROOT / "deploy/run-asterisk", os.X_OK)


def test_the_database_and_the_measurements_are_not_open_to_the_world() -> None:
    assert all(port.startswith("127.0.0.1:") for port in compose()["services"]["db"]["ports"])
    assert re.search(r"@inside path .*?/metrics", (ROOT / "deploy/Caddyfile").read_text())


def test_the_service_finds_the_asterisk_that_the_container_started(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "asterisk"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    environment = {**os.environ, "CC_DATA_DIR": str(tmp_path), "PATH": f"{program.parent}:{os.environ['PATH']}"}
    with subprocess.Popen([ROOT / "deploy/run-asterisk"], env=environment) as running:
        try:
            pbx = Embedded(tmp_path / "pbx", Tree(tmp_path))
            for _ in range(500):
                if pbx.pid() is not None or running.poll() is not None:
                    break
                try:
                    running.wait(0.01)
                except subprocess.TimeoutExpired:
                    continue
            assert pbx.pid() == running.pid
        finally:
            running.kill()
    assert pbx.pid() is None


def test_the_unit_leaves_asterisk_alone_and_the_service_few_rights() -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(ROOT / "deploy/callcenter.service")
    service = unit["Service"]
    assert service["KillMode"] == "process"
    assert service["User"] != "root"
    assert (service["NoNewPrivileges"], service["ProtectSystem"]) == ("true", "strict")
    assert service["ExecStart"].endswith("-m callcenter serve")


def test_R7_the_alerts_are_whole_and_say_what_happened() -> None:
    [group] = yaml.safe_load((ROOT / "deploy/alerts.yml").read_text())["groups"]
    names = [rule["alert"] for rule in group["rules"]]
    assert len(names) == len(set(names))
    assert {"ServiceDown", "PhoneSystemLinkLost"} <= set(names)
    for rule in group["rules"]:
        assert rule["annotations"]["summary"].endswith((".", "?", ")."))
        assert rule["labels"]["severity"] in {"page", "warn"}
