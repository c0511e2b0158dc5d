import { createPinia, setActivePinia } from "pinia";
import { beforeEach, describe, expect, it } from "vitest";

import { useFloor } from "@/live/floor";
import { liveList } from "@/live/list";
import { isUnread, messageOf, type Supervision, type TeamMessage } from "@/live/team";
import { othersOf, ownOf } from "@/rooms/team/modes";
import { receiptsOf } from "@/rooms/team/receipts";

interface Row {
  id: string;
  state: string;
}

describe("a list that is read once and kept by deltas", () => {
  beforeEach(() => {
    setActivePinia(createPinia());
  });

  it("keeps what came while it was being read, and drops what is over", async () => {
    let answer: (rows: Row[]) => void = () => undefined;
    const floor = useFloor();
    floor.ready = true;
    const list = liveList<Row>(
      "row",
      () => new Promise<Row[]>((resolve) => (answer = resolve)),
      (row) => row.state === "ended",
    );
    list.put({ id: "b", state: "active" });
    list.put({ id: "a", state: "ended" });
    answer([{ id: "a", state: "active" }]);
    await new Promise((resolve) => setTimeout(resolve));
    expect([...list.items.value.keys()]).toEqual(["b"]);
  });
});

function message(more: Partial<TeamMessage>): TeamMessage {
  const plain = { id: "m", at: null, by: "boss", by_name: "王主管", by_agent: null, text: "?", target: "" };
  return { ...plain, to: "all", recipients: [], read_by: [], mine: null, ...more };
}

describe("who has to confirm a message", () => {
  const agent = { login: "lina", agent: "1001", leads: false };
  const leader = { login: "boss2", agent: "1002", leads: true };

  it.each([
    ["a delta for me", message({ recipients: ["1001"] }), agent, true],
    ["a delta for others", message({ recipients: ["1003"] }), agent, false],
    ["what I have confirmed", message({ recipients: ["1001"], read_by: ["1001"] }), agent, false],
    ["my own", message({ by: "lina", to: "leaders" }), agent, false],
    ["one from the list, without its recipients", message({ mine: false }), agent, true],
    ["one to the leaders that nobody has read", message({ to: "leaders" }), leader, true],
    ["one to the leaders that a leader has read", message({ to: "leaders", read_by: ["boss"] }), leader, false],
    ["one that another leader has sent", message({ mine: false, recipients: ["1001"] }), leader, false],
  ])("%s", (_, each, reader, unread) => {
    expect(isUnread(each, reader)).toBe(unread);
  });

  it("is the same by the route and by the feed", () => {
    const receipts = [
      { agent: "1001", read_at: "2026-11-27T08:00:00Z", read_by: "lina" },
      { agent: "1003", read_at: null, read_by: "" },
    ];
    const shape = messageOf({ ...message({}), at: "2026-11-27T08:00:00Z", to: "all", read_at: null, receipts });
    expect(receiptsOf(shape)).toEqual({ count: { read: 1, of: 2 }, all: false, missing: ["1003"] });
  });
});

it("my own supervision is the one that runs, the others are those of this agent's call", () => {
  const plain = { call: "c", supervisor: "1002", phone: "1002", mode: "listen", since: null, ended_at: null };
  const all: Supervision[] = [
    { ...plain, id: "1", agent: "1001", by: "boss", state: "ended" },
    { ...plain, id: "2", agent: "1001", by: "boss", state: "calling" },
    { ...plain, id: "3", agent: "1001", by: "deputy", state: "active" },
    { ...plain, id: "4", agent: "1003", by: "deputy", state: "active" },
  ];
  expect(ownOf(all, "boss")?.id).toBe("2");
  expect(othersOf(all, "1001", "boss").map((each) => each.id)).toEqual(["3"]);
});
