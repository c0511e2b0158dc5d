import { expect, it } from "vitest";

import { freshOf } from "@/rooms/floor/useAlarmSound";

it("a failure and a raised hand are heard once, a long wait is only seen", () => {
  const rows = [
    { kind: "alarm", id: "a" },
    { kind: "hand", id: "h" },
    { kind: "long_wait", id: "w" },
  ] as const;
  expect(freshOf(new Set(), rows)).toEqual(["a", "h"]);
  expect(freshOf(new Set(["a"]), rows)).toEqual(["h"]);
});
