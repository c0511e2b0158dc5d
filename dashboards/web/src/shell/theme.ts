import { ref } from "vue";

const THEMES = ["system", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];
const STORED = "callcenter.theme";

function stored(): Theme {
  const text = localStorage.getItem(STORED);
  return THEMES.find((theme) => theme === text) ?? "system";
}

const theme = ref<Theme>("system");

function setTheme(next: Theme): void {
  theme.value = next;
  localStorage.setItem(STORED, next);
  if (next === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = next;
}

export function startTheme(): void {
  setTheme(stored());
}

/** The theme and how to go to the next. */
export function useTheme() {
  const next = (): void => {
    setTheme(THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? "system");
  };
  return { theme, next };
}
