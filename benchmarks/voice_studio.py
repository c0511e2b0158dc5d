"""Records the prompts that come with the software: `python -m benchmarks.voice_studio --help`.

Each sentence is spoken in up to five ways until a recogniser understands it at telephone quality; the best is kept.
What is cut out of a carrier is taken as it comes: a recogniser reads no single syllable, so `make bench ONLY=voice`
hears these pieces in the sentences that they compose.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from benchmarks.voice_ear import Ear
from benchmarks.voice_errors import error
from callcenter.settings import Settings
from ivr.prompts.ready import drop_strangers, key, missing, ready_folder, record
from ivr.prompts.sentences import default_catalogue
from ivr.prompts.sound import levelled, trimmed
from ivr.prompts.voice import pack
from ivr.prompts.voice.carriers import NONE, carrier_of
from ivr.prompts.voice.kokoro import RATE, SPEAKERS, TAKES
from ivr.prompts.voice.process import VoiceProcess

if TYPE_CHECKING:
    from ivr.prompts.sound import Samples
    from ivr.prompts.texts import Prompt


def best_take(voice: VoiceProcess, ear: Ear, prompt: Prompt) -> tuple[int, Samples, int, str]:
    """The take with the fewest errors, the samples, the errors, and what was heard."""
    if carrier_of(prompt.text, prompt.language) != NONE:
        samples, _ = voice.speak(prompt.text, prompt.language)
        return 0, samples, 0, "(not heard alone)"
    best: tuple[int, Samples, int, str] | None = None
    for take in range(len(TAKES[prompt.language])):
        samples, rate = voice.speak(prompt.text, prompt.language, take)
        heard = ear.hear(levelled(trimmed(samples, rate), rate), rate, prompt.language)
        wrong = error(prompt.text, heard, prompt.language)
        if best is None or wrong < best[2]:
            best = (take, samples, wrong, heard)
        if best[2] == 0:
            break
    assert best is not None
    return best


def main(
    names: Annotated[list[str] | None, typer.Argument(help="Recordings to speak again, as zh/greeting.")] = None,
    language: Annotated[str, typer.Option(help="Only this language.")] = "",
    limit: Annotated[int, typer.Option(help="At most so many.")] = 10_000,
    into: Annotated[Path | None, typer.Option(help="Another folder than that of the repository.")] = None,
    quick: Annotated[bool, typer.Option(help="The first take, without listening.")] = False,
) -> None:
    """Speak what has no recording of its text yet, or the named ones again."""
    home, folder = Settings().model_home, into or ready_folder()
    prompts = default_catalogue().recordings()
    for stranger in drop_strangers(folder, prompts):
        typer.echo(f"dropped {stranger}")
    chosen = [prompt for prompt in prompts if key(prompt) in names] if names else missing(folder, prompts)
    again = [prompt for prompt in chosen if language in ("", prompt.language)][:limit]
    with VoiceProcess(home / pack.NAME, 0) as voice:
        if quick:
            speak_quickly(voice, folder, again)
        else:
            speak_well(voice, Ear(home / "whisper-base"), folder, again)


def speak_well(voice: VoiceProcess, ear: Ear, folder: Path, prompts: Sequence[Prompt]) -> None:
    for number, prompt in enumerate(prompts, 1):
        take, samples, wrong, heard = best_take(voice, ear, prompt)
        prompt_take = record(folder, prompt, samples, RATE, voice=SPEAKERS[prompt.language], take=take)
        what = f"{prompt_take.seconds} s, take {take}, {wrong} wrong: {prompt.text} | {heard}"
        typer.echo(f"{number}/{len(prompts)} {key(prompt)} {what}")


def speak_quickly(voice: VoiceProcess, folder: Path, prompts: Sequence[Prompt]) -> None:
    """The first take, without listening."""
    for number, prompt in enumerate(prompts, 1):
        samples, rate = voice.speak(prompt.text, prompt.language)
        entry = record(folder, prompt, samples, rate, voice=SPEAKERS[prompt.language], take=0)
        typer.echo(f"{number}/{len(prompts)} {key(prompt)} {entry.seconds} s: {prompt.text}")


if __name__ == "__main__":
    typer.run(main)
