import { expect, it } from "vitest";

import { fitting, matches, type Entry } from "@/shell/palette/entries";

const entry = (group: Entry["group"], title: string): Entry => ({
  id: title,
  group,
  title,
  note: "",
  run: () => undefined,
});

it.each([
  ["现场 /floor", "现场", true],
  ["Floor /floor", "FLO", true],
  ["李娜 1001", "1001 李", true],
  ["李娜 １００１", "1001", true],
  ["李娜 1001", "1002", false],
])("%s fits to %s: %s", (text, typed, fits) => {
  expect(matches(text, typed)).toBe(fits);
});

it("without words pages and acts are offered, no colleague; with words at most eight of a group", () => {
  const entries = [
    entry("palette.pages", "现场"),
    ...Array.from({ length: 20 }, (_, index) => entry("palette.agents", `坐席 10${String(index)}`)),
  ];
  expect(fitting(entries, " ").map((each) => each.title)).toEqual(["现场"]);
  expect(fitting(entries, "坐席")).toHaveLength(8);
});
