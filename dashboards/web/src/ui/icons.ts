/** Outlines on a grid of 24: decoration beside a word, never alone. */
export const ICONS = {
  alert: "M12 4 2.8 19.5h18.4zM12 10v4.5M12 17v.2",
  bell: "M6 16v-5a6 6 0 0 1 12 0v5l1.5 2h-15zM10 20.5a2 2 0 0 0 4 0",
  board: "M3.5 5h17v11h-17zM8 20h8M12 16v4",
  case: "M4 7.5h16v11.5h-16zM9 7.5v-2.5h6v2.5M4 12.5h16",
  check: "M5 12.5l4.5 4.5L19 7.5",
  clock: "M12 7v5l3.5 2M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0z",
  flag: "M6 21V4h11l-2 4 2 4H6",
  floor: "M4 20v-7h4v7M10 20V5h4v15M16 20v-10h4v10",
  headset: "M4 15v-3a8 8 0 0 1 16 0v3M4 14h3v6H5a1 1 0 0 1-1-1zM20 14h-3v6h2a1 1 0 0 0 1-1z",
  keys: "M3.5 7h17v10.5h-17zM7 10.5h.2M11 10.5h.2M15 10.5h.2M8 14h8",
  link: "M9 15l6-6M8 11l-2.5 2.5a3.5 3.5 0 0 0 5 5L13 16M16 13l2.5-2.5a3.5 3.5 0 0 0-5-5L11 8",
  mute: "M9 5.5a3 3 0 0 1 6 0V12M9 9v3a3 3 0 0 0 4.5 2.6M5.5 11.5a6.5 6.5 0 0 0 10.5 5.3M12 18v3M4 4l16 16",
  out: "M10 5H5v14h5M14 8l4 4-4 4M18 12H9",
  pause: "M9 6v12M15 6v12",
  pen: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5a7.5 7.5 0 0 1 15 0",
  phone:
    "M6.5 3.5h3l1.5 4.5-2 1.5a12 12 0 0 0 5.5 5.5l1.5-2 4.5 1.5v3a2 2 0 0 1-2.2 2A17 17 0 0 1 4.5 5.7a2 2 0 0 1 2-2.2z",
  power: "M12 4v8M7 7a7 7 0 1 0 10 0",
  return: "M9 7 4.5 11.5 9 16M4.5 11.5H15a4.5 4.5 0 0 1 0 9h-2",
  sun: "M12 16.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
} as const;
export type IconName = keyof typeof ICONS;
