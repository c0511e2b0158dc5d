import type { Schemas } from "@/api/client";

/** The SIP account of the phone in this page. */
export type Account = Schemas["OwnPhoneShape"];

/** One call in the phone of the page: it rings, or it is spoken on. */
export interface Line {
  readonly id: string;
  readonly caller: string;
  readonly state: "ringing" | "answering" | "talking";
  /** When it began to ring, by the service's clock. */
  readonly since: number;
  /** Why the centre calls this phone of its own accord: its agent places a call, or lost the page in a call. */
  readonly own: "dialled" | "kept" | null;
}

/** What the phone reports to the page. */
export interface Listener {
  /** The account with a new secret. */
  renew: () => Promise<Account>;
  /** Whether the PBX can ring this phone. */
  reachable: (holds: boolean) => void;
  lines: (lines: readonly Line[]) => void;
  /** The other side's sound of a call that is answered. */
  sound: (line: string, stream: MediaStream) => void;
}

/** The phone of the page as the rest of the page knows it; one file knows the library behind it. */
export interface Phone {
  start: () => void;
  /** Hang up and sign off. */
  stop: () => void;
  /** Leave the calls to another window without hanging them up. */
  vanish: () => void;
  answer: (line: string, microphone: MediaStream) => void;
  hangUp: (line: string) => void;
  press: (line: string, keys: string) => void;
  /** Speak through another microphone without a new call. */
  speakThrough: (line: string, track: MediaStreamTrack) => Promise<void>;
  statistics: (line: string) => Promise<RTCStatsReport | null>;
}
