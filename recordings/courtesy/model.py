"""Checks C1-C3 and R2 on a transcript: met, not met, or not assessable. Evidence, never a verdict. Pure.

Only the agent's side is judged. A clause that the transcript cannot answer is `not_assessable`, with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from recordings.courtesy.phrases import Kind, WordList, names_company
from recordings.transcripts.model import AGENT, CALLER, Utterance


class Result(StrEnum):
    MET = "met"
    NOT_MET = "not_met"
    NOT_ASSESSABLE = "not_assessable"


@dataclass(frozen=True, slots=True)
class Limits:
    """The policy's limits; times in seconds, confidences from 0 to 1."""

    opening_seconds: float = 12.0
    closing_seconds: float = 20.0
    apology_seconds: float = 20.0
    least_confidence: float = 0.5
    least_speech_seconds: float = 8.0


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase and the second of the recording at which it is spoken."""

    second: float
    phrase: str
    text: str
    agent: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One part of a clause: `part` is opening, please, polite_you, goodbye, curt, shirking, blaming or apology.

    `second` is where to listen: the hit, or the stretch in which something is missing.
    """

    clause: str
    part: str
    result: Result
    agent: str | None
    second: float
    reason: str = ""
    missing: tuple[str, ...] = ()
    hits: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True)
class Heard:
    """A call as input of the check; `transferred` when more than one agent was on it."""

    utterances: tuple[Utterance, ...]
    company: tuple[str, ...]
    transferred: bool = False


FORBIDDEN = (Kind.CURT, Kind.SHIRKING, Kind.BLAMING)
REQUIRED = (Kind.PLEASE, Kind.POLITE_YOU)


def check(heard: Heard, words: WordList, limits: Limits) -> tuple[Finding, ...]:
    """Check every part of every clause, once for the agent who answered, and C2 for each agent who spoke."""
    mine = [utterance for utterance in heard.utterances if utterance.speaker == AGENT]
    first = mine[0].agent if mine else None
    reason = unclear(mine, limits)
    if reason:
        parts = [("R2", "opening"), ("C1", "please"), ("C1", "polite_you"), ("C1", "goodbye")]
        parts += [*(("C2", kind.value) for kind in FORBIDDEN), ("C3", "apology")]
        return tuple(Finding(*part, Result.NOT_ASSESSABLE, first, 0.0, reason) for part in parts)
    sure = [utterance for utterance in mine if _sure(utterance, limits)]
    findings = [_opening(mine, heard.company, words, limits)]
    findings += [_required(mine, kind, words, heard.transferred) for kind in REQUIRED]
    findings += [_goodbye(mine, words, limits, heard.transferred)]
    findings += [finding for kind in FORBIDDEN for finding in _forbidden(sure, kind, words)]
    findings += [_apology(heard, mine, words, limits)]
    return tuple(findings)


def unclear(mine: Sequence[Utterance], limits: Limits) -> str:
    """The reason why the agent's words cannot be assessed, or an empty string."""
    if not mine:
        return "the agent is not heard"
    seconds = sum(utterance.end - utterance.start for utterance in mine)
    if seconds < limits.least_speech_seconds:
        return f"the agent is heard for {seconds:.0f} s only"
    known = [
        (utterance.confidence, utterance.end - utterance.start)
        for utterance in mine
        if utterance.confidence is not None
    ]
    weight = sum(span for _, span in known)
    if weight and sum(sure * span for sure, span in known) / weight < limits.least_confidence:
        return "the transcript is not sure enough"
    return ""


def _sure(utterance: Utterance, limits: Limits) -> bool:
    return utterance.confidence is None or utterance.confidence >= limits.least_confidence


def _opening(mine: Sequence[Utterance], company: Sequence[str], words: WordList, limits: Limits) -> Finding:
    """R2: company and name within the first seconds of the agent's first word. It remains the first agent's duty."""
    first = mine[0]
    utterances = [
        utterance
        for utterance in mine
        if utterance.start < first.start + limits.opening_seconds and utterance.agent == first.agent
    ]
    if not all(_sure(utterance, limits) for utterance in utterances):
        return Finding("R2", "opening", Result.NOT_ASSESSABLE, first.agent, first.start, "the opening is unclear")
    text = _joined(utterances, words)
    names = _hits(utterances, Kind.NAME, words)
    missing = [] if not company or names_company(text, company, spaced=words.spaced) else ["company"]
    missing += [] if names else ["name"]
    result = Result.NOT_MET if missing else Result.MET
    return Finding("R2", "opening", result, first.agent, first.start, missing=tuple(missing), hits=names)


