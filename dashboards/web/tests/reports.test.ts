import { expect, it } from "vitest";

import { addressesOf, bodyOfFields, everyOf, faultOf, fieldsOf, underWay, worstOf } from "@/rooms/reports/reports";
import type { Delivery, Kind, Report } from "@/rooms/reports/reports";

const CALLS: Kind = { kind: "calls", by: ["day", "half_hour", "line"], of_line: true };
const LEDGER: Kind = { kind: "ledger", by: [], of_line: false };
const SENT: Delivery = {
  due_at: "2026-11-27T23:00:00Z",
  target: "folder",
  state: "sent",
  tries: 1,
  error: "",
  fault: null,
  at: "2026-11-27T23:00:05Z",
  file: "x.xlsx",
};
const FAILED: Delivery = { ...SENT, target: "a@example.org", state: "failed", fault: "mail", file: "" };

it("takes addresses however they are separated, each once", () => {
  expect(addressesOf(" a@example.org；b@example.org,\n a@example.org、")).toEqual(["a@example.org", "b@example.org"]);
  expect(addressesOf("  \n")).toEqual([]);
});

it("leaves out groups and lines that a kind does not have", () => {
  const fields = { ...fieldsOf(undefined, "en"), name: " 日报 ", by: "line" as const, line: "orders" };
  expect(bodyOfFields(fields, CALLS)).toMatchObject({ name: "日报", by: "line", line: "orders", mail_to: [] });
  expect(bodyOfFields({ ...fields, kind: "ledger" }, LEDGER)).toMatchObject({ by: null, line: null });
  expect(bodyOfFields({ ...fields, by: "agent" }, CALLS)).toMatchObject({ by: "day" });
});

it("gives back the definition that it was filled from", () => {
  const body = { name: "周报", every: "week", time: "08:30", kind: "calls", by: "line", format: "pdf" } as const;
  const rest = { language: "en", line: "orders", mail_to: ["a@example.org"], to_folder: false } as const;
  const report = { ...body, ...rest, mail_to: [...rest.mail_to], id: "1", owner: "boss", last: [] };
  const read = { ...report, created_at: SENT.at, paused: false, next_due: SENT.at } satisfies Report;
  expect(bodyOfFields(fieldsOf(read, "zh-CN"), CALLS)).toEqual({ ...body, ...rest });
});

it("offers no month of half hours", () => {
  expect(everyOf("half_hour")).toEqual(["day", "week"]);
  expect(everyOf("")).toContain("month");
});

it("shows the worst of the newest deliveries, and why", () => {
  expect(worstOf([])).toBeNull();
  expect(worstOf([SENT, FAILED])).toBe(FAILED);
  expect(faultOf(SENT)).toBeNull();
  expect(faultOf(FAILED)).toBe("reports.fault.mail");
  expect(faultOf({ ...FAILED, fault: null })).toBe("reports.fault.other");
  const report = { last: [SENT, FAILED] } as Report;
  expect(underWay([report])).toBe(false);
  expect(underWay([{ ...report, last: [SENT, { ...SENT, state: "waiting" }] }])).toBe(true);
});
