// The live floor over one WebSocket: hello, a snapshot, then numbered deltas; after a break it resumes.

const LISTS = { call: "calls", agent: "agents", queue: "queues", flag: "flags" };
const NAMES = { call: "id", agent: "number", queue: "code", flag: "id" };
/** Close code of the service: the session ended. */
const SIGNED_OUT = 4401;
const FIRST_WAIT = 500;
const LONGEST_WAIT = 15000;
/** The service sends a heartbeat every 15 s; after two and a half of them without a word it is gone. */
const PATIENCE = 37500;

/** What the floor looked like at the last message. `lost` is when the connection broke, null while it holds. */
export class Live extends EventTarget {
  calls = new Map();
  agents = new Map();
  queues = new Map();
  flags = new Map();
  duty = {};
  link = { connected: true, since: null };
  lost = null;
  ready = false;
  #socket = null;
  #sequence = null;
  #epoch = null;
  #wait = FIRST_WAIT;
  #silence = null;
  #heardAt = Date.now();
  #lastWord = Date.now();
  #ahead = 0;

  /** `token` is a screen's bearer token; a browser can hand it to a WebSocket only as a subprotocol. */
  constructor({ path = "/api/v1/live", token = "" } = {}) {
    super();
    this.path = path;
    this.protocols = token ? ["cc.live", `cc.bearer.${token}`] : ["cc.live"];
    addEventListener("online", () => this.#again());
    setInterval(() => this.#listen(), 1000);
  }

  /** The server's clock in milliseconds; timers run by it, a desk's own clock may be wrong. */
  now() {
    return Date.now() + this.#ahead;
  }

  start() {
    clearTimeout(this.#silence);
    this.#silence = null;
    const place = new URL(this.path, location.href);
    place.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    if (this.#sequence !== null && this.#epoch !== null) {
      place.searchParams.set("resume", this.#sequence);
      place.searchParams.set("epoch", this.#epoch);
    }
    const socket = new WebSocket(place, this.protocols);
    this.#socket = socket;
    this.#heardAt = Date.now();
    socket.addEventListener("message", (event) => this.#receive(socket, event.data));
    socket.addEventListener("close", (event) => this.#closed(socket, event.code));
  }

  #receive(socket, text) {
    if (socket !== this.#socket) return;
    const message = JSON.parse(text);
    this.#heardAt = this.#lastWord = Date.now();
    if (message.type === "hello") this.#hello(message);
    else if (message.type === "snapshot") this.#replace(message);
    else if (message.type === "delta") this.#apply(message);
    else if (message.type === "heartbeat") this.#ahead = Date.parse(message.time) - Date.now();
  }

  #hello(message) {
    this.#ahead = Date.parse(message.time) - Date.now();
    this.#wait = FIRST_WAIT;
    this.#epoch = message.epoch;
    // Taken up where we were: what we missed follows as deltas. Otherwise a snapshot follows.
    if (message.resumed && this.ready) this.#whole();
    else this.#sequence = null;
  }

  #replace({ seq, data }) {
    for (const [kind, list] of Object.entries(LISTS)) {
      const entries = Object.values(data[list] ?? []);
      this[list] = new Map(entries.map((entry) => [entry[NAMES[kind]], entry]));
    }
    this.duty = data.duty ?? {};
    this.link = data.link ?? this.link;
    this.#sequence = seq;
    this.#whole();
  }

  #whole() {
    this.ready = true;
    this.lost = null;
    this.#changed("snapshot");
  }

  #apply({ seq, kind, data }) {
    // Numbers may have gaps (what is meant for others is left out) but never go back.
    if (this.#sequence !== null && seq <= this.#sequence) return;
    this.#sequence = seq;
    if (kind in LISTS) {
      const list = this[LISTS[kind]];
      if ((kind === "call" && data.ended_at) || data.gone) list.delete(data[NAMES[kind]]);
      else list.set(data[NAMES[kind]], data);
    } else if (kind === "duty") this.duty = data;
    else if (kind === "link") this.link = data;
    this.#changed(kind, data);
  }

  #closed(socket, code) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    if (this.lost === null) this.lost = this.#lastWord + this.#ahead;
    this.#changed(code === SIGNED_OUT ? "refused" : "lost");
    // Jitter, so that a whole room of screens does not come back in the same instant.
    this.#silence = setTimeout(() => this.start(), this.#wait * (0.5 + Math.random() / 2));
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT);
  }

  /** A half-open connection is silent, and the browser would take it for alive for minutes. */
  #listen() {
    if (this.#socket && Date.now() - this.#heardAt > PATIENCE) {
      const socket = this.#socket;
      this.#closed(socket, 1006);
      socket.close();
    }
  }

  #again() {
    if (this.#silence !== null) this.start();
  }

  #changed(kind, data = null) {
    this.dispatchEvent(new CustomEvent("change", { detail: { kind, data } }));
  }
}
