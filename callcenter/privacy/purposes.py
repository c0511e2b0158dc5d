"""States why personal data is kept, how long, and what happens to it on an erasure request. Pure data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of data: its tables, why it is kept, for how long (a setting's name or a text), on which legal basis.

    `kept` states why an erasure leaves it as it is; empty where it is erased or pseudonymised.
    """

    name: str
    tables: tuple[str, ...]
    purpose: str
    basis: str
    retention: str
    kept: str = ""


KINDS: Final = (
    Kind(
        "customer files",
        ("customer", "customer_number", "customer_handle", "customer_entry"),
        "serving a customer, knowing who calls",
        "contract (PIPL 13 II)",
        "until erasure",
    ),
    Kind(
        "call records",
        (
            "call_record",
            "call_offer",
            "call_length",
            "call_excuse",
            "call_act",
            "call_note",
            "call_quality",
            "flag",
            "flag_decision",
        ),
        "proof of service, figures",
        "contract; management (PIPL 13 II)",
        "until erasure; pseudonymised then",
    ),
    Kind(
        "messages of the team",
        ("team_message", "team_message_receipt", "raised_hand", "team_record", "team_action"),
        "supervision of the floor",
        "management (PIPL 13 II)",
        "until erasure; pseudonymised then",
    ),
    Kind(
        "raw telephone events",
        ("cel_event", "queue_event", "call_witness", "call_live", "damaged_line", "toll_event"),
        "rebuilding call records",
        "contract",
        "retention.raw_event_days",
    ),
    Kind(
        "PBX's own log",
        (),
        "diagnosing faults, attacks on phones",
        "security (PIPL 51)",
        "masked before it is written; retention.pbx_log_days",
    ),
    Kind(
        "recordings",
        ("recording", "recording_capture", "recording_hold", "recording_talk"),
        "proof, training",
        "consent by announcement",
        "recordings settings; longer where a case holds the call",
    ),
    Kind(
        "transcripts",
        ("transcript", "transcript_channel", "transcript_version", "courtesy_check"),
        "courtesy, evidence of cases",
        "consent by announcement",
        "with the recording",
        "derived from a recording that a case still holds",
    ),
    Kind(
        "return calls",
        (
            "return_call",
            "return_call_cause",
            "return_call_attempt",
            "return_call_step",
            "script_session",
            "evaluation",
            "survey_campaign",
        ),
        "calling a customer back",
        "the customer's request",
        "until erasure; withdrawn and pseudonymised then",
    ),
    Kind(
        "do-not-call list",
        ("do_not_call",),
        "honouring an objection",
        "PIPL 15, 44",
        "until taken off the list",
        "without the number the objection could not be honoured",
    ),
    Kind(
        "blocked callers",
        ("caller_block",),
        "keeping harassment and fraud off the lines",
        "legitimate management, safety of staff (PIPL 13 II, III)",
        "until lifted; the decision stays as evidence",
        "without the number the block could not hold",
    ),
    Kind(
        "complaint cases",
        (
            "complaint_case",
            "case_entry",
            "case_step",
            "case_signature",
            "case_attachment",
            "case_question",
            "case_referral",
            "case_filter",
            "saved_filter",
            "case_digest",
        ),
        "handling complaints and proving how",
        "legal duty (consumer protection, limitation of claims: 3 years)",
        "complaints settings",
        "a complaint's record must be kept and must not change (K7)",
    ),
    Kind(
        "printed forms",
        ("archived_form", "print_run"),
        "archived paper",
        "legal duty, with the case",
        "with the case",
        "pinned by checksum, with the case that they belong to",
    ),
    Kind(
        "audit",
        ("audit",),
        "who did what",
        "legal duty (PIPL 54, 69)",
        "retention.audit_days",
        "a chain of checksums that must not change; it names actions and ids",
    ),
    Kind(
        "jobs and commands",
        ("job", "intent", "kept_answer", "webhook_delivery"),
        "work under way",
        "contract",
        "retention.job_days; answers for a day",
    ),
    Kind(
        "work logs",
        (
            "work_log",
            "work_log_version",
            "work_log_useful",
            "unusual_report",
            "month_summary",
            "roster_handover",
            "roster_handover_item",
        ),
        "the team's own record (W4, H3)",
        "legitimate management",
        "until erasure; pseudonymised then",
    ),
    Kind(
        "drafts and own settings",
        ("draft", "own_settings"),
        "keeping what a person types over a reload",
        "contract",
        "30 days after the last change; settings until replaced",
    ),
    Kind("search index", ("full_text",), "finding what is kept", "contract", "with what it finds"),
    Kind("erasures", ("erasure_report", "legal_hold"), "proof of erasure", "legal duty (PIPL 69)", "for good"),
)
KEPT: Final = {table: kind for kind in KINDS if kind.kept for table in kind.tables}
OUTSIDE: Final = (
    "backups made before this erasure, until they are replaced",
    "files that people exported, printed or sent elsewhere",
    "free text that names the person by a name shared with others and by nothing else",
)
"""What this software cannot reach; included in every report."""
