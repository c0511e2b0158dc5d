import type { App } from "vue";

import { api, type Schemas } from "./client";
import { Refusal, Unreachable } from "./refusal";

type Kind = Schemas["ClientFault"]["kind"];

/** Faults that wait for the service while it is away; the oldest goes first. */
const MOST_WAITING = 20;
/** Faults that one page reports at all: a page in a circle of errors is known after a few of them. */
const MOST = 60;
const AGAIN = 30_000;
const DETAIL = 500;

const waiting: Schemas["ClientFault"][] = [];
const known = new Set<string>();
let count = 0;
let sending = false;
let timer: ReturnType<typeof setTimeout> | undefined;
/** Whether there is a person in whose name the page may ask the service. */
let mayReport: () => boolean = () => false;

/** Report a fault of this page. Numbers, addresses and names are removed by the service, and nobody is named. */
export function reportFault(kind: Kind, detail = ""): void {
  if (count >= MOST) return;
  count += 1;
  const build = __BUILD__ === "development" ? "" : __BUILD__;
  waiting.push({ kind, detail: detail.slice(0, DETAIL), page: location.pathname.slice(0, 200), build });
  if (waiting.length > MOST_WAITING) waiting.shift();
  void send();
}

async function send(): Promise<void> {
  if (sending || !mayReport()) {
    later();
    return;
  }
  sending = true;
  clearTimeout(timer);
  try {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      await api.POST("/api/v1/client-faults", { body: next });
      waiting.shift();
    }
  } catch (error) {
    // What the service refuses for itself is not offered again; too many, a lost session or no network is over later.
    if (error instanceof Refusal && error.status < 500 && ![401, 403, 429].includes(error.status)) waiting.shift();
  } finally {
    sending = false;
    later();
  }
}

function later(): void {
  clearTimeout(timer);
  if (waiting.length > 0) timer = setTimeout(() => void send(), AGAIN);
}

/** A script's fault, once: the same one again says nothing new. */
function reportError(error: unknown): void {
  // Refusals and a service that is away are ordinary answers, shown where they belong.
  if (error instanceof Refusal || error instanceof Unreachable) return;
  const detail = error instanceof Error ? `${error.name}: ${error.message} ${placeOf(error)}` : String(error);
  if (known.has(detail)) return;
  known.add(detail);
  reportFault("script_error", detail);
}

/** The topmost place of the stack, without the origin. */
function placeOf(error: Error): string {
  return /(?:\/assets)?\/[^/\s()]+:\d+:\d+/.exec(error.stack ?? "")?.[0] ?? "";
}

/** Listen for the faults of the page's scripts. */
export function watchForFaults(app: App, signedIn: () => boolean): void {
  mayReport = signedIn;
  addEventListener("error", (event) => {
    reportError(event.error ?? event.message);
  });
  addEventListener("unhandledrejection", (event) => {
    reportError(event.reason);
  });
  addEventListener("online", () => void send());
  app.config.errorHandler = (error) => {
    console.error(error);
    reportError(error);
  };
}
