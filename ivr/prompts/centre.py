"""The prompts of this centre: its company's name, its own texts, and where its recordings are read and written."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from callcenter.asterisk.install import NotInstalled, Tree
from callcenter.settings import Settings
from ivr.prompts.build import Built, Workshop
from ivr.prompts.errors import BadPromptText
from ivr.prompts.files import NARROW
from ivr.prompts.ready import ready_folder
from ivr.prompts.sentences import Catalogue, catalogue_of, default_catalogue
from ivr.prompts.texts import FOLDERS, Prompt, texts
from ivr.prompts.voice import pack

LARGEST_TEXTS: Final = 1_000_000
WHOLE: Final = frozenset({"count", "number", "ordinal"})
"""Kinds that read the same value, a whole number, in different ways; a text of the centre's own may choose."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The input of a build: plain values, so that a separate process can receive it as one line."""

    target: str
    own: str
    espeak: tuple[str, ...]
    core: str
    model: str
    company: Mapping[str, str]
    flow_texts: tuple[tuple[str, str, str], ...] = ()
    """Texts of flows in use: the name of the recording, the language, the text."""

    def recordings(self) -> list[Prompt]:
        """Everything to record. Raises BadPromptText."""
        return [*self.catalogue().recordings(), *(Prompt(*entry) for entry in self.flow_texts)]

    def workshop(self, rates: tuple[int, ...]) -> Workshop:
        """Without the synthetic voice, which the process that builds adds."""
        return Workshop(
            Path(self.target), Path(self.own), ready_folder(), None, tuple(self.espeak), Path(self.core), rates
        )

    def catalogue(self) -> Catalogue:
        """Raises BadPromptText."""
        return centre_catalogue(self.company, Path(self.own))


def plan_of(settings: Settings, tree: Tree) -> Plan:
    """Recordings are where the rendered dialplan plays them; the centre's own are in data_dir/prompts."""
    try:
        espeak = tuple(tree.program("espeak-ng"))
    except NotInstalled:
        espeak = ()
    return Plan(
        target=str(settings.pbx_home / "sounds"),
        own=str(own_folder(settings)),
        espeak=espeak,
        core=str(tree.data / "sounds" / "en"),
        model=str(settings.model_home / pack.NAME),
        company=dict(settings.company),
    )


def own_folder(settings: Settings) -> Path:
    return settings.data_dir.resolve() / "prompts"


def build_prompts(settings: Settings, tree: Tree) -> list[Built]:
    """The quick part, so that the first call is greeted: 8 kHz, and nothing newly synthesised."""
    plan = plan_of(settings, tree)
    return list(plan.workshop((NARROW,)).build(plan.recordings()))


def centre_catalogue(company: Mapping[str, str], own: Path) -> Catalogue:
    """The texts that come with the software, with the centre's own in their place. Raises BadPromptText."""
    whole = {language: texts(language, company) | own_texts(own, language, company) for language in FOLDERS}
    catalogue = catalogue_of(whole)
    for language in FOLDERS:
        for name in default_catalogue().names(language):
            _same_values(catalogue, name, language)
    return catalogue


def own_texts(own: Path, language: str, company: Mapping[str, str]) -> dict[str, str]:
    """The centre's texts of a language, from `zh-CN.toml` or `en.toml` in its folder. Raises BadPromptText."""
    path = own / f"{language}.toml"
    try:
        if path.stat().st_size > LARGEST_TEXTS:
            raise BadPromptText("the file of texts is too large", prompt=path.name, largest=LARGEST_TEXTS)
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise BadPromptText(f"this file of texts cannot be read: {error}", prompt=path.name) from error
    if strange := [name for name, text in given.items() if not isinstance(text, str)]:
        raise BadPromptText("a prompt's text is one string", prompt=strange[0])
    return {name: str(text).replace("{company}", company.get(language, "")) for name, text in given.items()}


def _same_values(catalogue: Catalogue, name: str, language: str) -> None:
    """A text of the centre's own may omit values; one that the software does not provide would never be heard."""
    given = default_catalogue().slots(name, language)
    for value, kind in catalogue.slots(name, language).items():
        if given.get(value) != kind and not {kind, given.get(value)} <= WHOLE:
            raise BadPromptText("this prompt is given no such value", prompt=name, value=value, kind=kind)


def written(plan: Plan) -> bytes:
    """Serialise a plan as one line."""
    return json.dumps(asdict(plan), ensure_ascii=False).encode() + b"\n"


def read(line: bytes) -> Plan:
    values = json.loads(line)
    return Plan(**{**values, "flow_texts": tuple(tuple(entry) for entry in values["flow_texts"])})
