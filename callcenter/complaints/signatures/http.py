"""Signatures and delegations over HTTP."""

from __future__ import annotations

from callcenter.complaints.shapes import CaseShape
from callcenter.complaints.signatures.delegations import DelegationService
from callcenter.complaints.signatures.model import Place
from callcenter.complaints.signatures.service import SignatureService
from callcenter.complaints.signatures.shapes import (
    DelegationBody,
    DelegationShape,
    SendBackBody,
    SignatureDueShape,
    SignaturesShape,
    SignBody,
)
from callcenter.errors import NotFound
from callcenter.facts import CaseNumber
from callcenter.web.routes import ANYONE, Ask, Page, Routes


class UnknownPlace(NotFound):
    code = "signature_place_not_found"


def place_of(name: str) -> Place:
    try:
        return Place(name)
    except ValueError:
        raise UnknownPlace(f"there are {', '.join(Place)}", place=name[:20]) from None


def signature_routes(signatures: SignatureService) -> Routes:
    routes = Routes("signatures")

    @routes.get("/signatures/due", roles=ANYONE)
    async def signatures_due(ask: Ask) -> Page[SignatureDueShape]:
        """List the cases that wait for a signature that you may give now, oldest first."""
        cases = await signatures.due(ask.require())
        return Page(items=[SignatureDueShape.of(case, place) for case, place in cases])

    @routes.get("/cases/{number}/signatures", roles=ANYONE)
    async def read_signatures(ask: Ask, number: CaseNumber) -> SignaturesShape:
        """Read who has signed, whose turn it is, and which signatures are still valid."""
        return SignaturesShape.of(*await signatures.of(number))

    @routes.post("/cases/{number}/signatures/{place}", roles=ANYONE, status=201)
    async def sign_case(ask: Ask, number: CaseNumber, place: str, body: SignBody) -> SignaturesShape:
        """Sign the current content of the case; your password is required again."""
        await signatures.sign(number, place_of(place), ask.require(), body.password)
        return SignaturesShape.of(*await signatures.of(number))

    @routes.post("/cases/{number}/signatures/{place}/return", roles=ANYONE)
    async def return_case(ask: Ask, number: CaseNumber, place: str, body: SendBackBody) -> CaseShape:
        """Refuse to sign: the case returns to an earlier step, with a reason."""
        person = ask.require()
        case = await signatures.send_back(number, place_of(place), person, body.password, body.reason, body.goal)
        return CaseShape.of(case, person)

    return routes


def delegation_routes(service: DelegationService) -> Routes:
    routes = Routes("signatures")

    @routes.get("/signature-delegations", roles=ANYONE)
    async def list_delegations(ask: Ask) -> Page[DelegationShape]:
        """List current and future delegations of signatures."""
        return Page(items=[DelegationShape.model_validate(row) for row in await service.to_come()])

    @routes.post("/signature-delegations", roles=ANYONE, status=201)
    async def record_delegation(ask: Ask, body: DelegationBody) -> DelegationShape:
        """Delegate your own signature, or that of a person below you, to another person for a period."""
        row = await service.record(body.absent, body.to, body.starts_at, body.ends_at, body.reason, ask.require())
        return DelegationShape.model_validate(row)

    @routes.delete("/signature-delegations/{id}", roles=ANYONE)
    async def end_delegation(ask: Ask, id: str) -> None:
        """End a delegation; signatures given under it stay valid."""
        await service.end(id, ask.require())

    return routes
