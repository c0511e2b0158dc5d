import { ref } from "vue";

const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];
const STORED = "callcenter.theme";

function stored(): Theme {
  const text = localStorage.getItem(STORED);
  return THEMES.find((theme) => theme === text) ?? "system";
}

const theme = ref<Theme>("system");

function setTheme(next: Theme): void {
  theme.value = next;
  if (next === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = next;
}

export function startTheme(): void {
  setTheme(stored());
}

/** Use the theme of the person's settings where none was chosen on this computer. */
export function followTheme(next: Theme): void {
  if (localStorage.getItem(STORED) === null) setTheme(next);
}

/** The theme and how to go to the next, which is kept on this computer. */
export function useTheme() {
  const next = (): Theme => {
    setTheme(THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? "system");
    localStorage.setItem(STORED, theme.value);
    return theme.value;
  };
  return { theme, next };
}
