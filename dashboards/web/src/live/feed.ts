import { local, now, setServerTime } from "./clock";
import type { Message, Snapshot } from "./messages";

/** Close code of the service: the session ended. */
const SIGNED_OUT = 4401;
const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;
/** The service sends a heartbeat every 15 s; after two and a half of them in silence it is gone. */
const PATIENCE = 37_500;

export interface Listener {
  snapshot: (data: Snapshot) => void;
  delta: (kind: string, data: unknown) => void;
  /** The connection holds again; `missed` deltas follow, or a snapshot has replaced everything. */
  connected: (hello: { resumed: boolean; build: string | null }) => void;
  /** The connection broke; what is shown is as old as `since` (the service's clock). */
  lost: (since: number) => void;
  signedOut: () => void;
}

/** One WebSocket to the live feed: hello, a snapshot, then numbered deltas; after a break it resumes. */
export class Feed {
  #socket: WebSocket | null = null;
  #seq: number | null = null;
  #epoch: string | null = null;
  #wait = FIRST_WAIT;
  #heardAt = 0;
  #lastWord = 0;
  #retry: ReturnType<typeof setTimeout> | null = null;
  #watch: ReturnType<typeof setInterval> | null = null;
  #running = false;

  constructor(
    private readonly listener: Listener,
    private readonly token = "",
    private readonly path = "/api/v1/live",
  ) {}

  start(): void {
    if (this.#running) return;
    this.#running = true;
    addEventListener("online", this.#hurry);
    document.addEventListener("visibilitychange", this.#awake);
    this.#watch = setInterval(this.#listen, 1000);
    this.#lastWord = now();
    this.#open();
  }

  stop(): void {
    this.#running = false;
    removeEventListener("online", this.#hurry);
    document.removeEventListener("visibilitychange", this.#awake);
    if (this.#watch !== null) clearInterval(this.#watch);
    this.#cancelRetry();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #open(): void {
    this.#cancelRetry();
    const place = new URL(this.path, location.href);
    place.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    if (this.#seq !== null && this.#epoch !== null) {
      place.searchParams.set("resume", String(this.#seq));
      place.searchParams.set("epoch", this.#epoch);
    }
    // A browser can hand a token to a WebSocket only as a subprotocol.
    const socket = new WebSocket(place, this.token ? ["cc.live", `cc.bearer.${this.token}`] : ["cc.live"]);
    this.#socket = socket;
    this.#heardAt = local();
    socket.addEventListener("message", (event: MessageEvent<string>) => {
      if (socket === this.#socket) this.#receive(JSON.parse(event.data) as Message);
    });
    socket.addEventListener("close", (event) => {
      if (socket === this.#socket) this.#closed(event.code);
    });
  }

  #receive(message: Message): void {
    this.#heardAt = local();
    switch (message.type) {
      case "hello":
        setServerTime(message.time);
        this.#wait = FIRST_WAIT;
        if (!message.resumed) this.#seq = null;
        this.#epoch = message.epoch;
        this.listener.connected({ resumed: message.resumed, build: message.build ?? null });
        break;
      case "snapshot":
        this.#seq = message.seq;
        this.listener.snapshot(message.data);
        break;
      case "delta":
        // Numbers may have gaps (what is meant for others is left out) but never go back.
        if (this.#seq !== null && message.seq <= this.#seq) return;
        this.#seq = message.seq;
        this.listener.delta(message.kind, message.data);
        break;
      case "heartbeat":
        setServerTime(message.time);
        break;
    }
    this.#lastWord = now();
  }

  #closed(code: number): void {
    this.#socket = null;
    this.listener.lost(this.#lastWord);
    if (code === SIGNED_OUT) {
      this.listener.signedOut();
      return;
    }
    // Jitter, so that a whole room of pages does not come back in the same instant.
    this.#retry = setTimeout(
      () => {
        this.#open();
      },
      this.#wait * (0.5 + Math.random() / 2),
    );
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT);
  }

  /** A half-open connection is silent, and the browser would believe in it for minutes. */
  readonly #listen = (): void => {
    if (this.#socket === null || local() - this.#heardAt <= PATIENCE) return;
    const socket = this.#socket;
    this.#closed(1006);
    socket.close();
  };

  /** A page that was frozen may hold a dead socket: it is replaced at once, not after the patience. */
  readonly #awake = (): void => {
    if (document.visibilityState === "visible") {
      this.#listen();
      this.#hurry();
    }
  };

  readonly #hurry = (): void => {
    if (this.#running && this.#socket === null) this.#open();
  };

  #cancelRetry(): void {
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
  }
}
