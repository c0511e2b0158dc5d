// Today's figures as the records have them: every screen shows the same, and so does a service that has started again.

import { serviceLevel } from "./api.js";

/** A record is written a moment after its call has ended; the second look finds what the first came too early for. */
const LOOKS = [1000, 4000];
const EVERY = 15000;

export class Today {
  #level = null;
  #asking = null;
  #looks = [];
  #changed;

  /** `changed` is called when new figures have come. */
  constructor(changed) {
    this.#changed = changed;
    setInterval(() => void this.ask(), EVERY);
  }

  /** Something has changed that the records will soon hold. */
  soon() {
    for (const look of this.#looks) clearTimeout(look);
    this.#looks = LOOKS.map((wait) => setTimeout(() => void this.ask(), wait));
  }

  ask() {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  /** Nulls until the service has answered; a wrong zero would be worse than a dash. */
  figures() {
    const { answered = null, abandoned = null, level = null, late_rings: late = null, seconds = 15, since = null } = this.#level ?? {};
    return { answered, abandoned, level, late, seconds, since };
  }

  async #ask() {
    try {
      // The day is the centre's and the threshold its setting (S1); neither is the page's.
      this.#level = await serviceLevel({ today: "true" });
    } catch {
      return; // The last figures stay; the live part of the board does not depend on the records.
    }
    this.#changed();
  }
}
