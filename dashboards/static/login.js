// The login page: name and password, then to where the person works.

import { Refused, homeOf, logIn } from "./api.js";
import { byId } from "./dom.js";
import { onLanguage, startTexts, t } from "./texts.js";

const PROBLEMS = { 401: "login.refused", 422: "login.refused", 429: "login.too_many" };
let problem = null;

function show() {
  byId("error").hidden = problem === null;
  byId("error").textContent = problem ? t(problem) : "";
}

/** Only a path of this site: a link to this page must not lead elsewhere after the login. */
function wanted(person) {
  const next = new URLSearchParams(location.search).get("next") ?? "";
  return ["/agent", "/wallboard"].includes(next) ? next : homeOf(person);
}

byId("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = byId("submit");
  button.disabled = true;
  button.textContent = t("login.busy");
  try {
    location.assign(wanted(await logIn(byId("login").value.trim(), byId("password").value)));
  } catch (error) {
    problem = error instanceof Refused ? (PROBLEMS[error.status] ?? "login.unreachable") : "login.unreachable";
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
