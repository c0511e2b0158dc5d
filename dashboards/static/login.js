// The login page: name and password, then to where the person works.

import { Refused, changePassword, homeOf, logIn } from "./api.js";
import { byId } from "./dom.js";
import { onLanguage, startTexts, t } from "./texts.js";

const PROBLEMS = { 401: "login.refused", 422: "login.refused", 429: "login.too_many" };
let problem = null;
/** Who is signed in, with the password that somebody else has set; the field asks for a new one. */
let waiting = null;

function show() {
  byId("error").hidden = problem === null;
  byId("error").textContent = problem ? t(problem) : "";
  byId("lead").textContent = t(waiting ? "login.change" : "login.lead");
  byId("password-label").textContent = t(waiting ? "login.new_password" : "login.password");
}

/** Only a path of this site: a link to this page must not lead elsewhere after the login. */
function wanted(person) {
  const next = new URLSearchParams(location.search).get("next") ?? "";
  return ["/agent", "/wallboard"].includes(next) ? next : homeOf(person);
}

/** Ask for a password of one's own, in the same field. */
function askForNew(person, old) {
  waiting = { person, old };
  const field = byId("password");
  field.value = "";
  field.autocomplete = "new-password";
  byId("login").disabled = true;
}

async function goOn() {
  const password = byId("password").value;
  if (waiting) {
    await changePassword(waiting.old, password);
    location.assign(wanted(waiting.person));
    return;
  }
  const person = await logIn(byId("login").value.trim(), password);
  if (person.mustChange) askForNew(person, password);
  else location.assign(wanted(person));
}

byId("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = byId("submit");
  button.disabled = true;
  button.textContent = t("login.busy");
  try {
    await goOn();
    problem = null;
    show();
  } catch (error) {
    const weak = error instanceof Refused && error.code === "weak_password";
    problem = error instanceof Refused ? (PROBLEMS[error.status] ?? "login.unreachable") : "login.unreachable";
    if (weak) problem = "login.weak";
    show();
    byId("password").select();
    byId("password").focus();
  } finally {
    button.disabled = false;
    button.textContent = t("login.submit");
  }
});

onLanguage(show);
await startTexts();
byId("login").focus();
