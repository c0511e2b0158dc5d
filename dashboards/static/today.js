// Today's figures: calls answered and abandoned since midnight, and the service level of them.
// Service level here = answered within policy.answer_within_seconds / (answered + abandoned); other definitions exist.

import { calls as callsOf, serviceLevel } from "./api.js";

const PAGE = 200;
const PAGES = 50;

export class Today {
  #seen = null;
  #seconds = 15;
  #asking = null;

  /** Ask for the day's calls so far; called again after every new snapshot, because some may have been missed. */
  begin(now) {
    this.#asking ??= this.#ask(now).finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  add(call) {
    if (this.#seen === null || call.direction === "outbound" || call.direction === "internal") return;
    const answered = call.answered_at ? Date.parse(call.answered_at) : null;
    const waited = call.wait_seconds ?? (answered === null ? null : (answered - Date.parse(call.queued_at ?? call.arrived_at)) / 1000);
    this.#seen.set(call.id, { outcome: call.outcome, waited });
  }

  /** Nulls until the service has said; a wrong zero would be worse than a dash. */
  figures() {
    if (this.#seen === null) return { answered: null, abandoned: null, level: null, seconds: this.#seconds };
    const calls = [...this.#seen.values()];
    const answered = calls.filter((call) => call.outcome === "answered");
    const abandoned = calls.filter((call) => call.outcome === "abandoned").length;
    const quick = answered.filter((call) => call.waited !== null && call.waited <= this.#seconds).length;
    const all = answered.length + abandoned;
    return { answered: answered.length, abandoned, level: all ? quick / all : null, seconds: this.#seconds };
  }

  async #ask(now) {
    const midnight = new Date(now).setHours(0, 0, 0, 0);
    const query = { since: new Date(midnight).toISOString(), limit: PAGE };
    const found = [];
    try {
      // The threshold is the centre's setting (S1), not the page's.
      this.#seconds = (await serviceLevel({ since: query.since })).seconds;
      for (let page = 0; page < PAGES; page += 1) {
        const { items, next } = await callsOf(query);
        found.push(...items);
        if (!next) break;
        query.cursor = next;
      }
    } catch {
      return; // The dash stays; the live part of the board does not depend on the records.
    }
    this.#seen ??= new Map();
    for (const call of found) if (call.outcome && Date.parse(call.arrived_at) >= midnight) this.add(call);
  }
}
