// Names of lines and queues in the language of the page; the code where no name is known.

import { lines, queues } from "./api.js";
import { currentLanguage } from "./texts.js";

const names = { line: new Map(), queue: new Map() };

export function nameOf(kind, code) {
  const known = names[kind].get(code) ?? {};
  return known[currentLanguage()] ?? known["zh-CN"] ?? code;
}

/** Ask once for all names; a page without them still works. */
export async function loadNames() {
  const asked = await Promise.allSettled([lines(), queues()]);
  for (const [place, kind] of ["line", "queue"].entries()) {
    if (asked[place].status !== "fulfilled") continue;
    for (const item of asked[place].value.items) names[kind].set(item.code, item.names ?? {});
  }
}
