// The login page: name and password, a code where one is needed, then to where the person works.

import {
  Refused, beginTotp, changePassword, confirmTotp, homeOf, logIn, providerEnabled, signedInElsewhere,
} from "./api.js";
import { byId } from "./dom.js";
import { onLanguage, startTexts, t } from "./texts.js";

const BY_CODE = { weak_password: "login.weak", wrong_code: "login.code_wrong" };
const BY_STATUS = { 401: "login.refused", 422: "login.refused", 429: "login.too_many" };
/** Why the identity provider has not let somebody in; the address holds the code and never a text that is shown. */
const BY_PROVIDER = {
  oidc_not_linked: "login.provider_not_linked",
  oidc_second_factor: "login.provider_second_factor",
  oidc_unreachable: "login.provider_unreachable",
  too_many: "login.too_many",
};
const LEADS = {
  login: "login.lead", proof: "login.proof", code: "login.code_lead", password: "login.change", enrol: "login.enrol", recovery: "login.recovery",
};
let stage = "login";
let problem = null;
let offered = false;
/** What was given so far: the person, the password that was right, and what is shown once. */
let kept = { person: null, password: "", shown: "" };

function show() {
  byId("error").hidden = problem === null;
  byId("error").textContent = problem ? t(problem) : "";
  byId("lead").textContent = t(LEADS[stage]);
  byId("password-label").textContent = t(stage === "password" ? "login.new_password" : "login.password");
  byId("shown").hidden = kept.shown === "";
  byId("shown").textContent = kept.shown;
}

/** Which fields are asked for at this stage. */
function enter(next, shown = "") {
  stage = next;
  kept.shown = shown;
  problem = null;
  const coded = next === "code" || next === "enrol";
  byId("code-row").hidden = !coded;
  byId("code").disabled = !coded;
  byId("code").value = "";
  byId("login").disabled = next !== "login";
  byId("password").disabled = !["login", "password", "proof"].includes(next);
  if (next === "password" || next === "proof") {
    byId("password").value = "";
    byId("password").autocomplete = next === "password" ? "new-password" : "current-password";
  }
  byId("provider").hidden = next !== "login" || !offered;
  show();
  byId(coded ? "code" : "password").focus();
}

/** Only a path of this site: a link to this page must not lead elsewhere after the login. */
function wanted(person) {
  const next = new URLSearchParams(location.search).get("next") ?? "";
  return ["/agent", "/wallboard"].includes(next) ? next : homeOf(person);
}

/** To the work, or to what must be done before it. */
async function goIn(person) {
  kept.person = person;
  // The identity provider has vouched for the person; what comes next takes their password here.
  if ((person.mustChange || person.mustEnrol) && kept.password === "") {
    byId("login").value = person.login;
    return enter("proof");
  }
  if (person.mustChange) return enter("password");
  if (person.mustEnrol) return enter("enrol", (await beginTotp(kept.password)).secret);
  location.assign(wanted(person));
}

async function signIn(code) {
  try {
    await goIn(await logIn(byId("login").value.trim(), kept.password, code));
  } catch (error) {
    if (!(error instanceof Refused) || error.code !== "totp_required") throw error;
    enter("code");
  }
}

const STEPS = {
  login: () => {
    kept.password = byId("password").value;
    return signIn();
  },
  code: () => signIn(byId("code").value),
  proof: () => {
    kept.password = byId("password").value;
    return goIn(kept.person);
  },
  password: async () => {
    const password = byId("password").value;
    try {
      await changePassword(kept.password, password);
    } catch (error) {
      if (error instanceof Refused && error.code === "wrong_login") enter("proof");
      throw error;
    }
    kept.password = password;
    await goIn({ ...kept.person, mustChange: false });
  },
  enrol: async () => enter("recovery", (await confirmTotp(byId("code").value)).recovery_codes.join("\n")),
  recovery: () => location.assign(wanted(kept.person)),
};

byId("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = byId("submit");
  button.disabled = true;
  button.textContent = t("login.busy");
  try {
    await STEPS[stage]();
  } catch (error) {
    const known = error instanceof Refused ? (BY_CODE[error.code] ?? BY_STATUS[error.status]) : undefined;
    problem = known ?? "login.unreachable";
    show();
    const field = byId(stage === "code" || stage === "enrol" ? "code" : "password");
    field.select();
    field.focus();
  } finally {
    button.disabled = false;
    button.textContent = t("login.submit");
  }
});

/** Offer the identity provider where there is one; without an answer passwords go on. */
async function offerProvider() {
  const next = new URLSearchParams(location.search).get("next") ?? "";
  byId("provider").href = `/api/v1/session/oidc/start?${new URLSearchParams({ next })}`;
  offered = await providerEnabled().catch(() => false);
  byId("provider").hidden = stage !== "login" || !offered;
}

/** Back from the identity provider: go on as the person, or show why not. */
async function comeBack(outcome) {
  try {
    if (outcome === "done") return await goIn(await signedInElsewhere());
    problem = BY_PROVIDER[outcome] ?? "login.provider_failed";
  } catch {
    problem = "login.provider_failed";
  }
  show();
}

onLanguage(show);
await startTexts();
byId("login").focus();
const outcome = new URLSearchParams(location.search).get("oidc");
await Promise.all([offerProvider(), outcome === null ? undefined : comeBack(outcome)]);
