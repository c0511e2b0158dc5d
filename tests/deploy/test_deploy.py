"""Tests that the deployment files are complete and agree with the settings; no container engine runs them here."""

from __future__ import annotations

import configparser
import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from callcenter.asterisk.embedded import Embedded
from callcenter.asterisk.install import Tree
from callcenter.kit.secret_files import read_secret_files
from callcenter.settings import Settings

ROOT = Path(__file__).parents[2]


def compose() -> dict[str, Any]:
    load: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return load


def test_every_setting_in_the_compose_file_is_one_that_the_service_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = compose()["services"]["app"]["environment"]
    for name, text in variables.items():
        monkeypatch.setenv(
            name, re.sub(r"\$\{(\w+)[^}]*\}", lambda result: {"TIMEZONE": "Asia/Shanghai"}.get(result[1], "x"), text)
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
    for source in re.findall(r"(?m)^COPY (?!--)(.+) \S+$", (ROOT / "deploy/Dockerfile").read_text()):
        assert all((ROOT / name).exists() for name in source.split()), source
    assert os.access(ROOT / "deploy/run-asterisk", os.X_OK)


def test_the_database_and_the_measurements_are_not_open_to_the_world() -> None:
    assert all(port.startswith("127.0.0.1:") for port in compose()["services"]["db"]["ports"])
    assert re.search(r"@inside path .*?/metrics", (ROOT / "deploy/Caddyfile").read_text())
    assert "--web.listen-address=127.0.0.1:9090" in compose()["services"]["monitoring"]["command"]


def test_the_monitoring_profile_measures_the_service_by_the_rules_that_exist() -> None:
    monitoring = compose()["services"]["monitoring"]
    assert monitoring["profiles"] == ["monitoring"]
    for volume in monitoring["volumes"]:
        assert volume.split(":")[0] in compose()["volumes"] or (ROOT / volume.split(":")[0]).is_file(), volume
    config = yaml.safe_load((ROOT / "deploy/prometheus.yml").read_text())
    [job] = config["scrape_configs"]
    assert job["static_configs"] == [{"targets": [f"127.0.0.1:{Settings().web.port}"]}]
    rules = yaml.safe_load((ROOT / "deploy/alerts.yml").read_text())["groups"][0]["rules"]
    assert all(f'job="{job["job_name"]}"' in rule["expr"] for rule in rules if rule["expr"].startswith("up{"))
    assert config["rule_files"] == ["alerts.yml"]


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


def test_R7_the_alerts_are_complete_and_describe_what_happened() -> None:
    [group] = yaml.safe_load((ROOT / "deploy/alerts.yml").read_text())["groups"]
    names = [rule["alert"] for rule in group["rules"]]
    assert len(names) == len(set(names))
    assert {"ServiceDown", "PhoneSystemLinkLost"} <= set(names)
    for rule in group["rules"]:
        assert rule["annotations"]["summary"].endswith((".", "?", ")."))
        assert rule["labels"]["severity"] in {"page", "warn"}


def test_every_container_has_few_rights_and_limits_and_runs_an_image_by_digest() -> None:
    for name, service in compose()["services"].items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["mem_limit"], name
        assert service["pids_limit"] > 0, name
        assert "build" in service or re.fullmatch(r"\$\{[A-Z]+_IMAGE:\?.*\}", service["image"]), name
    pins = (ROOT / "deploy/pin-images").read_text()
    asked = set(re.findall(r"\$\{([A-Z]+_IMAGE)", (ROOT / "docker-compose.yml").read_text()))
    assert set(re.findall(r"(?m)^pin ([A-Z_]+) ", pins)) == asked
    assert "sha256:" in pins
    subprocess.run(["bash", "-n", ROOT / "deploy/pin-images"], check=True)


def test_secrets_are_declared_files_and_never_in_the_environment() -> None:
    whole = compose()
    for service in whole["services"].values():
        variables = service.get("environment", {})
        assert [name for name in variables if re.search("PASSWORD$|SECRET$", name)] == []
        assert all("${POSTGRES_PASSWORD" not in str(text) for text in variables.values())
        named = [entry if isinstance(entry, str) else entry["source"] for entry in service.get("secrets", [])]
        assert set(named) <= set(whole["secrets"])
    assert all(entry["file"].startswith("./secrets/") for entry in whole["secrets"].values())
    assert "/secrets/" in (ROOT / ".gitignore").read_text().split()


def test_secrets_are_read_from_files_named_like_settings(tmp_path: Path) -> None:
    for name, text in (("PGPASSWORD", "one\n"), ("CC_PBX__TRUNK_SECRET", "two"), ("CC_REGION", "HK"), ("other", "x")):
        (tmp_path / name).write_text(text)
    environment = {"CC_SECRETS_DIR": str(tmp_path), "CC_REGION": "CN"}
    assert read_secret_files(environment) == ["CC_PBX__TRUNK_SECRET", "PGPASSWORD"]
    assert (environment["PGPASSWORD"], environment["CC_PBX__TRUNK_SECRET"], environment["CC_REGION"]) == (
        "one",
        "two",
        "CN",
    )
    assert read_secret_files({"CREDENTIALS_DIRECTORY": str(tmp_path / "none")}) == []


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_finds_the_unit_right_and_little_exposed(tmp_path: Path) -> None:
    unit = tmp_path / "callcenter.service"
    text = (ROOT / "deploy/callcenter.service").read_text()
    unit.write_text(text.replace("/opt/callcenter/.venv/bin/python", sys.executable))
    checked = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert [line for line in checked.stderr.splitlines() if "callcenter.service" in line] == []
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", unit],
        capture_output=True,
        text=True,
        check=False,
    )
    assert judged.returncode == 0, judged.stdout[-300:]


