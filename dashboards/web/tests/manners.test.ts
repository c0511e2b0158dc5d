import { beforeEach, describe, expect, it, vi } from "vitest";

import { api, circumstances } from "@/api/client";
import { Refusal, Unreachable } from "@/api/refusal";

const answers: Response[] = [];
const asked: Request[] = [];

function answer(status: number, body: unknown = {}, headers: Record<string, string> = {}): void {
  const json = { "Content-Type": "application/json", ...headers };
  answers.push(new Response(status === 204 ? null : JSON.stringify(body), { status, headers: json }));
}

beforeEach(() => {
  answers.length = asked.length = 0;
  circumstances.language = () => "en";
  circumstances.csrf = () => "proof";
  circumstances.signedOut = vi.fn();
  vi.stubGlobal("fetch", (request: Request) => {
    asked.push(request);
    const next = answers.shift();
    return next === undefined ? Promise.reject(new TypeError("network")) : Promise.resolve(next);
  });
});

describe("the client's manners", () => {
  it("asks in the reader's language and proves that a change is this page's", async () => {
    answer(200, { items: [] });
    await api.GET("/api/v1/lines");
    expect(asked[0]?.headers.get("Accept-Language")).toBe("en");
    expect(asked[0]?.headers.has("X-CSRF-Token")).toBe(false);
    answer(204);
    await api.DELETE("/api/v1/session");
    expect(asked[1]?.headers.get("X-CSRF-Token")).toBe("proof");
  });

  it("a post has a key of its own each time", async () => {
    answer(204);
    answer(204);
    const params = { path: { id: "a" } };
    await api.POST("/api/v1/announcements/{id}/read", { params });
    await api.POST("/api/v1/announcements/{id}/read", { params });
    const keys = asked.map((request) => request.headers.get("Idempotency-Key"));
    expect(new Set(keys).size).toBe(2);
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
  });

  it("an edit names the version that was read", async () => {
    const params = { path: { number: "1001" } };
    answer(200, {}, { ETag: '"7"' });
    await api.GET("/api/v1/agents/{number}", { params });
    answer(200, {}, { ETag: '"8"' });
    const body = { name: "李娜", phones: [], skills: {}, active: true };
    const header = { "If-Match": undefined as unknown as string };
    await api.PUT("/api/v1/agents/{number}", { params: { ...params, header }, body: body as never });
    expect(asked[1]?.headers.get("If-Match")).toBe('"7"');
  });

  it("a refusal is an error with the service's sentence and code", async () => {
    answer(409, { code: "conflict", detail: "Not now.", title: "Conflict" });
    const refused = api.GET("/api/v1/lines");
    await expect(refused).rejects.toMatchObject({ status: 409, code: "conflict", message: "Not now." });
    await expect(refused).rejects.toBeInstanceOf(Refusal);
  });

  it("a proxy's page of HTML is a refusal too", async () => {
    answers.push(new Response("<h1>Bad gateway</h1>", { status: 502 }));
    await expect(api.GET("/api/v1/lines")).rejects.toMatchObject({ status: 502, code: "", message: "HTTP 502" });
  });

  it("no answer is not a refusal", async () => {
    await expect(api.GET("/api/v1/lines")).rejects.toBeInstanceOf(Unreachable);
  });

  it("an ended session is noticed, a wrong password is not one", async () => {
    answer(401, { code: "wrong_login" });
    const body = { old: "a", new: "b" };
    await expect(api.PUT("/api/v1/session/password", { body })).rejects.toBeInstanceOf(Refusal);
    expect(circumstances.signedOut).not.toHaveBeenCalled();
    answer(401, { code: "not_signed_in" });
    await expect(api.GET("/api/v1/lines")).rejects.toBeInstanceOf(Refusal);
    expect(circumstances.signedOut).toHaveBeenCalledOnce();
  });
});
