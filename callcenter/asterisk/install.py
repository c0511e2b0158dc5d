"""Installs Asterisk 22 LTS and SIPp into a folder of the project's own: no root, no chroot, no Docker.

Debian's stable suites carry no Asterisk, its testing suite does. Our own apt root with an empty status file fetches the
whole closure, libc included; the programs are then started through *their* dynamic loader. If the machine has its own
Asterisk of version 20 or newer, that one is used.
"""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from callcenter.errors import Unavailable

SUITE: Final = "forky"
PACKAGES: Final = ("asterisk", "asterisk-core-sounds-en-wav", "asterisk-moh-opsound-g722", "sip-tester")
OLDEST: Final = 20
TRIPLETS: Final = {
    "x86_64": ("x86_64-linux-gnu", "usr/lib64/ld-linux-x86-64.so.2"),
    "aarch64": ("aarch64-linux-gnu", "usr/lib/ld-linux-aarch64.so.1"),
}
FOLDERS: Final = ("usr/sbin", "usr/bin")
INSTALLED: Final = ".installed"
# Debian's name of a sound folder: language, country, and the speaker.
VOICE: Final = re.compile(r"([a-z]{2})_[A-Z]{2}(?:_\w+)?")

Echo = Callable[[str], None]


class InstallFailed(Unavailable):
    code = "pbx_install_failed"


class NotInstalled(Unavailable):
    """A PBX program is neither unpacked nor on the machine; `callcenter pbx install` installs it."""

    code = "pbx_not_installed"


@dataclass(frozen=True, slots=True)
class Tree:
    """An unpacked Debian closure, or the machine's own root."""

    root: Path

    def program(self, name: str) -> list[str]:
        """Return the argv prefix that runs a program: through the tree's own loader, or from the machine.

        Raises NotInstalled when there is none.
        """
        triplet, loader = TRIPLETS.get(platform.machine(), ("", ""))
        if (self.root / INSTALLED).exists() and triplet:
            for folder in FOLDERS:
                binary = self.root / folder / name
                if binary.exists():
                    libraries = self.root / "usr/lib" / triplet
                    return [str(self.root / loader), "--library-path", str(libraries), str(binary)]
        native = shutil.which(name, path="/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin")
        if native is None:
            raise NotInstalled(f"{name} is not installed; run: callcenter pbx install", program=name)
        return [native]

    @property
    def modules(self) -> Path:
        """The folder of the loadable modules of this tree's Asterisk."""
        triplet = TRIPLETS.get(platform.machine(), ("", ""))[0]
        for base in (self.root, Path("/")):
            for folders in (base / "usr/lib" / triplet / "asterisk/modules", base / "usr/lib/asterisk/modules"):
                if folders.is_dir():
                    return folders
        raise NotInstalled("Asterisk's modules are not installed; run: callcenter pbx install", program="asterisk")

    @property
    def data(self) -> Path:
        """Asterisk's data folder: sounds, documentation, keys."""
        own = self.root / "usr/share/asterisk"
        return own if own.is_dir() else Path("/usr/share/asterisk")


def version_of(tree: Tree) -> tuple[int, ...]:
    """Return Asterisk's version as numbers; raises NotInstalled or InstallFailed when it does not run."""
    done = subprocess.run([*tree.program("asterisk"), "-V"], capture_output=True, text=True, timeout=20, check=False)
    match = re.search(r"Asterisk (?:certified/)?(\d+)\.(\d+)\.(\d+)", done.stdout)
    if match is None:
        raise InstallFailed(f"asterisk -V said: {(done.stdout + done.stderr).strip()[:300]}")
    return tuple(int(part) for part in match.groups())


def usable(tree: Tree) -> bool:
    """Whether Asterisk and SIPp of this tree, or of the machine, run and are recent enough."""
    try:
        tree.program("sipp")
        return version_of(tree)[0] >= OLDEST
    except (NotInstalled, InstallFailed, OSError, subprocess.TimeoutExpired):
        return False


def link_sounds(tree: Tree) -> list[str]:
    """Create the links by which Asterisk finds its sounds, and return the linked languages.

    Debian ships the sounds as `en_US_f_Allison` and links `en` to them in a maintainer script (update-alternatives),
    which an unpacked tree never runs. Without the link `beep` and the prompts of a transfer are missing, and Asterisk
    aborts a transfer when its first prompt cannot be played (main/bridge_basic.c: grab_transfer).
    A dangling link is replaced; a real folder of that name belongs to the centre and stays.
    """
    sounds = tree.root / "usr/share/asterisk/sounds"
    links: list[str] = []
    if not (tree.root / INSTALLED).exists() or not sounds.is_dir():
        return links
    for folder in sorted(sounds.iterdir()):
        named = VOICE.fullmatch(folder.name)
        link = sounds / named[1] if named and folder.is_dir() else None
        if link is None or link.is_dir():
            continue
        link.unlink(missing_ok=True)
        link.symlink_to(folder.name)
        links.append(link.name)
    return links