def test_the_bill_of_materials_has_every_locked_package_with_its_hashes() -> None:
    process = subprocess.run([sys.executable, ROOT / "deploy/sbom.py"], capture_output=True, text=True, check=True)
    document = json.loads(process.stdout)
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    locked = set(re.findall(r"(?m)^([A-Za-z0-9._-]+)==", (ROOT / "requirements.lock").read_text()))
    python = {entry["name"]: entry for entry in document["components"] if entry["purl"].startswith("pkg:pypi/")}
    assert set(python) == locked
    assert all(entry["properties"] for entry in python.values())
    assert {entry["name"] for entry in document["components"]} >= {"asterisk", "python3"}


def test_the_front_ends_half_sent_requests_and_bounds_bodies() -> None:
    text = (ROOT / "deploy/Caddyfile").read_text()
    for limit in ("read_header 10s", "read_body 60s", "max_header_size 16KB", "max_size 24MB"):
        assert limit in text
    assert text.count("{") - text.count("{$SITE}") == text.count("}") - text.count("{$SITE}")


def test_the_units_of_an_external_pbx_name_one_fifo_and_the_filter_that_reads_it() -> None:
    units = {}
    for kind in ("socket", "service"):
        unit = units[kind] = configparser.RawConfigParser(strict=False)
        unit.optionxform = str  # type: ignore[assignment,method-assign]
        unit.read(ROOT / f"deploy/external-pbx/callcenter-pbx-log.{kind}")
    fifo = units["socket"]["Socket"]["ListenFIFO"]
    command = units["service"]["Service"]["ExecStart"].split()
    assert command[1:4] == ["-S", "-m", "callcenter.asterisk.log_filter"]
    assert find_spec(command[3]) is not None
    assert command[5] == f"{fifo}=/var/log/asterisk/messages.log"
    jail = (ROOT / "deploy/fail2ban/jail.d/callcenter-sip.conf").read_text()
    assert "logpath = /var/log/asterisk/messages.log" in jail
    assert units["service"]["Service"]["Restart"] == "always"
    assert f"CC_PBX__LOG_FIFO={fifo}" in (ROOT / "docs/deployment.md").read_text()
