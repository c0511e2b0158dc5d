import { expect, it } from "vitest";

import { mayLetGo } from "@/rooms/handover/release";

it("H1: a leader lets others go who are signed in, and never themselves, whom the service refuses", () => {
  const agents = [
    { number: "1001", state: "available" },
    { number: "1002", state: "signed_out" },
    { number: "1003", state: "on_call" },
  ];
  expect(mayLetGo(agents, "1001").map((agent) => agent.number)).toEqual(["1003"]);
  expect(mayLetGo(agents, null).map((agent) => agent.number)).toEqual(["1001", "1003"]);
});
