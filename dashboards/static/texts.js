// The words of the face, Chinese or English, from JSON catalogues that hold the same keys.

const LANGUAGES = { "zh-CN": "中文", en: "English" };
const KEY = "callcenter.language";
let words = {};
let language = "zh-CN";
const listeners = new Set();

export function currentLanguage() {
  return language;
}

/** The text of a key with its `{places}` filled in; the key itself when the catalogue lacks it. */
export function t(key, places = {}) {
  const text = words[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in places ? String(places[name]) : whole));
}

/** The text of a key, or of the fallback key when the catalogue has no such word. */
export function known(key, fallback, places = {}) {
  return key in words ? t(key, places) : t(fallback, places);
}

export function onLanguage(listener) {
  listeners.add(listener);
}

/** Fill in every element that names its text (`data-text`) or its label (`data-label`). */
export function fillIn(root = document) {
  for (const element of root.querySelectorAll("[data-text]")) element.textContent = words[element.dataset.text] ?? element.textContent;
  for (const element of root.querySelectorAll("[data-label]")) element.setAttribute("aria-label", t(element.dataset.label));
}

export async function useLanguage(wanted) {
  const chosen = wanted in LANGUAGES ? wanted : "zh-CN";
  const answer = await fetch(`/static/texts/${chosen}.json`);
  if (!answer.ok) throw new Error(`texts: ${answer.status}`);
  words = await answer.json();
  language = chosen;
  localStorage.setItem(KEY, chosen);
  document.documentElement.lang = chosen;
  const title = document.documentElement.dataset.title;
  if (title) document.title = `${t(title)} · ${t("app.name")}`;
  fillIn();
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === chosen));
  }
  for (const listener of listeners) listener();
}

/** Load the chosen language and make the switch work. */
export async function startTexts() {
  for (const button of document.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => void useLanguage(button.dataset.language));
  }
  await useLanguage(localStorage.getItem(KEY) ?? "zh-CN");
  document.documentElement.dataset.ready = "yes";
}
