import { ref } from "vue";
import { createI18n } from "vue-i18n";

import type en from "../../public/texts/en.json";
import type zh from "../../public/texts/zh-CN.json";

const LANGUAGES = ["zh-CN", "en"] as const;
export type Language = (typeof LANGUAGES)[number];
/** A key of the Chinese catalogue; the English must have the same. */
export type TextKey = keyof typeof zh;
type Places = Readonly<Record<string, string | number>>;

// A key that only one catalogue has does not compile.
type Missing = Exclude<TextKey, keyof typeof en> | Exclude<keyof typeof en, TextKey>;
const missing: Missing[] = [];
void missing;
type NoneMissing = [Missing] extends [never] ? true : Missing;
const complete: NoneMissing = true;
void complete;

const STORED = "callcenter.language";

const i18n = createI18n({
  legacy: false,
  locale: "zh-CN",
  fallbackLocale: "zh-CN",
  flatJson: true,
  missingWarn: false,
  fallbackWarn: false,
  messages: {} as Record<string, Record<string, string>>,
});

const language = ref<Language>("zh-CN");

/** The text of a key in the page's language with its places filled in. */
function t(key: TextKey, places: Places = {}): string {
  return i18n.global.t(key, { ...places });
}

/** The text of a key that comes from outside (`reason.<code>`), or of the fallback where the catalogue has none. */
function known(key: string, fallback: TextKey, places: Places = {}): string {
  return i18n.global.te(key) || i18n.global.te(key, "zh-CN") ? i18n.global.t(key, { ...places }) : t(fallback, places);
}

export function useTexts() {
  return { t, known, language };
}

function isLanguage(text: string | null): text is Language {
  return LANGUAGES.includes(text as Language);
}

/** Show the page in this language and keep the choice on this computer. */
export async function setLanguage(next: Language): Promise<void> {
  await show(next);
  localStorage.setItem(STORED, next);
}

/** Use the language of the person's settings where none was chosen on this computer. */
export async function followLanguage(next: Language | null): Promise<void> {
  if (next !== null && localStorage.getItem(STORED) === null) await show(next);
}

/** Load a language's catalogue (with the centre's own words in it) and show the page in it. */
async function show(next: Language): Promise<void> {
  if (!i18n.global.availableLocales.includes(next)) {
    const answer = await fetch(`/texts/${next}.json`);
    if (!answer.ok) throw new Error(`texts: ${String(answer.status)}`);
    i18n.global.setLocaleMessage(next, (await answer.json()) as Record<string, string>);
  }
  i18n.global.locale.value = next;
  language.value = next;
  document.documentElement.lang = next;
}

export async function startTexts(): Promise<void> {
  const stored = localStorage.getItem(STORED);
  await show(isLanguage(stored) ? stored : "zh-CN");
}