def _required(mine: Sequence[Utterance], kind: Kind, words: WordList, transferred: bool) -> Finding:
    """C1: said at least once in the agent's own part of the call."""
    hits = _hits(mine, kind, words)
    agent = mine[0].agent
    if not hits and transferred:
        # Another agent handled the rest of the matter, so the first one had no chance to say it.
        return Finding("C1", kind.value, Result.NOT_ASSESSABLE, agent, mine[0].start, "the call was transferred")
    if not hits:
        return Finding("C1", kind.value, Result.NOT_MET, agent, mine[0].start, missing=(kind.value,))
    return Finding("C1", kind.value, Result.MET, agent, hits[0].second, hits=hits[:3])


def _goodbye(mine: Sequence[Utterance], words: WordList, limits: Limits, transferred: bool) -> Finding:
    """C1: goodbye among the agent's last words."""
    last = mine[-1]
    if transferred:
        return Finding("C1", "goodbye", Result.NOT_ASSESSABLE, last.agent, last.start, "the call was transferred")
    closing = [utterance for utterance in mine if utterance.end > last.end - limits.closing_seconds]
    hits = _hits(closing, Kind.GOODBYE, words)
    if hits:
        return Finding("C1", "goodbye", Result.MET, last.agent, hits[-1].second, hits=hits[-1:])
    if not _sure(last, limits):
        return Finding("C1", "goodbye", Result.NOT_ASSESSABLE, last.agent, last.start, "the end is unclear")
    return Finding("C1", "goodbye", Result.NOT_MET, last.agent, last.start, missing=("goodbye",))


def _forbidden(sure: Sequence[Utterance], kind: Kind, words: WordList) -> list[Finding]:
    """C2: phrases that must never be said; per agent, and only where the transcript is confident."""
    hits = sorted(_hits(sure, kind, words), key=lambda hit: (hit.agent or "", hit.second))
    findings = []
    for agent, several in groupby(hits, key=lambda hit: hit.agent):
        own = tuple(several)
        findings.append(Finding("C2", kind.value, Result.NOT_MET, agent, own[0].second, hits=own))
    first = sure[0] if sure else None
    return findings or [
        Finding("C2", kind.value, Result.MET, first.agent if first else None, first.start if first else 0.0)
    ]


def _apology(heard: Heard, mine: Sequence[Utterance], words: WordList, limits: Limits) -> Finding:
    """C3: once the caller has complained, the agent's next words apologise."""
    complaint = next(
        (
            utterance
            for utterance in heard.utterances
            if utterance.speaker == CALLER and words.has(Kind.COMPLAINT, utterance.text)
        ),
        None,
    )
    agent = mine[0].agent
    if complaint is None:
        return Finding("C3", "apology", Result.NOT_ASSESSABLE, agent, 0.0, "no complaint is heard")
    until = complaint.end + limits.apology_seconds
    reply = [utterance for utterance in mine if complaint.start < utterance.end and utterance.start <= until]
    if not reply:
        return Finding("C3", "apology", Result.NOT_ASSESSABLE, agent, complaint.start, "no reply is heard")
    hits = _hits(reply, Kind.APOLOGY, words)
    if hits:
        return Finding("C3", "apology", Result.MET, hits[0].agent, hits[0].second, hits=hits[:1])
    if not all(_sure(utterance, limits) for utterance in reply):
        return Finding("C3", "apology", Result.NOT_ASSESSABLE, agent, reply[0].start, "the reply is unclear")
    return Finding("C3", "apology", Result.NOT_MET, reply[0].agent, reply[0].start, missing=("apology",))


def _hits(utterances: Sequence[Utterance], kind: Kind, words: WordList) -> tuple[Hit, ...]:
    """Phrases with their seconds: by the word's own time where the engine gives it, else by position in the text."""
    return tuple(
        Hit(_second(utterance, match.at, words), match.phrase, utterance.text, utterance.agent)
        for utterance in utterances
        for match in words.find(kind, utterance.text)
    )


def _second(utterance: Utterance, at: int, words: WordList) -> float:
    place = 0
    for word in utterance.words:
        # The folded words joined are nearly the folded text: close enough to locate the second.
        place += len("".join(char for char in word.text if char.isalnum())) + (1 if words.spaced else 0)
        if place > at:
            return round(word.start, 2)
    share = at / max(1, len(utterance.text))
    return round(utterance.start + min(1.0, share) * (utterance.end - utterance.start), 2)


def _joined(utterances: Sequence[Utterance], words: WordList) -> str:
    return (" " if words.spaced else "").join(utterance.text for utterance in utterances)
