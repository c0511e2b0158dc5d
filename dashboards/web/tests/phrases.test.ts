import { expect, it } from "vitest";

import { askedBefore, matching, withPhrase } from "@/shell/phrases";

const PHRASES = [
  { key: "cb", text: "已约定回电。" },
  { key: "case", text: "已建立工单。" },
  { key: "查", text: "已查询。" },
];

it("is asked for by two colons of either width, in the middle of a sentence too", () => {
  expect(askedBefore("已核对，::c")).toBe("c");
  expect(askedBefore("：：查")).toBe("查");
  expect(askedBefore("::")).toBe("");
  expect(askedBefore("12:30")).toBeNull();
  expect(askedBefore("::cb 之后")).toBeNull();
});

it("is found by the beginning of its key first, then by its text", () => {
  expect(matching(PHRASES, "c").map((each) => each.key)).toEqual(["cb", "case"]);
  expect(matching(PHRASES, "工单").map((each) => each.key)).toEqual(["case"]);
  expect(matching(PHRASES, "")).toHaveLength(3);
});

it("takes the place of what asked for it, and of nothing else; a text is no pattern", () => {
  expect(withPhrase("先::x，再::cb", PHRASES[0] ?? { key: "", text: "" })).toBe("先::x，再已约定回电。");
  expect(withPhrase("::p", { key: "p", text: "$& 100" })).toBe("$& 100");
});
