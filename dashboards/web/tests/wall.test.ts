import { expect, it } from "vitest";

import { shownFailures, type Failure } from "@/live/failures";
import { pageOf } from "@/rooms/wall/useRotation";

import { ago, AT } from "./samples";

it.each([
  [0, 0, [], 1, 1],
  [3, 5, [0, 1, 2], 1, 1],
  [5, 1, [3, 4], 2, 2],
  [5, 2, [0, 1, 2], 1, 2],
  [7, 2, [6], 3, 3],
])("of %i rows, turn %i shows %j", (count, turn, visible, page, of) => {
  const items = Array.from({ length: count }, (_, index) => index);
  expect(pageOf(items, 3, turn)).toEqual({ items: visible, page, of });
});

it("R7: a failure is shown while it lasts, and two minutes longer where it cut calls off", () => {
  const failure = (id: string, calls: string, ended: string | null): Failure =>
    ({ id, calls, ended_at: ended, since: ago(300_000) }) as Failure;
  const present = shownFailures(
    [
      failure("lasts", "going_on", null),
      failure("over", "going_on", ago(1000)),
      failure("cut", "cut", ago(119_000)),
      failure("long ago", "cut", ago(121_000)),
    ],
    AT,
  );
  expect(present.map((each) => each.id)).toEqual(["lasts", "cut"]);
});
