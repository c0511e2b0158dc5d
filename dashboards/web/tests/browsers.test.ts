import { expect, it } from "vitest";

import { browserOf } from "@/rooms/me/browsers";

it.each([
  [
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Chrome 142 · Linux",
  ],
  ["Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36 Edg/142.0", "Edge 142 · Windows"],
  ["Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox 140 · Windows"],
  ["Python/3.11 aiohttp/3.14.5", "Python/3.11 aiohttp/3.14.5"],
  ["", "–"],
])("%s is shown as %s", (agent, words) => {
  expect(browserOf(agent)).toBe(words);
});
