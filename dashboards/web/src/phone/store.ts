import { defineStore } from "pinia";
import { computed, ref, shallowRef } from "vue";

import { api, bodyOf } from "@/api/client";
import { Refusal } from "@/api/refusal";
import { local } from "@/live/clock";

import { standFor, type Election } from "./election";
import type { Line, Phone } from "./line";
import { lackOf, refusalOfMicrophone, type MicrophoneRefusal } from "./media";
import { audio, listDevices, openMicrophone, route, unlock, unlockWithAnyKey, useSound } from "./sound";
import { rings, type Standing } from "./standing";

const LOCK = "callcenter.phone";
/** For so long after the wish to call, the call of one's own phone is answered without a hand, in milliseconds. */
const EXPECTED = 45_000;
const LOOK = 20_000;
/** A phone that is not reachable this long after its beginning is reported as one that cannot ring, in milliseconds. */
const SETTLES = 10_000;

/** The phone in the page: one window of this person has it, and it outlives every change of page. */
export const usePhone = defineStore("phone", () => {
  const standing = ref<Standing>("off");
  /** Whether it is known what this person's phone is, and whether it can be reached. */
  const settled = ref(false);
  const name = ref("");
  const lines = shallowRef<readonly Line[]>([]);
  const microphoneRefusal = ref<MicrophoneRefusal | null>(null);
  const microphone = shallowRef<MediaStream | null>(null);
  const { allowed } = useSound();
  const ringing = computed(() => lines.value.find((line) => line.state === "ringing") ?? null);
  /** Lines that are answered: two, where one of them is on hold. */
  const answered = computed(() => lines.value.filter((line) => line.state !== "ringing"));
  const current = ref("");
  const talking = computed(() => answered.value.find((line) => line.id === current.value) ?? answered.value[0] ?? null);
  /** The floor sees whether a call rings at this desk. */
  const canRing = computed(() => rings(standing.value, allowed.value));
  let phone: Phone | null = null;
  let election: Election | null = null;
  let speaker: HTMLAudioElement | null = null;
  /** What is heard on each line, and what is spoken into it: only the current one carries the voice. */
  const sounds = new Map<string, MediaStream>();
  const voices = new Map<string, MediaStreamTrack>();
  let expected = 0;
  /** A call is begun in any window, and answered in the one that has the phone. */
  const wishes = new BroadcastChannel(`${LOCK}.expected`);
  wishes.addEventListener("message", () => {
    expected = local() + EXPECTED;
  });

  /** Begin for this person; the page stays with the answer until it is left. */
  function open(): void {
    if (election !== null || standing.value !== "off") return;
    unlockWithAnyKey();
    audio();
    const lack = lackOf(window);
    if (lack !== null) {
      standing.value = lack;
      void bodyOf(api.GET("/api/v1/phones/self")).catch(orDeskPhone).finally(settle);
      return;
    }
    standing.value = "elsewhere";
    election = standFor(LOCK, {
      won: () => void begin(),
      lost: end,
      busy: () => lines.value.length > 0,
    });
    navigator.mediaDevices.addEventListener("devicechange", () => void onDevices());
    void listDevices();
  }

  function settle(): void {
    settled.value = true;
  }

  async function begin(): Promise<void> {
    standing.value = "connecting";
    setTimeout(settle, SETTLES);
    try {
      const account = await bodyOf(api.GET("/api/v1/phones/self"));
      const { sipPhone } = await import("./sip");
      name.value = account.phone;
      phone = sipPhone(account, {
        reachable: (holds) => {
          if (standing.value === "ready" || standing.value === "connecting") {
            standing.value = holds ? "ready" : "connecting";
            if (holds) settle();
          }
        },
        lines: onLines,
        renew: () => bodyOf(api.GET("/api/v1/phones/self")),
        sound: (line, stream) => {
          sounds.set(line, stream);
          if (line === talking.value?.id) void play(stream);
        },
      });
      phone.start();
    } catch (error) {
      const separate = orDeskPhone(error);
      settle();
      if (!separate) {
        standing.value = "failed";
        setTimeout(() => {
          if (standing.value === "failed") void begin();
        }, LOOK);
      }
    }
  }

  /** Whether the refusal says that this person has no phone in the page. */
  function orDeskPhone(error: unknown): boolean {
    const holds = error instanceof Refusal && error.code === "no_browser_phone";
    if (holds) standing.value = "no_phone";
    return holds;
  }

  /** Another window has the phone now, and is called for a conversation of this one. */
  function end(): void {
    phone?.vanish();
    phone = null;
    lines.value = [];
    silence();
    standing.value = "elsewhere";
  }

  function onLines(next: readonly Line[]): void {
    lines.value = next;
    prune();
    const own = ringing.value;
    if (own?.own === "dialled" && local() < expected) {
      expected = 0;
      void answer(own);
    }
  }

  /** A line that has ended carries nothing; the one that is left is heard again. */
  function prune(): void {
    const lasting = new Set(lines.value.map((line) => line.id));
    for (const id of sounds.keys()) if (!lasting.has(id)) sounds.delete(id);
    for (const [id, voice] of voices) {
      if (lasting.has(id)) continue;
      voice.stop();
      voices.delete(id);
    }
    if (talking.value === null) silence();
    else if (talking.value.id !== current.value) turnTo(talking.value.id);
  }

  /** Speak and hear on this line; the others carry silence, which keeps them alive. */
  function turnTo(line: string): void {
    if (!answered.value.some((each) => each.id === line)) return;
    current.value = line;
    for (const [id, voice] of voices) voice.enabled = id === line;
    const sound = sounds.get(line);
    if (sound !== undefined) void play(sound);
  }

  /** The microphone as one line has it. */
  function voiceFor(line: string, of: MediaStream): MediaStream {
    const voice = of.getAudioTracks()[0]?.clone();
    if (voice === undefined) return of;
    voices.get(line)?.stop();
    voices.set(line, voice);
    return new MediaStream([voice]);
  }

  async function play(stream: MediaStream): Promise<void> {
    speaker ??= new Audio();
    speaker.srcObject = stream;
    await route(speaker, "headset");
    await speaker.play().catch((error: unknown) => {
      // The sound of another line took its place before it began; that one plays.
      if (!(error instanceof DOMException) || error.name !== "AbortError") throw error;
    });
  }

  /** The microphone is open during a call only. */
  function silence(): void {
    for (const track of [...(microphone.value?.getTracks() ?? []), ...voices.values()]) track.stop();
    voices.clear();
    sounds.clear();
    microphone.value = null;
    current.value = "";
    if (speaker !== null) speaker.srcObject = null;
  }

  /** Answer the call that rings; without a microphone it goes on ringing and the reason is shown. */
  async function answer(line: Line | null = ringing.value): Promise<boolean> {
    if (line === null || phone === null) return false;
    microphoneRefusal.value = null;
    try {
      microphone.value ??= await openMicrophone();
    } catch (error) {
      microphoneRefusal.value = refusalOfMicrophone(error);
      return false;
    }
    phone.answer(line.id, voiceFor(line.id, microphone.value));
    turnTo(line.id);
    // A page that was loaded again may sound as soon as it records (autoplay policy of Chromium).
    void unlock();
    void listDevices();
    return true;
  }

  /** The centre rings this phone first because this person places a call: that ring is answered at once. */
  function expect(): void {
    expected = local() + EXPECTED;
    wishes.postMessage(null);
  }

  async function onDevices(): Promise<void> {
    await listDevices();
    if (phone === null || microphone.value === null) return;
    const fresh = await openMicrophone();
    for (const { id } of answered.value) {
      const track = voiceFor(id, fresh).getAudioTracks()[0];
      if (track === undefined) return;
      track.enabled = id === talking.value?.id;
      await phone.speakThrough(id, track);
    }
    for (const old of microphone.value.getTracks()) old.stop();
    microphone.value = fresh;
  }

  /** Bring the phone from another window to this one; false while that one is in a call. */
  async function bring(): Promise<boolean> {
    return (await election?.bring()) ?? false;
  }

  function close(): void {
    phone?.stop();
    phone = null;
    election?.leave();
    election = null;
    silence();
    lines.value = [];
    standing.value = "off";
    settled.value = false;
  }

  return {
    standing,
    settled,
    name,
    lines,
    ringing,
    talking,
    answered,
    canRing,
    microphone,
    microphoneRefusal,
    open,
    close,
    bring,
    expect,
    answer,
    turnTo,
    press: (keys: string) => {
      if (talking.value !== null) phone?.press(talking.value.id, keys);
    },
    statistics: async () => (talking.value === null ? null : ((await phone?.statistics(talking.value.id)) ?? null)),
  };
});
