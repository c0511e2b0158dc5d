import { describe, expect, it } from "vitest";

import { standFor } from "@/phone/election";
import { lackOf, refusalOfMicrophone } from "@/phone/media";
import { momentOf, qualityOf, sampleOf, worse } from "@/phone/quality";
import { tonesOf } from "@/phone/ring";

const CHINA = { tone: 1000, period: 5000 };

describe("the sound of a ring", () => {
  it("has an end from its beginning, whatever becomes of the call", () => {
    const tones = tonesOf(12, CHINA);
    expect(tones.map((tone) => tone.at)).toEqual([0, 5, 10]);
    expect(Math.max(...tones.map((tone) => tone.until))).toBeLessThanOrEqual(12);
    expect(tonesOf(5.5, CHINA).at(-1)).toMatchObject({ at: 5, until: 5.5 });
    expect(tonesOf(0, CHINA)).toEqual([]);
  });

  it("grows louder until the third tone", () => {
    const loud = tonesOf(60, CHINA).map((tone) => tone.loud);
    expect(loud[0]).toBeLessThan(loud[1] ?? 0);
    expect(loud[1]).toBeLessThan(loud[2] ?? 0);
    expect(loud.at(-1)).toBe(1);
  });
});

describe("why there is no phone or microphone", () => {
  it("names a page that is not secure before anything else", () => {
    expect(lackOf({ isSecureContext: false })).toBe("insecure");
    expect(lackOf({ isSecureContext: true })).toBe("old_browser");
    expect(lackOf({ isSecureContext: true, RTCPeerConnection: () => undefined })).toBeNull();
  });

  it("tells a refusal from a missing and from a taken device", () => {
    const of = (name: string) => refusalOfMicrophone(new DOMException("", name));
    expect([of("NotAllowedError"), of("NotFoundError"), of("NotReadableError"), of("Other")]).toEqual([
      "denied",
      "none",
      "taken",
      "unknown",
    ]);
    expect(refusalOfMicrophone(new TypeError("x"))).toBe("unknown");
  });
});

/** Locks as a browser gives them: one holder, a queue, and a thief who goes before the queue (W3C Web Locks). */
class Locks {
  #holder: { lose: (error: unknown) => void; end: Promise<unknown> } | null = null;
  #queue: (() => void)[] = [];

  async request(_: string, options: LockOptions, run: () => Promise<void>): Promise<void> {
    if (options.steal) {
      this.#holder?.lose(new DOMException("", "AbortError"));
      this.#holder = null;
    } else if (this.#holder !== null) {
      await new Promise<void>((resolve, reject) => {
        this.#queue.push(resolve);
        options.signal?.addEventListener("abort", () => {
          this.#queue = this.#queue.filter((each) => each !== resolve);
          reject(new DOMException("", "AbortError"));
        });
      });
    }
    let lose: (error: unknown) => void = () => undefined;
    const lost = new Promise<never>((_resolve, reject) => {
      lose = reject;
    });
    const end = run();
    const own = { lose, end };
    this.#holder = own;
    try {
      await Promise.race([end, lost]);
    } finally {
      if (this.#holder === own) {
        this.#holder = null;
        this.#queue.shift()?.();
      }
    }
  }
}

describe("the one window that has the phone", () => {
  function windows() {
    const locks = new Locks() as unknown as LockManager;
    const name = `phone-${String(Math.random())}`;
    const states: string[] = [];
    const open = (who: string, busy = () => false) =>
      standFor(
        name,
        {
          won: () => states.push(`${who} has it`),
          lost: () => states.push(`${who} lost it`),
          busy,
        },
        locks,
      );
    return { states, open };
  }
  const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

  it("is the first, and the second once the first is closed", async () => {
    const { states, open } = windows();
    const first = open("first");
    await settled();
    const second = open("second");
    await settled();
    expect(states).toEqual(["first has it"]);
    first.leave();
    await settled();
    expect(states.at(-1)).toBe("second has it");
    second.leave();
  });

  it("is the one that brings it, but never while the other is in a call", async () => {
    const { states, open } = windows();
    let talking = true;
    const first = open("first", () => talking);
    await settled();
    const second = open("second");
    await settled();
    expect(await second.bring()).toBe(false);
    expect(states).toEqual(["first has it"]);
    talking = false;
    expect(await second.bring()).toBe(true);
    await settled();
    expect(states).toEqual(["first has it", "second has it", "first lost it"]);
    second.leave();
    await settled();
    expect(states.at(-1)).toBe("first has it");
    first.leave();
  });
});

describe("the quality of a call in words", () => {
  const at = { received: 100, lost: 0, jitter: 0.005, roundTrip: 0.02, lostThere: 0, spoken: 1, heard: 1, codec: "" };
  const later = { ...at, received: 250, spoken: 2, heard: 2 };

  it("names the network from loss, jitter or delay, in either direction", () => {
    expect(qualityOf(at, later)).toEqual({ bars: 4, cause: "good" });
    expect(qualityOf(at, { ...later, lost: 8 }).cause).toBe("weak_network");
    expect(qualityOf(at, { ...later, lostThere: 0.2 })).toEqual({ bars: 1, cause: "bad_network" });
    expect(qualityOf(at, { ...later, jitter: 0.1 }).cause).toBe("bad_network");
    expect(qualityOf(at, { ...later, roundTrip: 0.4 }).cause).toBe("weak_network");
  });

  it("tells a silent microphone from a silent caller and from nothing at all", () => {
    expect(qualityOf(at, { ...later, spoken: 1 }).cause).toBe("silent_microphone");
    expect(qualityOf(at, { ...later, heard: 1 }).cause).toBe("silent_caller");
    expect(qualityOf(at, { ...later, received: 100 }).cause).toBe("nothing_arrives");
    expect(qualityOf(at, { ...later, spoken: null, heard: null }).cause).toBe("good");
  });

  it("reads the browser's statistics of sound alone", () => {
    const moment = momentOf([
      {
        type: "inbound-rtp",
        kind: "audio",
        packetsReceived: 7,
        packetsLost: 1,
        jitter: 0.01,
        totalAudioEnergy: 3,
        codecId: "C1",
      },
      { type: "codec", id: "C1", mimeType: "audio/opus" },
      { type: "inbound-rtp", kind: "video", packetsReceived: 99 },
      { type: "remote-inbound-rtp", kind: "audio", roundTripTime: 0.1, fractionLost: 0.5 },
      { type: "media-source", kind: "audio", totalAudioEnergy: 4 },
    ]);
    expect(moment).toEqual({
      received: 7,
      lost: 1,
      jitter: 0.01,
      heard: 3,
      roundTrip: 0.1,
      lostThere: 0.5,
      spoken: 4,
      codec: "opus",
    });
  });

  it("becomes a sample in milliseconds and percent, and what is unknown stays unknown", () => {
    const first = { ...at, received: 100, lost: 0 };
    expect(sampleOf(first, { ...later, received: 190, lost: 10, codec: "opus" })).toEqual({
      rtt_ms: 20,
      jitter_ms: 5,
      loss_percent: 10,
      lost_there_percent: 0,
      codec: "opus",
    });
    expect(sampleOf(first, { ...first, roundTrip: null, lostThere: null })).toEqual({
      rtt_ms: null,
      jitter_ms: null,
      loss_percent: null,
      lost_there_percent: null,
      codec: "",
    });
  });

  it("keeps the worst look of a period", () => {
    const looks = [qualityOf(at, later), qualityOf(at, { ...later, lost: 90 }), qualityOf(at, later)];
    expect(looks.reduce(worse).cause).toBe("bad_network");
  });
});
