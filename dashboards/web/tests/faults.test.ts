import { createApp, h } from "vue";
import { afterEach, expect, it, vi } from "vitest";

import { reportFault, watchForFaults } from "@/api/faults";
import { Refusal } from "@/api/refusal";

let answer: () => Response = () => new Response(null, { status: 204 });
const bodies: { kind: string; detail: string }[] = [];
const fetched = vi.fn(async (request: Request) => {
  const response = answer();
  if (response.status === 204) bodies.push((await request.json()) as { kind: string; detail: string });
  return response;
});
vi.stubGlobal("fetch", fetched);
let signedIn = true;
watchForFaults(createApp(h("p")), () => signedIn);

afterEach(() => {
  vi.useRealTimers();
  bodies.length = 0;
  fetched.mockClear();
});

/** An error as the window reports it. */
function fails(error: unknown): void {
  const event = new Event("error") as Event & { error: unknown };
  event.error = error;
  dispatchEvent(event);
}

it("reports a script's fault once, and no refusal of the service", async () => {
  const fault = new TypeError("x is undefined");
  fails(fault);
  fails(fault);
  fails(new Refusal(409, "case_closed", "closed"));
  await vi.waitFor(() => {
    expect(bodies).toHaveLength(1);
  });
  expect(bodies[0]).toMatchObject({ kind: "script_error" });
  expect(bodies[0]?.detail).toContain("TypeError: x is undefined");
});

it("keeps the latest twenty while the service is away, and sends them when the network is back", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  answer = () => {
    throw new TypeError("offline");
  };
  for (let count = 0; count < 25; count += 1) reportFault("socket_lost", `fault ${String(count)}`);
  await vi.waitFor(() => {
    expect(fetched).toHaveBeenCalled();
  });
  answer = () => new Response(null, { status: 204 });
  await vi.advanceTimersByTimeAsync(31_000);
  await vi.waitFor(() => {
    expect(bodies).toHaveLength(20);
  });
  expect(bodies.at(-1)?.detail).toBe("fault 24");
});

it("sends nothing while no one is signed in", async () => {
  signedIn = false;
  reportFault("no_sound");
  await Promise.resolve();
  expect(fetched).not.toHaveBeenCalled();
});
