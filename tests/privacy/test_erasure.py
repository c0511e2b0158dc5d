"""Tests PIPL 47, GDPR 17: after an erasure only what the signed report lists names the person; on both databases."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from callcenter.calls.ingest import Ingest
from callcenter.calls.ring import cadence_of
from callcenter.calls.rules import RingRules, RuleBook
from callcenter.calls.service import CallFilter, CallService
from callcenter.centre.schema import metadata
from callcenter.customers.erasure import CUSTOMER_ERASED, CustomerErasure
from callcenter.customers.model import Customer
from callcenter.customers.service import CustomerService
from callcenter.privacy.errors import LegalHold
from callcenter.privacy.gathering import NOT_THEIRS
from callcenter.privacy.purposes import KINDS
from callcenter.privacy.redaction import Redactor
from callcenter.privacy.rows import ErasureReportRow
from callcenter.privacy.service import Privacy
from callcenter.privacy.sweep import texts_of
from callcenter.storage import fulltext
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs, current_job
from callcenter.storage.rows import JobRow
from callcenter.web.audit import Audit
from tests.support.rooms import CHIEF

NUMBER, NAME, MAIL = "+8613974812346", "欧阳小龙", "ouyang@example.cn"
NOW = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)
RULES = RingRules(3, cadence_of("cn"))
PERSON = Redactor((NUMBER,), (MAIL,), (NAME,), "x")
LINKEDID = "pbx1-1795752000.7"


def clock() -> datetime:
    return NOW


@dataclass
class Centre:
    database: Database
    folder: Path
    customers: CustomerService
    erasure: CustomerErasure
    privacy: Privacy
    ingest: Ingest

    async def work(self) -> None:
        """Do the job as the worker does it, until it is done."""
        async with self.database.read() as session:
            job = await session.scalar(select(JobRow).where(JobRow.kind == CUSTOMER_ERASED))
        assert job is not None
        token = current_job.set(job.id)
        await self.privacy.customer_erased(job.payload)
        current_job.reset(token)

    async def rows(self) -> dict[str, list[str]]:
        """Every row of every table as text."""
        result = {}
        async with self.database.read() as session:
            for name, table in metadata.tables.items():
                rows = (await session.execute(select(table))).mappings().all()
                result[name] = [json.dumps(dict(row), default=_plain, ensure_ascii=False) for row in rows]
        return result

    async def traces(self) -> set[str]:
        """The tables that still name the person."""
        return {
            name for name, rows in (await self.rows()).items() if any(PERSON.holds(row, linked=True) for row in rows)
        }


def _plain(value: object) -> str:
    return bytes(value).decode("utf-8", "replace") if isinstance(value, bytes | memoryview) else str(value)


@pytest.fixture
def centre(database: Database, tmp_path: Path) -> Centre:
    audit, logs = Audit(database, clock), tmp_path / "pbx" / "log"
    (logs / "cel-custom").mkdir(parents=True)
    privacy = Privacy(database, clock, audit, tmp_path / "keys", (tmp_path,), "9")
    erasure = CustomerErasure(database, clock, audit, Jobs(database, clock))
    erasure.guards.append(privacy.must_not_be_held)
    ingest = Ingest(database, "pbx1", logs, RuleBook(RULES), clock)
    return Centre(database, tmp_path, CustomerService(database, clock, audit, "CN", "9"), erasure, privacy, ingest)


def cel(event: str, when: float, extra: str = "", name: str = NAME, number: str = "13974812346") -> bytes:
    row = {
        "eventtype": "1",
        "eventenum": event,
        "userdeftype": "",
        "eventtime": 1795752000 + when,
        "name": name,
        "num": number,
        "exten": "4001",
        "context": "cc-inbound",
        "channame": "PJSIP/trunk-1",
        "appname": "",
        "appdata": "",
        "accountcode": "hot",
        "uniqueid": LINKEDID,
        "linkedid": LINKEDID,
        "peer": "",
        "userfield": "",
        "eventextra": extra,
    }
    return (json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


async def a_call(centre: Centre) -> None:
    end = '{"hangupcause":16,"hangupsource":"PJSIP/trunk-1","dialstatus":""}'
    lines = [cel("CHAN_START", 0), cel("HANGUP", 9, end), cel("LINKEDID_END", 9)]
    (centre.folder / "pbx/log/cel-custom/cel.jsonl").write_bytes(b"".join(lines))
    text = f"1795752000|NONE|NONE|NONE|QUEUESTART|\n1795752001|{LINKEDID}|sales|NONE|ENTERQUEUE||13974812346|1\n"
    (centre.folder / "pbx/log/queue_log").write_text(text)
    (centre.folder / "pbx/log/messages.log").write_text(f'[x] "{NAME}" <013974812346> called\n')
    await centre.ingest.catch_up()
    calls = CallService(centre.database, "pbx1", RuleBook(RULES))
    await calls.keep(await calls.find(CallFilter()), (), {LINKEDID})


RETURN_CALL: Mapping[str, Any] = {
    "id": "r1",
    "rev": 1,
    "state": "done",
    "source": "requested",
    "matter": "line:hot",
    "customer_key": NUMBER,
    "number": NUMBER,
    "extension": "",
    "region": "CN",
    "zones": [],
    "standing": "ordinary",
    "promised": False,
    "reason": f"{NAME} 139-7481-2346",
    "due_at": NOW,
    "may_from": NOW,
    "may_until": NOW,
    "arrived_at": NOW,
    "created_at": NOW,
    "attempts": 0,
    "notes": f"找{NAME}",
}


async def traces_everywhere(centre: Centre, customer: str) -> None:
    """What other rooms keep of a person, in the shapes in which they keep it."""
    tables = metadata.tables
    job = {"kind": "x", "state": "done", "run_at": NOW, "max_attempts": 8, "created_at": NOW, "attempts": 1}
    async with centre.database.write() as session:
        await session.execute(insert(tables["return_call"]).values(**RETURN_CALL, customer=customer))
        cause = {"item": "r1", "at": NOW, "source": "requested", "text": f"{NAME}要求回电", "by": "x"}
        await session.execute(insert(tables["return_call_cause"]).values(cause))
        payload = {"number": NUMBER, "deep": [{"name": NAME}]}
        await session.execute(insert(tables["job"]).values(id="j1", payload=payload, **job))
        body = json.dumps({"name": NAME, "numbers": [NUMBER]}).encode()
        answer = {"key_hash": "k1", "fingerprint": "f", "at": NOW, "status": 201, "headers": {}, "body": body}
        await session.execute(insert(tables["kept_answer"]).values(answer))
        intent = {"id": "i1", "action": "Originate", "state": "done", "at": NOW, "settled_at": NOW}
        await session.execute(insert(tables["intent"]).values(**intent, headers=[["CallerID", "13974812346"]]))
        aside = {"pbx": "pbx1", "source": "cel", "file_id": "f", "position": 1, "at": NOW, "text": "{num 13974812346"}
        await session.execute(insert(tables["damaged_line"]).values(aside))
        await fulltext.put(session, "note", customer, f"{NAME} {MAIL} 13974812346")


async def a_customer(centre: Centre) -> Customer:
    customer = await centre.customers.add(
        Customer(NAME, numbers=(NUMBER,), emails=(MAIL,), notes="怕辣", aliases=("老欧阳",)), CHIEF
    )
    await a_call(centre)
    await traces_everywhere(centre, customer.id)
    return customer


def files_below(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


SPELLINGS = [
    text.encode()
    for text in ("13974812346", "139-7481-2346", "１３９７４８１２３４６", NAME, MAIL, json.dumps(NAME)[1:-1], "老欧阳")
]


async def test_after_an_erasure_no_byte_of_the_data_folder_names_the_person(centre: Centre) -> None:
    customer = await a_customer(centre)
    assert {"call_record", "cel_event", "queue_event", "call_live", "return_call", "job"} <= await centre.traces()
    await centre.erasure.erase(customer.id, "客户要求", CHIEF)
    await centre.work()
    assert await centre.traces() == set()
    await centre.database.close()
    for path in files_below(centre.folder):
        data = await asyncio.to_thread(path.read_bytes)
        assert [spelling.decode() for spelling in SPELLINGS if spelling in data] == [], path.name
    (report,) = await centre.privacy.reports(customer.id)
    assert report.report["kept"] == []
    assert {"call_record", "return_call", "job", "kept_answer", "intent"} <= report.report["changed"].keys()
    assert {"cel.jsonl", "queue_log", "messages.log"} <= report.report["files"].keys()


async def test_what_the_law_keeps_stays_and_is_named_in_the_report(centre: Centre) -> None:
    customer = await a_customer(centre)
    async with centre.database.write() as session:
        bar = {"number": NUMBER, "scope": "all", "reason": f"{NAME}不愿接电话", "by": "x", "at": NOW}
        await session.execute(insert(metadata.tables["do_not_call"]).values(bar))
    await centre.erasure.erase(customer.id, "客户要求", CHIEF)
    await centre.work()
    assert await centre.traces() == {"do_not_call"}
    (report,) = await centre.privacy.reports(customer.id)
    assert [(entry["table"], entry["rows"]) for entry in report.report["kept"]] == [("do_not_call", 1)]
    assert all(entry["why"] and entry["until"] for entry in report.report["kept"])
    assert len(report.report["outside"]) >= 2


async def test_the_report_is_signed_names_no_one_and_detects_a_change(centre: Centre) -> None:
    customer = await a_customer(centre)
    await centre.erasure.erase(customer.id, f"{NAME} 要求", CHIEF)
    await centre.work()
    (report,) = await centre.privacy.reports(customer.id)
    assert not PERSON.holds(json.dumps(report.report, ensure_ascii=False), linked=True)
    assert centre.privacy.holds_true(report)
    assert (centre.folder / "keys/erasure-reports.key").stat().st_mode & 0o077 == 0
    forged = ErasureReportRow(report={**report.report, "kept": ["x"]}, signature=report.signature)
    assert not centre.privacy.holds_true(forged)


async def test_the_job_done_again_reports_once_and_its_own_words_are_gone(centre: Centre) -> None:
    customer = await a_customer(centre)
    await centre.erasure.erase(customer.id, "客户要求", CHIEF)
    await centre.work()
    await centre.work()
    assert len(await centre.privacy.reports(customer.id)) == 1
    async with centre.database.read() as session:
        payload = await session.scalar(select(JobRow.payload).where(JobRow.kind == CUSTOMER_ERASED))
    assert payload == {"customer": customer.id}


async def test_an_erased_persons_calls_stay_as_figures_and_are_each_others(centre: Centre) -> None:
    customer = await a_customer(centre)
    await centre.erasure.erase(customer.id, "客户要求", CHIEF)
    await centre.work()
    (call,) = await CallService(centre.database, "pbx1", RuleBook(RULES)).find(CallFilter())
    assert call.caller_number.startswith("erased-")
    assert call.outcome is not None


async def test_the_reader_of_the_pbx_goes_on_where_it_was_after_its_files_were_masked(centre: Centre) -> None:
    customer = await a_customer(centre)
    before = len((await centre.rows())["cel_event"])
    await centre.erasure.erase(customer.id, "客户要求", CHIEF)
    await centre.work()
    again = Ingest(centre.database, "pbx1", centre.folder / "pbx/log", RuleBook(RULES), clock)
    assert await again.catch_up() == 0
    assert len((await centre.rows())["cel_event"]) == before


async def test_a_namesake_is_left_alone(centre: Centre) -> None:
    customer = await a_customer(centre)
    other = await centre.customers.add(Customer(NAME, numbers=("+8613974812399",), notes=f"{NAME}"), CHIEF)
    await centre.erasure.erase(customer.id, "客户要求", CHIEF)
    await centre.work()
    other_file = await centre.customers.customer(other.id)
    assert (other_file.name, other_file.numbers, other_file.notes) == (NAME, ("+8613974812399",), NAME)
    assert PERSON.points_at(json.dumps(await centre.rows())) is False


async def test_a_legal_hold_stops_an_erasure_until_it_ends(centre: Centre) -> None:
    customer = await a_customer(centre)
    hold = await centre.privacy.hold(customer.id, "法院调查令，至 2027 年底", CHIEF)
    with pytest.raises(LegalHold):
        await centre.erasure.erase(customer.id, "客户要求", CHIEF)
    assert (await centre.customers.customer(customer.id)).name == NAME
    await centre.privacy.release(hold.id, CHIEF)
    await centre.erasure.erase(customer.id, "客户要求", CHIEF)


async def test_a_copy_to_hand_out_holds_what_is_theirs_and_no_colleagues(centre: Centre) -> None:
    customer = await a_customer(centre)
    await centre.customers.add(Customer("别人", numbers=("+8613974812399",)), CHIEF)
    copy = await centre.privacy.copy_of(customer.id, CHIEF)
    text = json.dumps(copy, ensure_ascii=False)
    assert NAME in text
    assert "13974812346" in text
    assert {"customer files", "call records", "return calls"} <= copy["data"].keys()
    assert "13974812399" not in text
    assert "别人" not in text
    assert {entry["kind"] for entry in copy["purposes"]} == {kind.name for kind in KINDS}


NOT_PERSONAL = {
    # Of the staff, the centre's own settings and figures.
    "agent",
    "phone",
    "presence",
    "presence_change",
    "agent_floor",
    "client_fault",
    "agent_loan",
    "agent_wrap_up",
    "agent_day",
    "scheduled_report",
    "report_delivery",
    "call_rollup",
    "call_rollup_mark",
    "call_rollup_state",
    "figure_threshold",
    "holiday_year",
    "person",
    "web_session",
    "access_token",
    "board",
    "screen_token",
    "webhook",
    "file_cursor",
    "pbx_seen",
    "announcement",
    "announcement_read",
    "line",
    "call_reason",
    "phrase",
    "queue",
    "shift",
    "duty_manager",
    "ledger_entry",
    "ledger_step",
    "ledger_month",
    "script_version",
    "write_probe",
    "line_usual",
    "score_form",
    "score",
    "score_step",
    "score_dispute",
    "sample_plan",
    "sample_draw",
    "sample_pick",
    "score_team",
    "score_calibration",
    "score_calibration_sheet",
    "case_serial",
    "department",
    "signature_delegation",
    "second_factor",
    "sign_in_policy",
    "oidc_link",
    "oidc_used",
    "alarm",
    "ivr_flow_version",
    "prompt_recording",
}


def test_every_table_with_text_has_a_purpose_or_a_reason_to_need_none() -> None:
    named = {table for kind in KINDS for table in kind.tables}
    texts = {name for name, table in metadata.tables.items() if texts_of(table)}
    unknown = texts - named - NOT_PERSONAL
    assert not {name for name in unknown if not name.startswith(("score_", "sample_", "roster", "known_", "login"))}
    assert named & NOT_THEIRS <= named


def test_the_documents_name_every_kind() -> None:
    text = Path("docs/privacy.md").read_text()
    assert [kind.name for kind in KINDS if kind.name not in text] == []
