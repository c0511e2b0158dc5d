import { useTexts } from "./index";

const { language } = useTexts();
const pad = (number: number): string => String(number).padStart(2, "0");

/** Milliseconds as 0:07, 12:34 or 1:02:03. */
export function stretch(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const rest = `${hours ? pad(minutes) : String(minutes)}:${pad(seconds % 60)}`;
  return hours ? `${String(hours)}:${rest}` : rest;
}

export function clock(instant: number | string, seconds = true): string {
  return new Date(instant).toLocaleTimeString(language.value, {
    hour: "2-digit",
    minute: "2-digit",
    ...(seconds ? { second: "2-digit" as const } : {}),
    hour12: false,
  });
}

/** Day and time of an instant that may be days ago. */
export function dayAndClock(instant: string): string {
  return new Date(instant).toLocaleString(language.value, {
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
  });
}

/** From an instant to another: the day of the end is named where it is another one. */
export function span(from: string, to: string): string {
  const oneDay = new Date(from).toDateString() === new Date(to).toDateString();
  return oneDay ? `${dayAndClock(from)}–${clock(to, false)}` : `${dayAndClock(from)} – ${dayAndClock(to)}`;
}
