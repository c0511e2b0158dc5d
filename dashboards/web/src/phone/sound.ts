import { shallowRef, ref } from "vue";

/** A device that is chosen at this computer; another computer has others. */
const STORED = { speaker: "callcenter.speaker", headset: "callcenter.headset", microphone: "callcenter.microphone" };
export type Place = keyof typeof STORED;
/** An audio element, or the audio context, whose `setSinkId` TypeScript 5.9 does not know yet. */
type Routed = (HTMLMediaElement | AudioContext) & { setSinkId?: (id: string) => Promise<void> };

let context: AudioContext | null = null;
/** Whether this page may make a sound: a browser keeps it silent until the first click or key. */
const allowed = ref(false);
/** The device that could not be used although it was chosen; sound comes from the usual one. */
const missing = ref<Place | null>(null);
const devices = shallowRef<readonly MediaDeviceInfo[]>([]);

export function chosen(place: Place): string {
  return localStorage.getItem(STORED[place]) ?? "";
}

export function choose(place: Place, id: string): void {
  localStorage.setItem(STORED[place], id);
  missing.value = null;
  if (place === "speaker" && context !== null) void route(context, "speaker");
}

/** The one long-lived audio context of the page. */
export function audio(): AudioContext {
  if (context !== null) return context;
  const fresh = new AudioContext();
  context = fresh;
  const follow = (): void => {
    allowed.value = fresh.state === "running";
  };
  fresh.addEventListener("statechange", follow);
  follow();
  void route(fresh, "speaker");
  return fresh;
}

/** Let the page make sounds; works in a click or a key alone. */
export async function unlock(): Promise<void> {
  await audio().resume();
}

/** Every click and key unlocks the sound, for a page that was loaded again without the start of work. */
export function unlockWithAnyKey(): void {
  const wake = (): void => {
    if (!allowed.value) void unlock();
  };
  addEventListener("pointerdown", wake, { capture: true });
  addEventListener("keydown", wake, { capture: true });
}

/** Send sound to the chosen device; a device that is gone leaves it on the usual one and is reported. */
export async function route(target: Routed, place: Place): Promise<void> {
  const id = chosen(place);
  if (target.setSinkId === undefined) return;
  try {
    await target.setSinkId(id);
    if (missing.value === place) missing.value = null;
  } catch {
    missing.value = place;
    await target.setSinkId("").catch(() => undefined);
  }
}

/** The chosen microphone, or the usual one where it is gone. */
export async function openMicrophone(): Promise<MediaStream> {
  const id = chosen("microphone");
  const wishes = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  if (id === "") return await navigator.mediaDevices.getUserMedia({ audio: wishes });
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: { ...wishes, deviceId: { exact: id } } });
  } catch (error) {
    if (!(error instanceof DOMException && ["NotFoundError", "OverconstrainedError"].includes(error.name))) throw error;
    missing.value = "microphone";
    return await navigator.mediaDevices.getUserMedia({ audio: wishes });
  }
}

export async function listDevices(): Promise<void> {
  devices.value = await navigator.mediaDevices.enumerateDevices();
}

export function useSound() {
  return { allowed, missing, devices };
}
