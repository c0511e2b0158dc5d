"""Builds a case's printed forms: complaint tracking (K1) and complaint handling (K2). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from callcenter.calls.papers.model import CallMatter
from callcenter.complaints.model import Case
from callcenter.complaints.signatures import model as signing
from callcenter.complaints.signatures.model import Place, Signature, Verdict
from callcenter.paper import model as paper
from callcenter.paper.model import Entry, HandlingForm, Head, Proof, Standing, TrackingForm
from callcenter.paper.texts import texts_of

_STATES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "zh-CN": {
            "received": "已受理",
            "assessed": "已评估",
            "investigating": "调查中",
            "proposed": "已提方案",
            "approved": "已批准",
            "corrected": "已纠正",
            "verified": "已验证",
            "answered": "已答复",
            "called_back": "已回访",
            "closed": "已结案",
            "archived": "已归档",
            "withdrawn": "已撤回",
            "merged": "已合并",
        },
        "en": {"called_back": "called back"},
    }
)
_PLACES: Final[Mapping[str, Mapping[Place, str]]] = MappingProxyType(
    {
        "zh-CN": {
            Place.RECEIVER: "接待人",
            Place.HANDLER: "经手人",
            Place.CENTRE: "服务中心",
            Place.DUTY_MANAGER: "值班经理",
            Place.LEADER: "部门领导",
        },
        "en": {Place.CENTRE: "service centre", Place.DUTY_MANAGER: "duty manager", Place.LEADER: "department leader"},
    }
)
_PROOFS: Final = {
    "zh-CN": {"call": "通话", "recording": "录音", "transcript": "文字记录", "file": "文件"},
    "en": {},
}
_ANONYMOUS: Final = {"zh-CN": "（匿名）", "en": "(anonymous)"}
_CAUSE: Final = {"zh-CN": "真实原因：", "en": "True cause: "}
REASON_LENGTH: Final = 500


@dataclass(frozen=True, slots=True)
class Attached:
    """An attachment of the case, as a form lists it; `sha256` is None where nothing could be pinned."""

    kind: str
    title: str
    at: datetime
    sha256: str | None


@dataclass(frozen=True, slots=True)
class File:
    """Everything that a case's forms show. `phone` is masked for the reader, `department` is its name."""

    case: Case
    head: Head
    phone: str
    department: str
    signatures: Sequence[Signature]
    attached: Sequence[Attached]


def state_word(state: str, language: str) -> str:
    return _STATES.get(language, {}).get(state, state)


def tracking_of(file: File) -> TrackingForm:
    """Builds the complaint tracking form."""
    case = file.case
    received = Entry(case.facts.what_happened, case.received_by_name, case.opened_at)
    return TrackingForm(
        head=file.head,
        received_at=case.opened_at,
        customer=_customer(file),
        sex=case.facts.sex,
        phone=file.phone,
        account=_signed(file, received, Place.RECEIVER),
        findings=_signed(file, _entry(file, "findings", "investigation"), Place.HANDLER),
        centre_opinion=_signed(file, _entry(file, "centre_opinion", "proposal"), Place.CENTRE),
        duty_manager_opinion=_signed(file, _entry(file, "manager_opinion"), Place.DUTY_MANAGER),
        leader_opinion=_signed(file, _entry(file, "leader_opinion"), Place.LEADER),
        signatures=_chain(file),
        proofs=_proofs(file),
    )


def handling_of(file: File) -> HandlingForm:
    """Builds the complaint handling form."""
    case, facts = file.case, file.case.facts
    return HandlingForm(
        head=file.head,
        customer=_customer(file),
        at=case.opened_at,
        contact=facts.contact_person,
        phone=file.phone,
        department=file.department,
        product=facts.product,
        order=facts.order_number,
        remedy=facts.wanted,
        content=Entry(facts.what_happened, case.received_by_name, case.opened_at),
        investigation=_with_cause(file, _entry(file, "investigation", "findings")),
        correction=_entry(file, "corrective_action"),
        verification=_entry(file, "verification"),
        signatures=_chain(file),
        proofs=_proofs(file),
    )


def matter_of(case: Case, department: str, language: str, people: str = "") -> CallMatter:
    """Returns what a call on this case was about (W1); `people` are the names of those concerned."""
    reason = case.facts.what_happened
    return CallMatter(
        number=case.number,
        reason=reason if len(reason) <= REASON_LENGTH else reason[:REASON_LENGTH] + "…",
        contact=case.facts.contact_person,
        department=department,
        people=people or case.facts.agent or "",
        progress=f"{case.number} {state_word(case.state, language)}",
    )


def _customer(file: File) -> str:
    facts = file.case.facts
    return _ANONYMOUS[file.head.language] if facts.anonymous else facts.customer_name


def _entry(file: File, *names: str) -> Entry:
    """Returns the first of these statements that exists."""
    for name in names:
        statement = file.case.statements.get(name)
        if statement is not None and statement.text.strip():
            return Entry(statement.text, statement.by_name, statement.at)
    return Entry()


def _with_cause(file: File, entry: Entry) -> Entry:
    cause = file.case.statements.get("true_cause")
    if cause is None or not cause.text.strip():
        return entry
    text = f"{entry.text}\n{_CAUSE[file.head.language]}{cause.text}".strip()
    return Entry(text, entry.by or cause.by_name, entry.at or cause.at)


def _standing(file: File, signature: Signature) -> Standing:
    if signature.verdict is Verdict.RETURNED:
        return Standing.RETURNED
    held = signing.holding(file.case, file.signatures)
    return Standing.VALID if held.get(signature.place) is signature else Standing.VOID


def _signed(file: File, entry: Entry, place: Place) -> Entry:
    """Returns the entry with the latest signature of its place; the signer's name appears on it."""
    given = [signature for signature in file.signatures if signature.place is place]
    if not given:
        return entry
    last = given[-1]
    return Entry(entry.text, _signer(file, last), last.at, _standing(file, last))


def _signer(file: File, signature: Signature) -> str:
    """Returns the signer's name, with that of the person for whom they signed."""
    if not signature.instead_of:
        return signature.name
    return texts_of(file.head.language)["instead_of"].format(signature.name, signature.instead_of)


def _chain(file: File) -> tuple[paper.Signature, ...]:
    """Returns every signature ever given, place by place, and the places still open."""
    words = _PLACES.get(file.head.language, {})
    texts, twice = texts_of(file.head.language), signing.double_places(file.case, file.signatures)
    rows: list[paper.Signature] = []
    chain = signing.chain_for(file.case)
    for place in Place:
        role = words.get(place, place.value)
        given = [signature for signature in file.signatures if signature.place is place]
        for signature in given:
            standing, note = _standing(file, signature), signature.reason
            if place in twice and standing is Standing.VALID:
                note = texts["second_place"].format(words.get(twice[place], twice[place].value))
            rows.append(
                paper.Signature(role, _signer(file, signature), signature.at, standing, note, signature.covers[:16])
            )
        if not given and place in chain:
            rows.append(paper.Signature(role))
    return tuple(rows)


def _proofs(file: File) -> tuple[Proof, ...]:
    words = _PROOFS.get(file.head.language, {})
    proofs = [
        Proof(words.get(attachment.kind, attachment.kind), attachment.title, attachment.at, attachment.sha256 or "")
        for attachment in file.attached
    ]
    kinds = {attachment.kind for attachment in file.attached}
    # A call without a transcript has its own line, so that no one looks for a transcript that never existed.
    if "call" in kinds and "transcript" not in kinds:
        proofs.append(Proof(words.get("transcript", "transcript"), texts_of(file.head.language)["none"]))
    return tuple(proofs)
