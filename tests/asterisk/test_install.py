"""Tests the installation of Asterisk: which mirror is used, and which program is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.asterisk.install import (
    INSTALLED,
    PACKAGES,
    SUITE,
    InstallFailed,
    NotInstalled,
    Tree,
    _prepare,
    install,
    link_sounds,
    mirror,
    usable,
)

SOURCES = """# Debian's own shape since bookworm (deb822)
Types: deb
URIs: {host}/debian-security
Suites: stable-security

Types: deb
URIs: {host}/debian/
Suites: stable
"""


def sources(folder: Path, name: str, text: str) -> Path:
    (folder / "sources.list.d").mkdir(exist_ok=True)
    (folder / name).write_text(text)
    return folder


def test_the_mirror_of_the_machine_is_asked_whichever_shape_its_file_has(tmp_path: Path) -> None:
    host = "http://mirror.example"
    entry = sources(tmp_path, "sources.list.d/debian.sources", SOURCES.format(host=host))
    assert mirror(entry) == f"{host}/debian"
    (entry / "sources.list.d/debian.sources").unlink()
    two = sources(entry, "sources.list", f"# deb {host}/old\ndeb [arch=amd64 signed-by=/k] {host}/debian stable main\n")
    assert mirror(two) == f"{host}/debian"


def test_a_machine_without_a_debian_mirror_gets_a_hint_at_the_setting(tmp_path: Path) -> None:
    with pytest.raises(InstallFailed, match=r"pbx\.mirror"):
        mirror(sources(tmp_path, "sources.list", "deb http://archive.example/ubuntu noble main\n"))


def test_the_packages_come_from_the_mirror_that_is_named(tmp_path: Path) -> None:
    _prepare(tmp_path, "https://mirror.example/debian")
    assert f"https://mirror.example/debian {SUITE} main" in (tmp_path / "etc/sources.list").read_text()


def test_an_unpacked_program_runs_through_the_loader_that_came_with_it(tmp_path: Path) -> None:
    binary = tmp_path / "usr/sbin/asterisk"
    binary.parent.mkdir(parents=True)
    binary.touch()
    (tmp_path / INSTALLED).write_text(SUITE)
    words = Tree(tmp_path).program("asterisk")
    assert words[0].startswith(str(tmp_path))
    assert words[1:3] == ["--library-path", str(next(iter(Path(words[2]).parents))) + "/" + Path(words[2]).name]
    assert words[-1] == str(binary)


def test_a_half_unpacked_tree_is_not_used(tmp_path: Path) -> None:
    """The stamp is written last, so an installation that was cut off is taken up again."""
    binary = tmp_path / "usr/sbin/no-such-program"
    binary.parent.mkdir(parents=True)
    binary.touch()
    with pytest.raises(NotInstalled, match="callcenter pbx install"):
        Tree(tmp_path).program("no-such-program")


def unpacked(root: Path) -> Path:
    """A tree as dpkg-deb leaves it: no maintainer script has run."""
    sounds = root / "usr/share/asterisk/sounds"
    (sounds / "en_US_f_Allison").mkdir(parents=True)
    (sounds / "en_US_f_Allison/beep.wav").touch()
    (sounds / "custom").symlink_to("../../../local/share/asterisk/sounds")
    (root / INSTALLED).write_text(SUITE)
    return sounds


def test_the_sounds_are_found_under_their_language_in_an_unpacked_tree(tmp_path: Path) -> None:
    sounds = unpacked(tmp_path)
    assert link_sounds(Tree(tmp_path)) == ["en"]
    assert (sounds / "en/beep.wav").is_file()
    assert link_sounds(Tree(tmp_path)) == []


def test_a_link_that_leads_nowhere_is_made_again_and_a_sites_own_folder_stays(tmp_path: Path) -> None:
    sounds = unpacked(tmp_path)
    (sounds / "en").symlink_to("/etc/alternatives/no-such-voice")
    assert link_sounds(Tree(tmp_path)) == ["en"]
    (sounds / "en").unlink()
    (sounds / "en").mkdir()
    assert link_sounds(Tree(tmp_path)) == []
    assert not (sounds / "en").is_symlink()


@pytest.mark.pbx
def test_installing_again_repairs_a_tree_that_an_earlier_version_unpacked(tmp_path: Path) -> None:
    from callcenter.settings import Settings

    root = Settings().pbx_root
    if not (root / INSTALLED).exists():
        pytest.skip("this machine has an Asterisk of its own")
    copy = tmp_path / "root"
    copy.mkdir()
    for part in root.iterdir():
        if part.name not in ("usr", INSTALLED):
            (copy / part.name).symlink_to(part)
    (copy / "usr/share/asterisk").mkdir(parents=True)
    for part in (root / "usr").iterdir():
        if part.name != "share":
            (copy / "usr" / part.name).symlink_to(part)
    unpacked(copy)
    reports: list[str] = []
    install(copy, reports.append)
    assert (copy / "usr/share/asterisk/sounds/en/beep.wav").is_file()
    assert reports[0] == "Linked Asterisk's sounds in en."


@pytest.mark.pbx
def test_what_was_installed_runs() -> None:
    from callcenter.settings import Settings

    assert usable(Tree(Settings().pbx_root))
    assert {"asterisk", "sip-tester"} <= set(PACKAGES)
