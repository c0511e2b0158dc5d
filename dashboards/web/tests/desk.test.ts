import { describe, expect, it } from "vitest";

import { keysOf, plainNumber } from "@/rooms/desk/dialling";
import { targetsOf } from "@/rooms/desk/targets";

describe("numbers as people type and paste them", () => {
  it("folds wide digits and drops what stands around them", () => {
    expect(plainNumber("１３９-7481 2001")).toBe("13974812001");
    expect(plainNumber("+86 (0731) 8888 0001")).toBe("073188880001");
  });

  it("keeps of a text what a keypad has", () => {
    expect(keysOf("１2 ＃a")).toBe("12#A");
    expect(keysOf("你好")).toBe("");
  });
});

describe("whom a call can be passed to", () => {
  const known = {
    colleagues: [
      { agent: "1002", name: "李雷", skills: { "zh-CN": 5 }, free: false, favourite: false },
      { agent: "1003", name: "韩梅", skills: { en: 3 }, free: true, favourite: false },
      { agent: "1004", name: "李娜", skills: { "zh-CN": 5 }, free: true, favourite: true },
    ],
    queues: [
      { queue: "orders", name: "订单", note: "2 等待", favourite: false },
      { queue: "repairs", name: "维修", note: "", favourite: true },
    ],
    number: "",
  };

  it("lists favourites who are free first, then who is free, then the others, then queues alike", () => {
    expect(targetsOf("", known).map((each) => each.id)).toEqual(["1004", "1003", "1002", "repairs", "orders"]);
  });

  it("keeps a favourite queue in sight behind three people", () => {
    const people = ["1005", "1006", "1007"].map((agent) => ({
      agent,
      name: agent,
      skills: {},
      free: false,
      favourite: false,
    }));
    const many = { ...known, colleagues: [...known.colleagues, ...people] };
    expect(targetsOf("", many)[3]?.id).toBe("repairs");
  });

  it("finds by part of a name, by number, by language", () => {
    expect(targetsOf("李", known).map((each) => each.id)).toEqual(["1004", "1002"]);
    expect(targetsOf("EN", known).map((each) => each.id)).toEqual(["1003"]);
    expect(targetsOf("订", known).map((each) => each.kind)).toEqual(["queue"]);
  });

  it("takes a number as it is, except a colleague's", () => {
    expect(targetsOf("13900000001", { ...known, number: "13900000001" })).toMatchObject([{ kind: "number" }]);
    expect(targetsOf("1003", { ...known, number: "1003" })).toMatchObject([{ kind: "agent", id: "1003" }]);
  });
});
