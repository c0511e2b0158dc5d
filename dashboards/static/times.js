// Instants and stretches of time as people read them.

import { currentLanguage } from "./texts.js";

/** Milliseconds as 0:07, 12:34 or 1:02:03. */
export function stretch(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const pad = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}` : `${minutes}:${pad(seconds % 60)}`;
}

export function clock(instant, seconds = true) {
  return new Date(instant).toLocaleTimeString(currentLanguage(), {
    hour: "2-digit", minute: "2-digit", second: seconds ? "2-digit" : undefined, hour12: false,
  });
}

export function dayAndClock(instant) {
  return new Date(instant).toLocaleString(currentLanguage(), {
    month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hour12: false,
  });
}

/** Run every timer on the page: elements with `data-since` count up from that instant. */
export function tick(now, root = document) {
  for (const element of root.querySelectorAll("[data-since]")) {
    const text = stretch(now - Date.parse(element.dataset.since));
    if (element.textContent !== text) element.textContent = text;
  }
}
