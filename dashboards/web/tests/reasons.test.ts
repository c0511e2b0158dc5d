import { describe, expect, it } from "vitest";

import { leavesOf, search } from "@/rooms/desk/reasons";

const reason = (code: string, parent: string | null, zh: string, en: string, active = true) => ({
  code,
  parent,
  active,
  names: { "zh-CN": zh, en },
});
const TREE = [
  reason("delivery", null, "配送", "Delivery"),
  reason("late", "delivery", "送货延迟", "Late"),
  reason("damaged", "delivery", "货损", "Damaged"),
  reason("old", "delivery", "停用", "Old", false),
  reason("praise", null, "表扬", "Praise"),
];

describe("the tree of reasons", () => {
  it("offers the leaves in use, each with the way to it, in the language of the page", () => {
    expect(leavesOf(TREE, "zh-CN")).toEqual([
      { code: "late", name: "送货延迟", above: "配送" },
      { code: "damaged", name: "货损", above: "配送" },
      { code: "praise", name: "表扬", above: "" },
    ]);
    expect(leavesOf(TREE, "en").map((leaf) => leaf.above)).toEqual(["Delivery", "Delivery", ""]);
  });

  it("finds by words of the name or of the way, in any order", () => {
    const leaves = leavesOf(TREE, "zh-CN");
    expect(search(leaves, "配送").map((leaf) => leaf.code)).toEqual(["late", "damaged"]);
    expect(search(leaves, "延迟 配送").map((leaf) => leaf.code)).toEqual(["late"]);
    expect(search(leaves, "").length).toBe(3);
    expect(search(leaves, "退款")).toEqual([]);
  });
});
