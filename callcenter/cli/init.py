"""`callcenter init`: writes two commented files to start a centre from; existing files are never overwritten."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from callcenter.catalogue import reader
from callcenter.clock import now

STEPS = """
Next:
  callcenter db upgrade                              make the database
  callcenter user add admin --role administrator     the first login; asks for a password
  callcenter import centre.toml                      people, queues, lines, shifts
  callcenter pbx install                             Asterisk, without root
  callcenter serve                                   the centre; pages at http://127.0.0.1:8080/
  callcenter phones show 1001                        what to type into a phone
"""


def init(
    folder: Annotated[
        Path, typer.Argument(file_okay=False, help="The folder for the files; created when missing.")
    ] = Path(),
    language: Annotated[
        str, typer.Option(help="Language of the comments: zh-CN or en; by default the terminal's.")
    ] = "",
) -> None:
    """Write initial callcenter.toml and centre.toml; existing files are left unchanged."""
    from callcenter.cli.starter import Tongue, centre_file, settings_file
    from callcenter.settings import Settings

    tongue: Tongue = "zh-CN" if (language or str(reader.get())).lower().startswith("zh") else "en"
    zone = ZoneInfo(Settings.model_fields["timezone"].default)
    folder.mkdir(parents=True, exist_ok=True)
    written = [
        _write(folder / "callcenter.toml", settings_file(tongue)),
        _write(folder / "centre.toml", centre_file(tongue, now(), zone)),
    ]
    if not any(written):
        raise typer.Exit(1)
    typer.echo(STEPS)


def _write(path: Path, text: str) -> bool:
    """Write the file unless it exists, even if another process creates it now (O_EXCL); whether it was written."""
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        typer.echo(f"{path} is there already and stays as it is.", err=True)
        return False
    typer.echo(f"{path} is written.")
    return True
