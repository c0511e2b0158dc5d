import { expect, it } from "vitest";

import { changesTodo } from "@/rooms/desk/todo";

import { ago, call } from "./samples";

const ended = ago(0);

it.each([
  ["other counts", "todo", {}, true],
  ["one's own call that ends (W1)", "call", call("a", { agent: "1001", ended_at: ended }), true],
  ["one's own call that goes on", "call", call("a", { agent: "1001" }), false],
  ["a colleague's call that ends", "call", call("a", { agent: "1002", ended_at: ended }), false],
  ["a call that no agent answered", "call", call("a", { ended_at: ended }), false],
  ["one's own return call", "callback", { id: "new", agent: "1001" }, true],
  ["a return call in the list that was given away", "callback", { id: "mine", agent: "1002" }, true],
  ["a colleague's return call", "callback", { id: "other", agent: "1002" }, false],
  ["an open return call", "callback", { id: "other", agent: null }, false],
  ["a colleague's state", "agent", { number: "1001", agent: "1001" }, false],
])("what waits for an agent is read again or not after %s", (_, kind, data, expected) => {
  expect(changesTodo(kind, data, "1001", ["mine"])).toBe(expected);
});

it("someone without an agent number has no calls of their own", () => {
  expect(changesTodo("call", call("a", { ended_at: ended }), null, [])).toBe(false);
});
