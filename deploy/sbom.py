"""What the centre is made of, as CycloneDX 1.6 (ECMA-424) in JSON: the locked packages of Python and of the pages
with their hashes, the Debian packages and images of the deployment. From the repository's own files, without a
network: `make sbom`.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
_LOCKED: Final = re.compile(
    r"(?m)^([A-Za-z0-9._-]+)==([^\s;]+)(?: *;[^\\\n]*)?(?: *\\)?$((?:\n +--hash=sha256:[0-9a-f]{64}(?: \\)?$)*)"
)
_HASH: Final = re.compile(r"sha256:([0-9a-f]{64})")


def python_packages(lock: str) -> list[dict[str, Any]]:
    """Every file of a release has a hash of its own, so they stand in properties and not as the component's hash."""
    return [
        {
            "type": "library",
            "bom-ref": f"pkg:pypi/{name.lower()}@{version}",
            "name": name,
            "version": version,
            "purl": f"pkg:pypi/{name.lower()}@{version}",
            "properties": [{"name": "file:sha256", "value": entry} for entry in _HASH.findall(hashes)],
        }
        for name, version, hashes in _LOCKED.findall(lock)
    ]


def npm_packages(lock: str) -> list[dict[str, Any]]:
    """What the browser's pages are built from, with the peers that npm installs for it; tools are left out."""
    packages = json.loads(lock)["packages"]
    return [
        {
            "type": "library",
            "bom-ref": f"pkg:npm/{name.replace('@', '%40')}@{package['version']}",
            "name": name,
            "version": package["version"],
            "purl": f"pkg:npm/{name.replace('@', '%40')}@{package['version']}",
            "licenses": [{"license": {"id": package["license"]}}],
            "properties": [{"name": "integrity", "value": package["integrity"]}],
        }
        for path, package in packages.items()
        if path and not package.get("dev") and not package.get("optional")
        for name in [path.rpartition("node_modules/")[2]]
    ]


def debian_packages(dockerfile: str) -> list[dict[str, Any]]:
    """The packages that the image installs; their versions are those of the release on the day it is built."""
    search = re.search(r"--no-install-recommends \\\n(.*?) && rm", dockerfile.rpartition("FROM ")[2], re.DOTALL)
    names = search[1].replace("\\\n", " ").split() if search else []
    return [
        {"type": "library", "bom-ref": f"pkg:deb/debian/{name}", "name": name, "purl": f"pkg:deb/debian/{name}"}
        for name in names
    ]


def bom() -> dict[str, Any]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    name = project["name"]
    components = python_packages((ROOT / "requirements.lock").read_text("utf-8"))
    components += npm_packages((ROOT / "dashboards/web/package-lock.json").read_text("utf-8"))
    components += debian_packages((ROOT / "deploy/Dockerfile").read_text("utf-8"))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "bom-ref": name, "name": name, "version": project["version"]}
        },
        "components": components,
        "dependencies": [{"ref": name, "dependsOn": [component["bom-ref"] for component in components]}],
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(bom(), ensure_ascii=False, indent=2) + "\n")
