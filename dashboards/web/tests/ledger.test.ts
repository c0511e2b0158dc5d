import { expect, it } from "vitest";

import { actsOf, fenOf, inOrder, monthBefore, othersSettle, yuanOf, type Entry } from "@/rooms/ledger/entries";

function entry(state: Entry["state"], agent = "1001", at = "2026-11-25T08:00:00Z"): Entry {
  return { id: `${state}${agent}`, agent, state, at, amount: 2000, confirmed_by: null } as unknown as Entry;
}
const LEADER = { id: "p1", agent: null, leads: true };
const AGENT = { id: "p2", agent: "1001", leads: false };

it.each([
  [entry("proposed"), LEADER, ["confirm", "annul"]],
  [entry("confirmed"), LEADER, ["annul"]],
  [entry("disputed"), LEADER, ["settle", "annul"]],
  [entry("settled"), LEADER, []],
  [entry("annulled"), LEADER, []],
  [entry("proposed"), AGENT, []],
  [entry("confirmed"), AGENT, ["dispute"]],
  [entry("confirmed", "1002"), AGENT, []],
  [entry("proposed"), { id: "p3", agent: "1001", leads: true }, []],
])("D7: no one decides about themselves", (given, reader, acts) => {
  expect(actsOf(given, reader)).toEqual(acts);
});

it("D7: who confirmed an entry is not offered to decide on the dispute, and reads why", () => {
  const by = (state: Entry["state"], id: string | null): Entry => ({ ...entry(state), confirmed_by: id });
  expect(actsOf(by("disputed", "p1"), LEADER)).toEqual([]);
  expect(othersSettle(by("disputed", "p1"), LEADER)).toBe(true);
  expect(actsOf(by("disputed", "p9"), LEADER)).toEqual(["settle", "annul"]);
  expect(othersSettle(by("disputed", "p9"), LEADER)).toBe(false);
  expect(actsOf(by("confirmed", "p1"), LEADER)).toEqual(["annul"]);
  expect(othersSettle(by("disputed", null), { ...LEADER, id: null })).toBe(false);
  expect(othersSettle(by("disputed", "p2"), AGENT)).toBe(false);
});

it("an amount is lowered, never raised, and is one of money", () => {
  expect(fenOf("20", 2000)).toBe(2000);
  expect(fenOf(" 19.99 ", 2000)).toBe(1999);
  expect(fenOf("0", 2000)).toBe(0);
  for (const typed of ["20.01", "-1", "1e3", "", "1.234", "二十", "0x10"]) expect(fenOf(typed, 2000)).toBeNull();
  expect(yuanOf(1999)).toBe("19.99");
});

it("what waits for the reader comes first, then the newest", () => {
  const entries = [entry("settled", "1001", "2026-11-27"), entry("proposed", "1002", "2026-11-20"), entry("annulled")];
  expect(inOrder(entries, LEADER).map((each) => each.state)).toEqual(["proposed", "settled", "annulled"]);
});

it("the month before that of a day, also over a new year", () => {
  expect(monthBefore(new Date(2026, 10, 30))).toBe("2026-10");
  expect(monthBefore(new Date(2027, 0, 31))).toBe("2026-12");
  expect(monthBefore(new Date(2026, 10, 30), 0)).toBe("2026-11");
});
