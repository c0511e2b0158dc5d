"""Installing an Asterisk: whose mirror is asked, and whose program is run."""

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
    one = sources(tmp_path, "sources.list.d/debian.sources", SOURCES.format(host=host))
    assert mirror(one) == f"{host}/debian"
    (one / "sources.list.d/debian.sources").unlink()
    two = sources(one, "sources.list", f"# deb {host}/old\ndeb [arch=amd64 signed-by=/k] {host}/debian stable main\n")
    assert mirror(two) == f"{host}/debian"


def test_a_machine_whose_apt_names_no_debian_mirror_is_told_where_to_name_one(tmp_path: Path) -> None:
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


@pytest.mark.pbx
def test_what_was_installed_runs() -> None:
    from callcenter.settings import Settings

    assert usable(Tree(Settings().pbx_root))
    assert {"asterisk", "sip-tester"} <= set(PACKAGES)