def install(root: Path, echo: Echo, named_mirror: str = "") -> tuple[int, ...]:
    """Install into `root` and return Asterisk's version; completed steps are skipped.

    The packages come from `named_mirror`, or from the Debian mirror that the machine's own apt uses.

    Downloads of an interrupted run are reused. Raises InstallFailed with the end of apt's output.
    """
    root = root.resolve()
    tree = Tree(root)
    if usable(tree):
        version = version_of(tree)
        for language in link_sounds(tree):
            echo(f"Linked Asterisk's sounds in {language}.")
        echo(f"Asterisk {'.'.join(map(str, version))} is ready.")
        return version
    if platform.machine() not in TRIPLETS:
        raise InstallFailed(f"no Asterisk is known for {platform.machine()}; install Asterisk 22 and SIPp by hand")
    apt = root.parent / "apt"
    echo(f"[1/4] Reading the package lists of Debian {SUITE} ...")
    _prepare(apt, named_mirror or mirror())
    _apt(apt, ["update"], echo)
    echo(f"[2/4] Downloading {', '.join(PACKAGES)} and what they need (about 100 MB) ...")
    _apt(apt, ["--download-only", "--yes", "install", *PACKAGES], echo)
    packages = sorted((apt / "cache/archives").glob("*.deb"))
    echo(f"[3/4] Unpacking {len(packages)} packages ...")
    root.mkdir(parents=True, exist_ok=True)
    for number, package in enumerate(packages, 1):
        _run(["dpkg-deb", "-x", str(package), str(root)])
        if number % 40 == 0:
            echo(f"      {number} of {len(packages)}")
    (root / INSTALLED).write_text(SUITE + "\n")
    link_sounds(tree)
    echo("[4/4] Checking that it runs ...")
    version = version_of(tree)
    tree.program("sipp")
    shutil.rmtree(apt, ignore_errors=True)
    echo(f"Asterisk {'.'.join(map(str, version))} is ready.")
    return version


def mirror(sources: Path = Path("/etc/apt")) -> str:
    """Return the Debian mirror of the machine's own apt; raises InstallFailed where apt has none configured."""
    texts = [f.read_text() for f in (*sources.glob("sources.list.d/*.sources"), *sources.glob("sources.list.d/*.list"))]
    if (sources / "sources.list").exists():
        texts.append((sources / "sources.list").read_text())
    for text in texts:
        for line in text.splitlines():
            match = re.match(r"(?:URIs:|deb(?:\s+\[[^]]*\])?)\s+(\S+)", line)
            if match and "security" not in match[1] and "debian" in match[1]:
                return match[1].rstrip("/")
    raise InstallFailed("this machine's apt names no Debian mirror; name one as the setting pbx.mirror, then repeat")


def _prepare(apt: Path, address: str) -> None:
    for folder in ("lists/partial", "cache/archives/partial", "etc"):
        (apt / folder).mkdir(parents=True, exist_ok=True)
    keyring = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
    if not keyring.exists():
        raise InstallFailed("the package debian-archive-keyring is missing; install it, then repeat")
    (apt / "status").touch()
    (apt / "etc/sources.list").write_text(f"deb [signed-by={keyring}] {address} {SUITE} main\n")
    (apt / "apt.conf").write_text(
        f'Dir::Etc::sourcelist "{apt}/etc/sources.list";\n'
        f'Dir::Etc::sourceparts "-";\nDir::State::status "{apt}/status";\n'
        f'Dir::State::lists "{apt}/lists";\nDir::Cache "{apt}/cache";\n'
        'APT::Sandbox::User "";\nAcquire::Check-Valid-Until "false";\nAPT::Install-Recommends "false";\n'
    )


def _apt(apt: Path, words: list[str], echo: Echo) -> None:
    """Run apt-get in its own root and show about every tenth download."""
    command = ["apt-get", "-q", *words]
    environment = {"APT_CONFIG": str(apt / "apt.conf"), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}
    last: list[str] = []
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            last = [*last[-8:], line.rstrip()]
            match = re.match(r"Get:(\d+)0 ", line)
            if match:
                echo(f"      {match[1]}0 files ...")
    if process.returncode != 0:
        raise InstallFailed("apt-get failed: " + " | ".join(last[-4:]))


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise InstallFailed(f"{command[0]} failed: {done.stderr.strip()[-300:]}")
