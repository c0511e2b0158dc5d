"""Stores finished PDFs by checksum: written once, atomically, and verified on every read. Blocking."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from callcenter.paper.errors import PrintedFormDamaged


class PaperVault:
    """A directory of PDFs; the checksum is both name and seal."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def put(self, data: bytes) -> str:
        """Stores a PDF and returns its SHA-256. It is on disk when this returns."""
        sha256 = hashlib.sha256(data).hexdigest()
        target = self._path(sha256)
        if target.exists():
            return sha256
        target.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=target.parent, prefix=".new-", delete=False) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(file.name, 0o440)
        os.replace(file.name, target)
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return sha256

    def get(self, sha256: str) -> bytes:
        """Returns the PDF. Raises PrintedFormDamaged when it is missing or differs from what was stored."""
        try:
            data = self._path(sha256).read_bytes()
        except FileNotFoundError:
            raise PrintedFormDamaged("the archived file is missing", sha256=sha256) from None
        if hashlib.sha256(data).hexdigest() != sha256:
            raise PrintedFormDamaged("the archived file is not what was archived", sha256=sha256)
        return data

    def _path(self, sha256: str) -> Path:
        return self._directory / sha256[:2] / f"{sha256}.pdf"
