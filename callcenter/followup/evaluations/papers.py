"""Prints evaluations: the form of one, and the archived PDF that every evaluation gets (policy F1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import update

from callcenter.agents.service import AgentService
from callcenter.followup.errors import UnknownEvaluation
from callcenter.followup.evaluations.model import Evaluation, form_of
from callcenter.followup.evaluations.service import EvaluationService
from callcenter.followup.rows import EvaluationRow
from callcenter.paper.model import EvaluationForm, Form
from callcenter.paper.service import FormService
from callcenter.storage.database import Database
from callcenter.web.masking import mask_number
from callcenter.web.roles import LEADERS, Person


class EvaluationPapers:
    def __init__(
        self, database: Database, evaluations: EvaluationService, forms: FormService, agents: AgentService
    ) -> None:
        self._agents = agents
        self._database = database
        self._evaluations = evaluations
        self._forms = forms

    async def form(self, evaluation: Evaluation, by: Person | None) -> EvaluationForm:
        """The form of an evaluation; the customer's number is masked on an agent's copy and whole in the archive."""
        visible = evaluation
        if by is not None and not by.may(LEADERS):
            visible = replace(evaluation, phone=mask_number(evaluation.phone))
        number = f"{evaluation.case or 'HF'}-{evaluation.id[:8]}"
        head = self._forms.head(number, evaluation.language, by, path=f"/evaluations/{evaluation.id}")
        return form_of(visible, head, await self._agents.shown(evaluation.agent))

    async def of_subject(self, subject: str, language: str, by: Person | None) -> Sequence[Form]:
        """For bulk prints: the form of an evaluation, in the language it was given in. Raises UnknownEvaluation."""
        return [await self.form(await self.visible(subject, by), by)]

    async def visible(self, id: str, by: Person | None) -> Evaluation:
        """An evaluation that this user may see: leaders all, agents their own. Raises UnknownEvaluation."""
        evaluation = await self._evaluations.evaluation(id)
        if by is not None and not by.may(LEADERS) and (by.agent is None or evaluation.agent != by.agent):
            raise UnknownEvaluation("there is no such evaluation", evaluation=id[:40])
        return evaluation

    async def archive(self, payload: Mapping[str, Any]) -> None:
        """Run the job `evaluation_given`: print the form, archive it, and store its checksum; idempotent."""
        evaluation = await self._evaluations.evaluation(payload["evaluation"])
        # Filed under the case, where there is one: its archive holds all of its documents.
        subject = f"case:{evaluation.case}" if evaluation.case else f"evaluation:{evaluation.id}"
        row = await self._forms.archive(
            await self.form(evaluation, None), subject, None, once=f"evaluation:{evaluation.id}:{evaluation.at}"
        )
        async with self._database.write() as session:
            await session.execute(
                update(EvaluationRow)
                .where(EvaluationRow.id == evaluation.id, EvaluationRow.at == evaluation.at)
                .values(form_sha256=row.sha256)
            )
