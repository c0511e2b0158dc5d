"""Tests sign-in and sign-out, people, tokens and the audit, as a browser and a program see them."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text

from callcenter.web.roles import Role
from tests.support.web_centre import PASSWORD, WebCentre, seen


async def code(response: object) -> str:
    document = await response.json()  # type: ignore[attr-defined]
    return str(document["code"])


async def test_a_person_signs_in_sees_themself_and_signs_out(centre: WebCentre) -> None:
    signed = await centre.sign_in("lilei")
    assert signed.status == 200
    cookie = signed.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    me = await (await centre.client.get("/api/v1/session")).json()
    assert (me["person"]["login"], me["person"]["agent"], me["person"]["roles"]) == ("lilei", "1001", ["agent"])
    assert me["csrf_token"] == centre.csrf
    assert (await centre.client.delete("/api/v1/session", headers=centre.proof)).status == 204
    assert (await centre.client.get("/api/v1/session")).status == 401


async def test_a_wrong_password_and_an_unknown_login_are_indistinguishable(centre: WebCentre) -> None:
    wrong, unknown = await centre.sign_in("lilei", "wrong"), await centre.sign_in("nobody", "wrong")
    assert (wrong.status, unknown.status) == (401, 401)
    first, second = await wrong.json(), await unknown.json()
    assert first == second
    assert first["code"] == "wrong_login"


async def test_a_session_ends_after_its_hours(centre: WebCentre) -> None:
    await centre.sign_in("lilei")
    centre.time.pass_by(hours=12.01)
    assert (await centre.client.get("/api/v1/session")).status == 401


async def test_a_cookie_alone_changes_nothing(centre: WebCentre) -> None:
    await centre.sign_in("boss")
    body = {"name": "x", "roles": ["agent"]}
    assert await code(await centre.client.post("/api/v1/tokens", json=body)) == "forged_request"
    foreign = {"Origin": "https://evil.example", **centre.proof}
    assert await code(await centre.client.post("/api/v1/tokens", json=body, headers=foreign)) == "wrong_origin"
    ours = {"Origin": f"http://{centre.client.host}:{centre.client.port}"}
    assert (await centre.client.post("/api/v1/tokens", json=body, headers=ours)).status == 201
    assert (await centre.client.post("/api/v1/tokens", json=body, headers=centre.proof)).status == 201


async def test_an_administrator_adds_changes_and_deactivates_a_person(centre: WebCentre) -> None:
    await centre.sign_in("boss")
    body = {"login": "Wang.Fang", "name": "王芳", "password": PASSWORD, "roles": ["agent"], "agent": "1003"}
    created = await centre.client.post("/api/v1/people", json=body, headers=centre.proof)
    person = await created.json()
    assert created.status == 201
    assert "password" not in person
    again = await centre.client.post("/api/v1/people", json=body, headers=centre.proof)
    assert (again.status, await code(again)) == (409, "login_taken")
    linked = await centre.client.post("/api/v1/people", json={**body, "login": "other"}, headers=centre.proof)
    assert await code(linked) == "agent_linked"

    address = f"/api/v1/people/{person['id']}"
    seen = (await centre.client.get(address)).headers["ETag"]
    off = {"name": "王芳", "roles": ["agent"], "agent": "1003", "active": False}
    changed = await centre.client.put(address, json=off, headers={**centre.proof, "If-Match": seen})
    assert (await changed.json())["active"] is False
    stale = await centre.client.put(address, json=off, headers={**centre.proof, "If-Match": seen})
    assert (stale.status, await code(stale)) == (412, "changed_meanwhile")
    assert await code(await centre.sign_in("wang.fang")) == "wrong_login"


async def test_deactivating_a_person_ends_their_sessions(centre: WebCentre) -> None:
    signed = await centre.web_services.sessions.sign_in("lilei", PASSWORD, "127.0.0.1", "")
    assert await centre.web_services.sessions.find(signed.token) is not None
    await centre.web_services.people.sign_out_everywhere(centre.ids["lilei"])
    assert await centre.web_services.sessions.find(signed.token) is None


async def test_a_new_password_ends_the_old_sessions(centre: WebCentre) -> None:
    signed = await centre.web_services.sessions.sign_in("lilei", PASSWORD, "127.0.0.1", "")
    await centre.sign_in("boss")
    address = f"/api/v1/people/{centre.ids['lilei']}/password"
    assert (
        await centre.client.put(address, json={"password": "quite another one"}, headers=centre.proof)
    ).status == 204
    assert await centre.web_services.sessions.find(signed.token) is None
    assert (await centre.sign_in("lilei", "quite another one")).status == 200


async def test_the_last_administrator_cannot_be_taken_away(centre: WebCentre) -> None:
    await centre.sign_in("boss")
    body = {"name": "boss", "roles": ["agent"], "agent": None, "active": True}
    address = f"/api/v1/people/{centre.ids['boss']}"
    headers = {**centre.proof, **await seen(centre.client, address)}
    answer = await centre.client.put(address, json=body, headers=headers)
    assert await code(answer) == "last_administrator"
    assert (await centre.client.get("/api/v1/people")).status == 200


async def test_people_are_listed_in_pages(centre: WebCentre) -> None:
    headers = await centre.token(Role.ADMINISTRATOR)
    first = await (await centre.client.get("/api/v1/people?limit=3", headers=headers)).json()
    rest = await (await centre.client.get(f"/api/v1/people?limit=3&cursor={first['next']}", headers=headers)).json()
    logins = [entry["login"] for entry in first["items"] + rest["items"]]
    assert logins == ["boss", "hanmei", "lilei", "manager", "supervisor"]
    assert rest["next"] is None
    bad = await centre.client.get("/api/v1/people?cursor=nonsense", headers=headers)
    assert (bad.status, await code(bad)) == (422, "bad_cursor")


async def test_a_program_uses_a_token_until_it_is_revoked(centre: WebCentre) -> None:
    await centre.sign_in("boss")
    body = {"name": "CRM", "roles": ["manager"]}
    token = await (await centre.client.post("/api/v1/tokens", json=body, headers=centre.proof)).json()
    bearer = {"Authorization": f"Bearer {token['token']}"}
    centre.client.session.cookie_jar.clear()
    assert (await centre.client.get("/api/v1/session", headers=bearer)).status == 200
    assert (await centre.client.get("/api/v1/audit", headers=bearer)).status == 403
    await centre.sign_in("boss")
    listed = await centre.client.get("/api/v1/tokens")
    assert token["token"] not in await listed.text()
    assert (await centre.client.delete(f"/api/v1/tokens/{token['id']}", headers=centre.proof)).status == 204
    assert (await centre.client.delete(f"/api/v1/tokens/{token['id']}", headers=centre.proof)).status == 404
    assert (await centre.client.get("/api/v1/session", headers=bearer)).status == 401


async def test_neither_passwords_nor_tokens_are_in_the_database(centre: WebCentre) -> None:
    signed = await centre.web_services.sessions.sign_in("lilei", PASSWORD, "127.0.0.1", "")
    bearer = (await centre.token(Role.AGENT))["Authorization"].removeprefix("Bearer ")
    async with centre.database.read() as session:
        stored = ""
        for table in ("person", "web_session", "access_token", "audit"):
            stored += str((await session.execute(text(f"SELECT * FROM {table}"))).all())
    for secret in (PASSWORD, signed.token, bearer):
        assert secret not in stored


async def test_the_audit_records_who_did_what_from_where(centre: WebCentre) -> None:
    await centre.sign_in("boss", "wrong")
    await centre.sign_in("boss")
    entries = (await (await centre.client.get("/api/v1/audit?limit=2")).json())["items"]
    assert [(row["action"], row["actor"], row["subject"], row["address"]) for row in entries] == [
        ("session.open", "boss", "boss", "127.0.0.1"),
        ("session.refused", "system", "boss", "127.0.0.1"),
    ]
    verdict = await (await centre.client.get("/api/v1/audit/verdict")).json()
    assert verdict == {"rows": entries[0]["seq"], "broken_at": None, "newest_hash": entries[0]["hash"]}


@pytest.mark.parametrize(
    "tamper",
    ["UPDATE audit SET actor = 'other' WHERE seq = 3", "DELETE FROM audit WHERE seq = 3"],
)
async def test_a_changed_or_missing_entry_is_detected(centre: WebCentre, tamper: str) -> None:
    async with centre.database.write() as session:
        await session.execute(text(tamper))
    assert (await centre.web_services.audit.verify()).broken_at in (3, 4)


async def test_concurrent_entries_make_one_chain(centre: WebCentre) -> None:
    async with asyncio.TaskGroup() as group:
        for number in range(20):
            group.create_task(centre.web_services.audit.record(None, "test", str(number)))
    verdict = await centre.web_services.audit.verify()
    assert (verdict.rows, verdict.broken_at) == (25, None)


async def test_a_key_that_is_sent_twice_makes_one_person(centre: WebCentre) -> None:
    await centre.sign_in("boss")
    headers = {**centre.proof, "Idempotency-Key": "k1"}
    body = {"login": "wangfang", "name": "王芳", "password": PASSWORD, "roles": ["agent"]}
    first = await centre.client.post("/api/v1/people", json=body, headers=headers)
    second = await centre.client.post("/api/v1/people", json=body, headers=headers)
    assert (second.status, await second.json()) == (201, await first.json())
    assert second.headers["Idempotent-Replayed"] == "true"
    other = await centre.client.post("/api/v1/people", json={**body, "name": "other"}, headers=headers)
    assert (other.status, await code(other)) == (422, "idempotency_key_reused")


async def test_a_secret_that_is_shown_once_is_not_kept_for_its_key(centre: WebCentre) -> None:
    await centre.sign_in("boss")
    headers = {**centre.proof, "Idempotency-Key": "k1"}
    body = {"name": "CRM", "roles": ["manager"]}
    token = await (await centre.client.post("/api/v1/tokens", json=body, headers=headers)).json()
    again = await centre.client.post("/api/v1/tokens", json=body, headers=headers)
    assert (again.status, await code(again)) == (409, "answer_not_kept")
    assert len((await (await centre.client.get("/api/v1/tokens")).json())["items"]) == 1
    async with centre.database.read() as session:
        bodies = (await session.execute(text("SELECT body FROM kept_answer"))).scalars().all()
    assert token["token"] not in str(bodies)


async def test_a_refused_request_leaves_its_key_free(centre: WebCentre) -> None:
    await centre.sign_in("boss")
    headers = {**centre.proof, "Idempotency-Key": "k1"}
    body = {"login": "lilei", "name": "x", "password": PASSWORD, "roles": ["agent"]}
    assert (await centre.client.post("/api/v1/people", json=body, headers=headers)).status == 409
    body["login"] = "free"
    assert (await centre.client.post("/api/v1/people", json=body, headers=headers)).status == 201


async def test_leaders_look_people_up_without_logins_and_agents_do_not(centre: WebCentre) -> None:
    await centre.sign_in("supervisor")
    page = await (await centre.client.get("/api/v1/people?q=hanmei")).json()
    (card,) = page["items"]
    assert card == {
        "id": centre.ids["hanmei"],
        "name": "hanmei 梅",
        "roles": ["agent"],
        "agent": "1002",
        "active": True,
    }
    json = await (await centre.client.get(f"/api/v1/people/{card['id']}")).json()
    assert json == card
    result = await (await centre.client.get("/api/v1/people?role=agent&agent=1001")).json()
    assert [person["id"] for person in result["items"]] == [centre.ids["lilei"]]
    managers = await (await centre.client.get("/api/v1/people?role=manager&active=true")).json()
    assert [person["id"] for person in managers["items"]] == [centre.ids["manager"]]
    assert (await centre.client.post("/api/v1/people", json={}, headers=centre.proof)).status == 403
    await centre.sign_in("boss")
    (account,) = (await (await centre.client.get("/api/v1/people?q=hanmei")).json())["items"]
    assert account["login"] == "hanmei"
    await centre.sign_in("lilei")
    assert (await centre.client.get("/api/v1/people")).status == 403
