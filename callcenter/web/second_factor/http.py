"""The second factor over HTTP: enrol, confirm, remove; and which roles must have one."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from callcenter.web.routes import ADMINISTRATORS, ANYONE, LEADERS, MANAGERS, Ask, Role, Routes
from callcenter.web.second_factor.service import SecondFactors
from callcenter.web.sessions import Sessions

Word = Annotated[str, Field(min_length=1, max_length=256)]
Code = Annotated[str, Field(min_length=6, max_length=40)]
ISSUER = "callcenter"


class PasswordBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    password: Word


class CodeBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: Code


class RemoveBody(PasswordBody):
    code: Code


class EnrolmentShape(BaseModel):
    """`uri` is the content of the QR code for an authenticator; both are shown only here."""

    secret: str
    uri: str


class RecoveryShape(BaseModel):
    """Each code can be used once instead of a code of the device; they are shown only here."""

    recovery_codes: list[str]


class PolicyShape(BaseModel):
    """The roles that must sign in with a second factor."""

    model_config = ConfigDict(extra="forbid")

    totp_roles: Annotated[list[Role], Field(max_length=len(Role))]


def factor_routes(factors: SecondFactors, sessions: Sessions) -> Routes:
    routes = Routes("session")

    @routes.post("/session/totp", roles=ANYONE, status=201)
    async def begin_totp(ask: Ask, body: PasswordBody) -> EnrolmentShape:
        """Begin enrolling a second factor; your password is required again."""
        ask.answer_is_secret()
        person = ask.require()
        await sessions.prove(person, body.password)
        begun = await factors.begin(person, ISSUER)
        return EnrolmentShape(secret=begun.secret, uri=begun.uri)

    @routes.post("/session/totp/confirm", roles=ANYONE)
    async def confirm_totp(ask: Ask, body: CodeBody) -> RecoveryShape:
        """Confirm the device by its first code; from then on a code is required at sign-in."""
        ask.answer_is_secret()
        return RecoveryShape(recovery_codes=await factors.confirm(ask.require(), body.code, ask.address))

    @routes.post("/session/totp/remove", roles=ANYONE)
    async def remove_totp(ask: Ask, body: RemoveBody) -> None:
        """Remove the second factor, with password and a code; a role that requires one demands a new enrolment."""
        person = ask.require()
        await sessions.prove(person, body.password)
        await sessions.prove_code(person, body.code)
        await factors.remove(person.id, person, ask.address)

    @routes.delete("/people/{person_id}/totp", roles=ADMINISTRATORS)
    async def reset_totp(ask: Ask, person_id: str) -> None:
        """Reset the second factor of a person who has lost their device; ends their sessions."""
        await factors.remove(person_id, ask.require(), ask.address, sign_out=True)

    @routes.get("/sign-in-policy", roles=LEADERS)
    async def read_sign_in_policy(ask: Ask) -> PolicyShape:
        """Read which roles must sign in with a second factor."""
        return PolicyShape(totp_roles=sorted(await factors.demanded_of()))

    @routes.put("/sign-in-policy", roles=MANAGERS)
    async def put_sign_in_policy(ask: Ask, body: PolicyShape) -> PolicyShape:
        """Require a second factor for roles: people without one must enrol at their next request."""
        ask.must_match(PolicyShape(totp_roles=sorted(await factors.demanded_of())))
        return PolicyShape(totp_roles=sorted(await factors.demand(body.totp_roles, ask.require(), ask.address)))

    return routes
