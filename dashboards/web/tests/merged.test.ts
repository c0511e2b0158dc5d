import { expect, it } from "vitest";

import { mergedText } from "@/api/merged";

it.each([
  ["", "a", "", "a"],
  ["", "", "b", "b"],
  ["", "a", "b", "b a"],
  ["x", "x", "", ""],
  ["x", "", "x", ""],
  ["x", "y", "y", "y"],
])("merges %j with mine %j and theirs %j to %j", (base, mine, theirs, merged) => {
  expect(mergedText(base, mine, theirs)).toBe(merged);
});
